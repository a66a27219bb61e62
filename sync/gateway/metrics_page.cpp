#include "sync/gateway/metrics_page.hpp"

#include "agent/runtime/metrics.hpp"
#include "sync/wire/frames.pb.h"

#include <algorithm>

#ifndef TILL_GATEWAY_VERSION
#error "the build system states the version"
#endif

namespace till::sync {

namespace {

using Desk = ProjectionService::Desk;
namespace v1 = tillstream::v1;

till::HttpResponse plain(unsigned status, std::string text) {
    return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(text)};
}

/// What a device last said of itself, beside what is stored of its newest journal.
struct Device {
    const JournalRow* newest = nullptr;
    v1::Telemetry said;
};

std::map<DeviceId, Device> devices_of(const std::vector<JournalRow>& rows, const Fleet& fleet) {
    std::map<DeviceId, Device> devices;
    for (const JournalRow& row : rows) {
        Device& device = devices[row.device];
        if (!device.newest || device.newest->generation < row.generation) device.newest = &row;
    }
    for (auto& [id, device] : devices) {
        const Bytes said = fleet.telemetry(id);
        if (!device.said.ParseFromString(said)) device.said.Clear();
    }
    return devices;
}

}  // namespace

asio::awaitable<till::HttpResponse> MetricsPage::metrics() {
    MetricsText out;
    out.process(TILL_GATEWAY_VERSION);
    const auto rows = co_await ledger_.journals();
    if (!rows) co_return plain(503, "the ledger cannot be read: " + rows.error().detail + "\n");
    double events = 0;
    for (const JournalRow& row : *rows) events += static_cast<double>(row.mark.seq.value());
    out.counter("tillstream_ledger_events_total", "Events committed, of all journals.", events);
    out.gauge("tillstream_ledger_journals", "Journals known.", static_cast<double>(rows->size()));
    out.gauge("tillstream_ledger_holding", "1 while nothing can be stored (a full disk).",
              ledger_.trouble() ? 1 : 0);
    out.gauge("tillstream_devices_connected", "Devices with a session.",
              static_cast<double>(fleet_.connected()));

    const auto look = [](Desk& desk) -> Result<std::pair<double, double>> {
        TILL_TRY(const auto journals, desk.queries.journals(desk.store));
        double behind = 0;
        for (const auto& one : journals)
            behind += static_cast<double>(one.row.mark.seq.value() - one.cursor.value());
        TILL_TRY(const auto open, desk.queries.open_exceptions());
        return std::pair{behind, static_cast<double>(open)};
    };
    using Projected = std::pair<double, double>;
    if (const auto projected = co_await projection_.ask<Projected>(look)) {
        out.gauge("tillstream_projection_behind_events", "Events stored and not yet in the tables.",
                  projected->first);
        out.gauge("tillstream_projection_exceptions_open", "Events that wait for a person.",
                  projected->second);
    }

    if (const auto connectors = crm_.states())
        for (const auto& one : *connectors) {
            out.gauge("tillstream_crm_behind_events", "Events that a CRM has not been offered.",
                      static_cast<double>(one.behind), {{"connector", one.name}});
            out.gauge("tillstream_crm_refused_events",
                      "Events that a CRM will not have as they are.",
                      static_cast<double>(one.refused), {{"connector", one.name}});
            out.gauge("tillstream_crm_up", "1 while a CRM takes what it is given.",
                      one.trouble.empty() ? 1 : 0, {{"connector", one.name}});
        }

    const auto devices = devices_of(*rows, fleet_);
    const auto each = [&](std::string_view name, std::string_view help, auto value) {
        for (const auto& [id, device] : devices) {
            const std::optional<double> number = value(id, device);
            if (!number) continue;
            out.gauge(name, help, *number,
                      {{"device", id.value().text()},
                       {"store", device.newest->store},
                       {"workstation", device.newest->workstation}});
        }
    };
    const double now = static_cast<double>(clock_.now().wall.value());
    using Number = std::optional<double>;
    each("tillstream_device_up", "1 while the device has a session.",
         [&](const DeviceId& id, const Device&) -> Number { return fleet_.is_connected(id); });
    each("tillstream_device_last_seen_seconds", "When it was last heard of, since 1970.",
         [](const DeviceId&, const Device& device) -> Number {
             return static_cast<double>(device.newest->last_seen_ms) / 1000;
         });
    each("tillstream_device_unsent_events", "Events it had not sent, by its newest telemetry.",
         [](const DeviceId&, const Device& device) -> Number {
             if (device.said.head() == 0) return std::nullopt;
             return static_cast<double>(device.said.backlog());
         });
    each("tillstream_device_oldest_unsent_age_seconds", "Age of the oldest of them, until now.",
         [&](const DeviceId&, const Device& device) -> Number {
             if (device.said.head() == 0) return std::nullopt;
             const auto oldest = static_cast<double>(device.said.oldest_waiting_ms());
             return oldest == 0 ? 0 : std::max(0.0, (now - oldest) / 1000);
         });
    each("tillstream_device_disk_free_bytes", "Room on its disk, by its newest telemetry.",
         [](const DeviceId&, const Device& device) -> Number {
             if (device.said.disk_free_bytes() == 0) return std::nullopt;
             return static_cast<double>(device.said.disk_free_bytes());
         });
    co_return till::HttpResponse{.content_type = std::string{metrics_type}, .body = out.text()};
}

asio::awaitable<till::HttpResponse> MetricsPage::ready() {
    if (const auto trouble = ledger_.trouble())
        co_return plain(503, "nothing is stored: " + trouble->why.detail + "\n");
    const auto rows = co_await ledger_.journals();
    if (!rows) co_return plain(503, "the ledger cannot be read: " + rows.error().detail + "\n");
    co_return plain(200, "ready\n");
}

asio::awaitable<till::HttpResponse> MetricsPage::handle(till::HttpRequest request) {
    if (request.method != "GET") co_return plain(405, "GET only\n");
    if (request.path() == "/metrics") co_return co_await metrics();
    if (request.path() == "/readyz") co_return co_await ready();
    if (request.path() == "/healthz") co_return plain(200, "alive\n");
    co_return plain(404, "/metrics, /healthz or /readyz\n");
}

}  // namespace till::sync
