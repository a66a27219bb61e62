#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/ids.hpp"
#include "agent/core/result.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace till {

/// How far the signed figures of one journal's days were stored at the centre. Text: a line
/// "journal-id reported-seq", a line "YYYY-MM-DD next-amendment" for each day, and last a line
/// "store-epoch hex".
struct TotalsFile {
    JournalId journal{Uuid{}};
    Seq reported{0};  ///< All events up to here are in figures that the centre has.
    std::map<std::string, std::uint32_t> next_amendment;  ///< By business day; 0 before the first.
    Bytes store_epoch = {};  ///< Of the centre's store that has them; empty: not known.

    /// From now on the store of this epoch is meant. True when the one before may have held figures
    /// that this one lacks: then none count as reported any more. Amendments are counted on.
    bool move_to(const Bytes& epoch);

    /// Empty when there is no file or when it is another journal's or damaged: what it says only
    /// saves work, since figures that are sent again change nothing at the centre.
    static TotalsFile load(const std::filesystem::path& file, const JournalId& journal);
    Result<void> save(const std::filesystem::path& file) const;
};

}  // namespace till
