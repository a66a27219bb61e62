#include "drivers/scale/scale.hpp"

#include "drivers/usb/patience.hpp"

#include <tuple>

namespace till::drivers {

namespace {

/// Two readings are the same when a person could not tell them apart.
auto looks(const WeightReading& reading) {
    return std::tuple{reading.status, reading.unit, reading.weight.mantissa(),
                      reading.weight.scale()};
}

}  // namespace

asio::awaitable<Result<void>> Scale::run() {
    Patience patience;
    for (;;) {
        const auto report = co_await hid_.read();
        const auto reading = report ? read_weight(*report, layout_)
                                    : Result<std::optional<WeightReading>>{report.error()};
        if (!reading) {
            if (patience.ends(reading.error())) co_return reading.error();
            continue;
        }
        patience.good();
        if (!*reading || (shown_ && looks(*shown_) == looks(**reading))) continue;
        shown_ = *reading;
        tell();
    }
}

void Scale::tell() {
    shown_->tare = tare_;
    on_weight_(*shown_);
}

Result<void> Scale::tare(std::optional<Decimal> grams) {
    const bool rests =
        shown_
        && (shown_->status == ScaleStatus::stable || shown_->status == ScaleStatus::stable_at_zero);
    if (!grams && !rests)
        return Error{Errc::conflict, "nothing rests on the scale", "grams",
                     "a weight that is known"};
    if (!grams) { TILL_TRY(grams, shown_->gross_grams()); }
    if (*grams < Decimal{}) return Error{Errc::out_of_range, "below nothing", "grams", "0 or more"};
    tare_ = *grams;
    if (shown_) tell();
    return {};
}

}  // namespace till::drivers
