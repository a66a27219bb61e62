#pragma once

#include "agent/journal/key_index.hpp"
#include "agent/journal/rows.hpp"

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace till::detail {

/// The journals that this device wrote before the current one (a fork, a damaged disk), asked what a
/// key stored there: a till that asks again must get its first answer whatever happened meanwhile.
///
/// Read-only connections; whoever hands such a journal over to the centre is its one writer. One that
/// cannot be read is logged, let go of and passed over: the till sells on, and the centre finds a
/// capture that came twice by its key.
/// Cost of a key that is new: one look-up in a B-tree for each earlier journal; most devices have none.
class EarlierJournals {
public:
    /// `files` come oldest first. Of each, the keys that are not indexed yet are read.
    static EarlierJournals open(std::span<const std::filesystem::path> files,
                                const std::string& vfs);

    std::optional<JournalRows::Given> find(const KeyHash& key);
    JournalRows* rows(const JournalId& journal);  ///< Null when it is none of these.

private:
    struct One;
    struct Delete {
        void operator()(One* one) const;
    };
    using Handle = std::unique_ptr<One, Delete>;
    static Result<Handle> open_one(const std::filesystem::path& file, const std::string& vfs);

    std::vector<Handle> newest_first_;
};

}  // namespace till::detail
