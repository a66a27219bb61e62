#include "sync/gateway/fleet.hpp"

#include "sync/gateway/customer_desk.hpp"

#include "agent/runtime/log.hpp"
#include "sync/tls/certificate.hpp"

#include <algorithm>

namespace till::sync {

asio::awaitable<Result<void>> Fleet::keep_totals(Registry::Device device,
                                                 GatewaySession::StoreTotals totals) {
    // Figures that do not verify are kept as well: reconciliation shows them as unsigned.
    const auto signed_by_device =
        verify_with_certificate(device.certificate_pem, totals.figures, totals.signature);
    if (!signed_by_device)
        log(LogLevel::warning, "fleet", "day totals with a signature that does not verify",
            {{"device", device.id.value().text()}, {"day", totals.business_day}});
    DeviceFigures figures{std::move(totals.figures), std::move(totals.signature),
                          signed_by_device.has_value(), clock_.now().wall.value()};
    auto kept = co_await projection_.keep_figures(std::move(figures));
    if (!kept)
        log(LogLevel::error, "fleet", "day totals could not be kept",
            {{"device", device.id.value().text()}, {"cause", kept.error().detail}});
    co_return kept;
}

void Fleet::keep_telemetry(const DeviceId& device, Bytes telemetry) {
    const std::scoped_lock lock{mutex_};
    devices_[device].telemetry = std::move(telemetry);
}

void Fleet::greeted(const DeviceId& device, std::string agent_version) {
    const std::scoped_lock lock{mutex_};
    devices_[device].agent_version = std::move(agent_version);
}

void Fleet::seen(const DeviceId& device, bool connected) {
    const std::scoped_lock lock{mutex_};
    devices_[device].sessions += connected ? 1 : -1;
}

bool Fleet::is_connected(const DeviceId& device) const {
    const std::scoped_lock lock{mutex_};
    const auto found = devices_.find(device);
    return found != devices_.end() && found->second.sessions > 0;
}

std::size_t Fleet::connected() const {
    const std::scoped_lock lock{mutex_};
    return static_cast<std::size_t>(std::ranges::count_if(
        devices_, [](const auto& entry) { return entry.second.sessions > 0; }));
}

std::string Fleet::agent_version(const DeviceId& device) const {
    const std::scoped_lock lock{mutex_};
    const auto found = devices_.find(device);
    return found == devices_.end() ? std::string{} : found->second.agent_version;
}

std::uint64_t Fleet::master_data_version(const DeviceId& device) const {
    tillstream::v1::Telemetry said;
    return said.ParseFromString(telemetry(device)) ? said.master_data_version() : 0;
}

std::uint64_t Fleet::customers_version(const DeviceId& device) const {
    tillstream::v1::Telemetry said;
    return said.ParseFromString(telemetry(device)) ? said.customers_version() : 0;
}

std::uint64_t Fleet::erasures_version(const DeviceId& device) const {
    tillstream::v1::Telemetry said;
    return said.ParseFromString(telemetry(device)) ? said.erasures_version() : 0;
}

asio::awaitable<v1::CustomerAnswer> Fleet::who_is(v1::CustomerQuestion question) {
    return sync::who_is(projection_, std::move(question));
}

Bytes Fleet::telemetry(const DeviceId& device) const {
    const std::scoped_lock lock{mutex_};
    const auto found = devices_.find(device);
    return found == devices_.end() ? Bytes{} : found->second.telemetry;
}

}  // namespace till::sync
