#pragma once

#include "sync/gateway/registry.hpp"

// Private to the module: the tables code and device read the same from either database.
namespace till::sync::detail {

inline constexpr std::string_view code_columns =
    "store, workstation, created_ms, expires_ms, used_ms";
inline constexpr std::string_view device_columns =
    "device, store, workstation, certificate_pem, serial, key_sha256, enrolled_ms, not_after_ms, "
    "first_generation, last_generation, revoked_ms, revoked_reason";

inline std::optional<WallTime> wall(std::optional<std::int64_t> milliseconds) {
    return milliseconds ? std::optional{WallTime{*milliseconds}} : std::nullopt;
}

inline std::string select(std::string_view columns, std::string_view from) {
    return std::string{"SELECT "}.append(columns).append(" FROM ").append(from);
}

/// A row of code_columns.
inline constexpr auto read_code = [](const auto& row) -> Registry::Code {
    return {std::string{row.bytes(0)}, std::string{row.bytes(1)}, WallTime{row.integer(2)},
            WallTime{row.integer(3)}, wall(row.optional_integer(4))};
};

/// A row of device_columns.
inline constexpr auto read_device = [](const auto& row) -> Registry::Device {
    Registry::Device device;
    device.id = DeviceId{Uuid::from_bytes(row.bytes(0)).value_or(Uuid{})};
    device.store = row.bytes(1);
    device.workstation = row.bytes(2);
    device.certificate_pem = row.bytes(3);
    device.serial = row.bytes(4);
    device.key_sha256 = row.bytes(5);
    device.enrolled = WallTime{row.integer(6)};
    device.not_after = WallTime{row.integer(7)};
    device.first_generation = static_cast<std::uint32_t>(row.integer(8));
    device.last_generation = static_cast<std::uint32_t>(row.integer(9));
    device.revoked = wall(row.optional_integer(10));
    device.revoked_reason = row.bytes(11);
    return device;
};

}  // namespace till::sync::detail
