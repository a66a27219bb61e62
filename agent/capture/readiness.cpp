#include "agent/capture/readiness.hpp"

#include <algorithm>
#include <tuple>

namespace till {

void Readiness::see(const std::vector<DropEntry>& listing, Time now) {
    std::map<std::string, Waiting> seen;
    for (const auto& [name, stamp] : listing) {
        const auto known = files_.find(name);
        const bool same = known != files_.end() && known->second.stamp == stamp;
        seen.emplace(name, same ? known->second : Waiting{stamp, now, now + settle_});
    }
    files_ = std::move(seen);
}

std::optional<DropEntry> Readiness::ready(Time now) const {
    std::optional<DropEntry> first;
    for (const auto& [name, file] : files_)
        if (file.not_before <= now && (!first || file.stamp.modified_ns < first->stamp.modified_ns))
            first = DropEntry{name, file.stamp};
    return first;
}

std::optional<Readiness::Time> Readiness::next() const {
    std::optional<Time> soonest;
    for (const auto& [name, file] : files_)
        soonest = std::min(soonest.value_or(file.not_before), file.not_before);
    return soonest;
}

void Readiness::put_off(const std::string& name, Time until) {
    const auto known = files_.find(name);
    if (known != files_.end()) known->second.not_before = until;
}

std::chrono::steady_clock::duration Readiness::unchanged(const std::string& name, Time now) const {
    const auto known = files_.find(name);
    return known == files_.end() ? Time::duration{} : now - known->second.since;
}

}  // namespace till
