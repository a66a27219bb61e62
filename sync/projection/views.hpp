#pragma once

#include "sync/ledger/store.hpp"
#include "sync/vault/vault.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What Queries answers with.
namespace till::sync {

/// A journal, how far it is stored and how far projected.
struct JournalState {
    JournalRow row;
    Seq cursor{0};
    std::uint64_t branches = 0;
    std::string
        damage{};  ///< "set aside at 39, 40–42 unreadable, salvaged 43–50"; empty: none known.
};

struct TransactionRow {
    JournalId journal{Uuid{}};
    Seq seq{0};
    std::string store, workstation, business_day, source_system, number;
    std::uint32_t kind = 0;  ///< 100 retail transaction, 101 post-void.
    int status = 0;          ///< TransactionStatus
    bool training = false, only_returns = false;
    int channel = 0;
    std::string order_id, currency;
    int decimals = 0;
    std::int64_t gross = 0, net = 0, tax = 0, discount = 0;  ///< Minor units.
    std::int64_t begin_ms = 0, end_ms = 0;
    std::string operator_id;
    int shift = 0;
    std::optional<CustomerId> customer;
    Bytes trace_id;
    std::int64_t corrected_ms = 0, error_ms = 0;  ///< On the centre's clock, ± error.
    std::uint32_t amendment = 0;
    bool voided = false;  ///< A post-void reverses it.
};

/// Pages go by `after`, the last row's `position` of the page before.
struct TransactionFilter {
    std::string business_day, store, workstation;  ///< Empty: any.
    std::string number;  ///< Receipt or source number; when given, the three above are ignored.
    Bytes trace_id;      ///< Of 16 bytes; when given, all above are ignored.
    std::int64_t after = 0;
    std::size_t limit = 100;
};
struct TransactionPage {
    std::vector<TransactionRow> rows;
    std::int64_t next = 0;  ///< 0: that was all.
};

struct ExceptionRow {
    std::int64_t id = 0;
    JournalId journal{Uuid{}};
    Seq seq{0};
    std::string code, field, cause;
    bool held = false;  ///< Not in the tables until it is corrected.
    bool open = true;
    std::string business_day, store, workstation;  ///< Empty when the event could not be read.
    std::string fixed_by, note;
    std::int64_t fixed_ms = 0;
    bool corrected = false;
};

/// The code of an exception that a CRM causes, and back.
std::string refusal_code(std::string_view crm);
std::optional<std::string> refusing_crm(std::string_view code);

struct ConsentState {
    int purpose = 0, channel = 0;  ///< ConsentSet.Purpose, ConsentSet.ConsentChannel
    bool granted = false;
    std::string text_version, proof;
    std::int64_t at_ms = 0;
};

/// All the centre knows of a customer short of who it is (that is Vault::show).
struct CustomerView {
    CustomerId customer{Uuid{}};
    std::int64_t first_seen_ms = 0, last_seen_ms = 0;
    bool enrolled = false, business = false;
    std::string country, language;
    std::vector<TransactionRow> purchases;  ///< Over all tills, oldest first.
    std::vector<ConsentState> consents;
};

/// What a count session came to, of one item: of several counters the sum, of each what she counted since her last
/// recount.
struct CountedItem {
    std::uint64_t gtin = 0;
    std::string sku;
    std::int64_t quantity = 0;
    int scale = 0;
};

}  // namespace till::sync
