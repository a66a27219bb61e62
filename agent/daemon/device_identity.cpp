#include "agent/daemon/device_identity.hpp"

#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"

#include <algorithm>

namespace till {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// Between two attempts to renew, and the longest sleep: a clock that steps is noticed in a day.
constexpr milliseconds retry_least = 10s;
constexpr milliseconds retry_most = 1h;
constexpr milliseconds sleep_most = 24h;

}  // namespace

Result<std::unique_ptr<DeviceIdentity>> DeviceIdentity::load(Home& home, Clock& clock,
                                                             milliseconds max_offline) {
    TILL_TRY(auto enrolment, home.enrolment());
    TILL_TRY(auto credentials, home.credentials());
    TILL_TRY(auto facts, credentials.facts());
    TILL_TRY(const auto floor, home.time_floor());
    if (facts.common_name != enrolment.device.value().text())
        return Error{Errc::corrupt, (home / "credentials.pem").string()
                                        + " is not of the device that enrolment.toml names"};
    return std::unique_ptr<DeviceIdentity>{
        new DeviceIdentity{home, clock, std::move(credentials), std::move(facts),
                           std::move(enrolment), sync::TimeFloor{floor, max_offline}}};
}

DeviceIdentity::DeviceIdentity(Home& home, Clock& clock, sync::Credentials credentials,
                               sync::CertificateFacts facts, sync::Enrolment enrolment,
                               sync::TimeFloor floor)
    : home_{home},
      clock_{clock},
      credentials_{std::move(credentials)},
      facts_{std::move(facts)},
      enrolment_{std::move(enrolment)},
      floor_{floor} {}

sync::TimeSource DeviceIdentity::time_source() const {
    return [this] { return now().time; };
}

void DeviceIdentity::raise(WallTime verified) {
    const Times now = clock_.now();
    const auto before = floor_.judge(now);
    floor_.raise(verified, now);
    if (const auto after = floor_.judge(now); !after.trusted)
        log(before.trusted ? LogLevel::warning : LogLevel::info, "clock",
            "the device's clock is wrong; the centre's time is used",
            {{"device_ms", now.wall.value()}, {"centre_ms", after.time.value()}});
    if (const auto saved = home_.save_time_floor(floor_.state()); !saved)
        log(LogLevel::warning, "identity", "the newest verified time was not saved",
            {{"error", saved.error().detail}});
}

asio::awaitable<Result<sync::ClientContext>> DeviceIdentity::context() {
    if (now().time > facts_.not_after) {
        log(LogLevel::warning, "identity", "the device's certificate has run out; renewing");
        TILL_CO_TRY_VOID(co_await renew());
    }
    if (!context_) {
        TILL_CO_TRY(context_, sync::ClientContext::make(enrolment_.server_ca_pem, credentials_,
                                                        time_source()));
    }
    co_return *context_;
}

asio::awaitable<Result<void>> DeviceIdentity::renew() {
    TILL_CO_TRY(auto renewal, co_await sync::renew(credentials_, enrolment_, time_source()));
    TILL_CO_TRY_VOID(credentials_.install(renewal.certificate_pem));
    TILL_CO_TRY(facts_, credentials_.facts());
    enrolment_.server_ca_pem = std::move(renewal.server_ca_pem);
    enrolment_.sealing_keys = std::move(renewal.sealing_keys);
    context_.reset();
    raise(renewal.centre_time);
    TILL_CO_TRY_VOID(home_.save(credentials_, enrolment_));
    log(LogLevel::info, "identity", "certificate renewed",
        {{"serial", facts_.serial}, {"not_after_ms", facts_.not_after.value()}});
    co_return Result<void>{};
}

asio::awaitable<void> DeviceIdentity::keep_fresh() {
    asio::steady_timer timer{co_await asio::this_coro::executor};
    for (;;) {
        const milliseconds ahead{sync::renewal_due(facts_).value() - now().time.value()};
        milliseconds pause = std::clamp(ahead, milliseconds{0}, sleep_most);
        if (ahead <= 0ms) {
            const auto renewed = co_await renew();
            if (!renewed) {
                log(LogLevel::warning, "identity", "the certificate was not renewed",
                    {{"error", renewed.error().detail}});
                const milliseconds left{facts_.not_after.value() - now().time.value()};
                pause = std::clamp(left / 10, retry_least, retry_most);
            }
        }
        timer.expires_after(pause);
        co_await timer.async_wait(nothrow);
    }
}

}  // namespace till
