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

    /// Of the peer's wall clock when it read `theirs`, as known `now` (ours). Under the boot that was
    /// measured its boot clock tells, however the wall clock has stepped since. Under another one the
    /// clock may have been right or as wrong as it is now, which the error bar says.
    ClockOffset when_read(const Times& theirs, const Times& now) const;

private:
    std::optional<ClockOffset> best_;
    Times measured_{};  ///< Our clock at the best measurement.
    Times sample_{};    ///< The peer's.
};

}  // namespace till::sync
