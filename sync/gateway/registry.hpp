#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/ids.hpp"
#include "agent/core/result.hpp"
#include "sync/postgres/postgres.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace till::sync {

/// Who is let in: one-time enrolment codes, devices with their certificates and revocations, and
/// the receipt generations allotted to each workstation. One small SQLite database, or tables of a
/// PostgreSQL database that all gateways of a centre share.
///
/// Thread: one at a time; each call is one short transaction.
class Registry {
public:
    static Result<std::unique_ptr<Registry>> open(const std::filesystem::path& file);
    static Result<std::unique_ptr<Registry>> open(const PostgresAddress& address);
    virtual ~Registry() = default;

    /// For a database in a file that came from a backup: what was handed out since is not known in it.
    /// Codes that seem unused are void from `now`, and every lane, also one that is new, goes on
    /// generations_skipped further: no two devices get one generation.
    static Result<void> forget_since_backup(const std::filesystem::path& file, WallTime now);
    static constexpr std::uint32_t generations_skipped = 1000;

    struct Code {
        std::string store, workstation;
        WallTime created{0}, expires{0};
        std::optional<WallTime> used;
    };
    /// Remembers the SHA-256 of a code's secret. The same lane may have several unused codes.
    virtual Result<void> add_code(const Digest& secret_hash, const Code& code) = 0;
    virtual Result<std::vector<Code>> codes() = 0;

    struct Device {
        DeviceId id{Uuid{}};
        std::string store, workstation;
        std::string certificate_pem;
        std::string serial;  ///< Of the newest certificate, hex.
        Bytes key_sha256;    ///< Of its public key: a renewal must be for the same.
        WallTime enrolled{0}, not_after{0};
        std::uint32_t first_generation = 0, last_generation = 0;
        std::optional<WallTime> revoked;
        std::string revoked_reason;
    };

    /// The code with that hash, if it may be used now. Fails with not_found (unknown or mistyped),
    /// stale (expired) or conflict (used before): never says more to a stranger than that.
    virtual Result<Code> check_code(const Digest& secret_hash, WallTime now) = 0;

    /// Uses up the code, allots the workstation's next `generations` receipt generations and stores
    /// the device, in one transaction: a code enrols one device once, whatever fails half-way.
    virtual Result<Device> enrol(const Digest& secret_hash, Device device,
                                 std::uint32_t generations, WallTime now) = 0;

    virtual Result<std::optional<Device>> find(const DeviceId& id) = 0;
    virtual Result<std::vector<Device>> devices() = 0;
    /// A new certificate for the same key; not_found or forbidden (revoked).
    virtual Result<void> renew(const DeviceId& id, const std::string& certificate_pem,
                               const std::string& serial, WallTime not_after) = 0;
    /// From now on the device is refused. not_found; revoking twice keeps the first time and reason.
    virtual Result<void> revoke(const DeviceId& id, const std::string& reason, WallTime now) = 0;

    virtual Result<std::set<DeviceId>> revoked() = 0;

    /// What check_code() says of a code, `found` or not. One rule for all registries.
    static Result<Code> usable(std::optional<Code> found, WallTime now);
};

}  // namespace till::sync
