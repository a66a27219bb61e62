#pragma once

#include "sync/session/exchange.hpp"

#include <optional>

namespace till::sync {

/// What is known of a peer's wall clock. Private to the module.
///
/// The peer read its clock at a moment that we know to lie between two readings of ours: that gives
/// an offset and an honest error bar (Cristian's algorithm). The narrowest bracket is kept; it
/// widens as it ages, and a step of the peer's wall clock against its boot clock discards it.
class ClockEstimate {
public:
    /// The peer's `sample` was taken after `earliest` and before `latest`, both ours.
    void bracket(const Times& earliest, const Times& latest, const Times& sample);
    ClockOffset at(const Times& now) const;

private:
    std::optional<ClockOffset> best_;
    Times measured_{};  ///< Our clock at the best measurement.
    Times sample_{};    ///< The peer's.
};

}  // namespace till::sync
