#pragma once

#include "agent/core/result.hpp"
#include "sync/masterdata/master_keys.hpp"
#include "sync/wire/frames.pb.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace till::sync {

/// All master data there is.
using MasterSet = std::map<MasterKey, v1::MasterRecord>;

/// What the rules need of the world.
struct MasterRules {
    std::function<bool(const std::string& name)> is_time_zone;
    /// The verifier of a PIN: `present` when that is already one of this PIN (so that importing the same
    /// file twice changes nothing), else a new one.
    std::function<std::string(const std::string& pin, const std::string& present)> verifier_of;
};

/// What an import comes to.
struct MasterPlan {
    std::vector<Error> faults;  ///< Each with its path, "products[17].gtin"; the first 100.
    std::vector<v1::FeedRecord> changes;  ///< For the feed; empty when there are faults.
    v1::MasterImported summary;           ///< Version and `applied` are the caller's to set.
};

/// Judges an import against what is there: every record by itself, none twice, and afterwards no tax code or
/// store named that is not there. A record that is the same as before is no change. Pure; memory and time
/// go with the number of records, both sides together.
MasterPlan plan_import(const v1::MasterImport& import, MasterSet present, const MasterRules& rules);

/// The feed's records, read. Fails with corrupt when one cannot be.
Result<MasterSet> read_master_set(const std::vector<v1::FeedRecord>& records);

/// "04:30" as minutes after midnight.
std::optional<int> cut_over_minutes(std::string_view text);

}  // namespace till::sync
