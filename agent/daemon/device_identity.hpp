#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "agent/daemon/home.hpp"
#include "sync/tls/time_floor.hpp"
#include "sync/uplink/enrol_client.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace till {

namespace asio = boost::asio;

/// Who the device is to the centre: its key and certificate, what enrolment said, and the time by
/// which certificates are judged. What changes is in the home before it is used.
///
/// Thread: the loop's. Stays where it is: contexts that it made ask it for the time.
class DeviceIdentity {
public:
    static Result<std::unique_ptr<DeviceIdentity>> load(Home& home, Clock& clock,
                                                        std::chrono::milliseconds max_offline);
    DeviceIdentity(const DeviceIdentity&) = delete;

    const sync::Enrolment& enrolment() const noexcept { return enrolment_; }
    Bytes sign(BytesView message) const { return credentials_.sign(message); }

    /// What time it is: the wall clock's where it may be believed.
    sync::TimeFloor::Judged now() const { return judge(clock_.now()); }
    sync::TimeFloor::Judged judge(const Times& now) const { return floor_.judge(now); }
    /// Takes a time that a verified centre gave.
    void raise(WallTime verified);

    /// For the next connection. A certificate that has run out is renewed first.
    asio::awaitable<Result<sync::ClientContext>> context();

    /// Renews now: certificate, authorities and sealing keys.
    asio::awaitable<Result<void>> renew();

    /// Renews at two thirds of the certificate's life, and tries again until it succeeds. Runs until
    /// cancelled.
    asio::awaitable<void> keep_fresh();

private:
    DeviceIdentity(Home& home, Clock& clock, sync::Credentials credentials,
                   sync::CertificateFacts facts, sync::Enrolment enrolment, sync::TimeFloor floor);
    sync::TimeSource time_source() const;

    Home& home_;
    Clock& clock_;
    sync::Credentials credentials_;
    sync::CertificateFacts facts_;
    sync::Enrolment enrolment_;
    sync::TimeFloor floor_;
    std::optional<sync::ClientContext> context_;  // Made anew after a renewal.
};

}  // namespace till
