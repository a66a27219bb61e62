#pragma once

#include "sync/ledger/store.hpp"

#include <string>
#include <vector>

namespace till::sync {

/// Why two figures differ, and by how much of the difference.
struct DifferenceCause {
    std::string text;
    std::int64_t amount = 0;  ///< Device less centre; the causes of a figure add up to it.
};

/// One figure of a day as both ends have it. Amounts in minor units of `currency`; counts as such.
struct ReconciledFigure {
    std::string currency;
    int decimals = 0;
    std::string name;  ///< "transactions", "gross", "net", "tax", "CASH count", "CASH applied", …
    std::int64_t device = 0;
    std::int64_t centre = 0;
    std::vector<DifferenceCause> causes{};  ///< Empty exactly when device equals centre.
};

/// Where one journal's part of a day stands.
struct ReconciledJournal {
    JournalId journal{Uuid{}};
    std::uint64_t events = 0;  ///< Of this day, projected or held, at the centre.
    bool has_figures = false;
    bool verified = false;  ///< The device's signature over its figures.
    std::uint32_t amendment = 0;
    Seq upto{0};    ///< The device's head when it made the figures …
    Seq mark{0};    ///< … what is stored here …
    Seq cursor{0};  ///< … and what of that is projected.
    enum class Chain : std::uint8_t {
        same,
        differs,
        not_here_yet,
        let_go
    } chain = Chain::not_here_yet;
};

/// One workstation's business day, device against centre.
struct ReconciledDay {
    std::string store, workstation, business_day;
    std::vector<ReconciledJournal> journals;
    std::vector<ReconciledFigure> figures;
    /// Every figure is equal, every journal's figures are signed and its chain is the same
    /// (or was let go of since).
    bool balanced = false;
    /// Every difference has a cause other than "unknown".
    bool explained = false;
};

}  // namespace till::sync
