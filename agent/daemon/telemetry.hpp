#pragma once

#include "agent/core/bytes.hpp"
#include "agent/daemon/device_identity.hpp"
#include "agent/journal/journal.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <filesystem>

namespace till {

/// A serialised v1::Telemetry: how the device is now. `home` is on the disk that is measured;
/// `reserve_bytes` as JournalCore::Options has it.
asio::awaitable<Bytes> telemetry(Journal& journal, const DeviceIdentity& identity, Clock& clock,
                                 Times started, const std::filesystem::path& home,
                                 std::uint64_t reserve_bytes);

}  // namespace till
