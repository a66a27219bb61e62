#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "sync/gateway/home.hpp"
#include "sync/gateway/registry.hpp"
#include "sync/gateway/settings.hpp"
#include "sync/ledger/worker.hpp"
#include "sync/tls/context.hpp"
#include "sync/wire/enrolment.pb.h"

#include <mutex>
#include <set>
#include <string>

namespace till::sync {

/// Lets devices in, renews them and shuts them out. Every function may be called from any thread;
/// each blocks for one short transaction and, where it issues, one signature (about 3 ms). A loop
/// goes through ask(): a registry in PostgreSQL may be slow to answer.
class EnrolmentDesk {
public:
    /// `keys` and `settings` must outlive the desk. Reads who is revoked.
    static Result<std::unique_ptr<EnrolmentDesk>> open(std::unique_ptr<Registry> registry,
                                                       const HomeKeys& keys,
                                                       const GatewaySettings& settings,
                                                       Clock& clock, Random& random);

    /// Runs `job(EnrolmentDesk&)`, a Result<T>, on the desk's thread and answers on the caller's
    /// executor. Not cancellable.
    template <class T, class Job>
    asio::awaitable<Result<T>> ask(Job job) {
        return worker_.run<T>([this, job = std::move(job)]() mutable { return job(*this); });
    }

    /// A one-time code for a lane, as text; `port` is the one really listened on.
    struct NewCode {
        std::string text;
        WallTime expires{0};
    };
    Result<NewCode> new_code(const std::string& store, const std::string& workstation,
                             std::uint16_t port);

    /// The body of POST /enrol. not_found, stale or conflict for the code; malformed, unsupported or
    /// not_trusted for the request.
    Result<tillstream::v1::EnrolAnswer> enrol(const tillstream::v1::EnrolRequest& request);

    /// The body of POST /renew from a device that presented its certificate, expired or not.
    /// forbidden when it is revoked or asks for another key.
    Result<tillstream::v1::RenewAnswer> renew(const PeerIdentity& peer,
                                              const tillstream::v1::RenewRequest& request);

    Result<void> revoke(const DeviceId& device, const std::string& reason);
    /// Reads anew who is revoked: another gateway may have been told.
    Result<void> refresh();
    /// As this gateway last heard. Cheap and without I/O: asked of live connections all the time.
    bool is_revoked(const DeviceId& device) const;
    /// not_found unless the certificate's subject is an enrolled, unrevoked device.
    Result<Registry::Device> admit(const PeerIdentity& peer);

    /// Whatever became of it; not_found.
    Result<Registry::Device> find(const DeviceId& id);
    Result<std::vector<Registry::Device>> devices();
    Result<std::vector<Registry::Code>> codes();

private:
    EnrolmentDesk(std::unique_ptr<Registry> registry, const HomeKeys& keys,
                  const GatewaySettings& settings, Clock& clock, Random& random)
        : registry_{std::move(registry)},
          keys_{keys},
          settings_{settings},
          clock_{clock},
          random_{random} {}
    Result<std::string> issue(const DeviceId& device, const std::string& csr_pem,
                              WallTime now) const;

    mutable std::mutex mutex_;
    std::unique_ptr<Registry> registry_;
    const HomeKeys& keys_;
    const GatewaySettings& settings_;
    Clock& clock_;
    Random& random_;
    mutable std::mutex revoked_mutex_;  // Never held while a database is asked.
    std::set<DeviceId> revoked_;
    Worker worker_;  // Last: it uses the others.
};

}  // namespace till::sync
