#pragma once

#include "agent/journal/leaf_scan.hpp"
#include "agent/store/database.hpp"

#include "agent/core/ids.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace till::detail {

/// Copies the rows of a damaged journal's event table into a new one, until nothing more can be read.
/// Its errors are the new file's.
class EventCopier {
public:
    /// `known` is how far the journal is known to go, `kept_from` what it had let go of.
    static Result<EventCopier> make(Database& into, Seq known, Seq kept_from);

    Result<void> copy(Database& from);
    /// Leaves that a broken tree does not lead to any more.
    Result<void> look_at_leaves(const std::filesystem::path& damaged);

private:
    EventCopier(Database& into, Seq known, Seq kept_from)
        : into_{&into},
          known_{known.value()},
          kept_from_{kept_from.value()},
          last_{kept_from.value()} {}

    Result<void> walk_tree();
    Result<void> look_for_missing();
    Result<std::vector<std::uint64_t>> missing_now();
    std::uint64_t step_over(std::uint64_t at);
    bool take(const Row& row);
    void take(const RawRow& row);
    std::uint64_t believable() const;

    Database* into_;
    Statement run_, one_, insert_;
    Result<void> written_;
    std::uint64_t known_ = 0;
    std::uint64_t kept_from_ = 0;
    std::uint64_t last_ = 0;
};

}  // namespace till::detail
