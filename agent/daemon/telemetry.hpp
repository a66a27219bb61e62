#pragma once

#include "agent/core/bytes.hpp"
#include "agent/daemon/device_identity.hpp"
#include "agent/journal/journal.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace till {

/// What the centre has not acknowledged of a journal, and since when.
struct Unsent {
    std::uint64_t events = 0;
    std::optional<WallTime> oldest;  ///< Nothing when none waits, or when it cannot be read.
};
asio::awaitable<Unsent> unsent(Journal& journal);

/// Of what came down, which version is in use; 0: none.
struct FeedVersions {
    std::uint64_t master_data = 0, customers = 0, erasures = 0;
};

/// A serialised v1::Telemetry: how the device is now. `home` is on the disk that is measured;
/// `reserve_bytes` as JournalCore::Options has it.
asio::awaitable<Bytes> telemetry(Journal& journal, const DeviceIdentity& identity, Clock& clock,
                                 Times started, const std::filesystem::path& home,
                                 std::uint64_t reserve_bytes, FeedVersions feeds);

}  // namespace till
