#include "agent/daemon/peripherals.hpp"

#include "agent/core/match.hpp"
#include "agent/runtime/log.hpp"

#include <algorithm>

namespace till {

using namespace drivers;

namespace {

void name_device(const DeviceName& device, v1::PeripheralName& into) {
    into.set_kind(std::string{name(device.kind)});
    into.set_port(device.port);
    into.set_product(device.product);
    into.set_serial(device.serial);
    into.set_vid(device.vid);
    into.set_pid(device.pid);
}

void change(const DeviceEvent& event, DeviceState state, const std::string& trouble,
            v1::FeedMessage& into) {
    into.set_topic("device");
    name_device(event.device, *into.mutable_device()->mutable_device());
    into.mutable_device()->set_state(std::string{name(state)});
    into.mutable_device()->set_trouble(trouble);
    log(trouble.empty() ? LogLevel::info : LogLevel::warning, "devices", std::string{name(state)},
        {{"kind", std::string{name(event.device.kind)}},
         {"port", event.device.port},
         {"trouble", trouble}});
}

void scan(const DeviceEvent& event, std::string aim, std::string data, v1::FeedMessage& into) {
    into.set_topic("scan");
    name_device(event.device, *into.mutable_scan()->mutable_from());
    into.mutable_scan()->set_aim(std::move(aim));
    if (std::ranges::all_of(data,
                            [](char each) { return static_cast<unsigned char>(each) < 0x80; }))
        into.mutable_scan()->set_text(data);
    into.mutable_scan()->set_data(std::move(data));
}

}  // namespace

Result<std::unique_ptr<Peripherals>> Peripherals::open(asio::any_io_executor executor, Feed& feed,
                                                       const PeripheralSettings& settings) {
    std::unique_ptr<UsbBus> bus;
    if (settings.usb) { TILL_TRY(bus, UsbBus::open(executor)); }
    return std::unique_ptr<Peripherals>{new Peripherals{executor, std::move(bus), feed, settings}};
}

Peripherals::Peripherals(asio::any_io_executor executor, std::unique_ptr<UsbBus> bus, Feed& feed,
                         const PeripheralSettings& settings)
    : feed_{feed},
      bus_{std::move(bus)},
      serial_{executor, settings.serial, settings.scanners,
              [this](const DeviceEvent& event) { tell(event); }},
      tasks_{executor} {
    if (bus_)
        usb_ =
            std::make_unique<DeviceManager>(executor, *bus_, Quirks::builtin(), settings.scanners,
                                            [this](const DeviceEvent& event) { tell(event); });
}

asio::awaitable<void> Peripherals::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    if (usb_) tasks_.spawn(usb_->run());
    co_await serial_.run();  // It ends when this is cancelled, with or without devices.
    tasks_.cancel();
    co_await tasks_.join();
}

std::vector<Standing> Peripherals::standings() const {
    auto all = usb_ ? usb_->standings() : std::vector<Standing>{};
    std::ranges::move(serial_.standings(), std::back_inserter(all));
    return all;
}

void Peripherals::write_metrics(MetricsText& into) const {
    const auto now = std::chrono::steady_clock::now();
    const auto all = standings();
    for (const auto& each : all)
        into.counter("tillstream_peripheral_reads_total",
                     "Scans, weights and swipes since it was plugged in.",
                     static_cast<double>(each.good_reads),
                     {{"kind", name(each.device.kind)}, {"port", each.device.port}});
    for (const auto& each : all) {
        const bool is_on = each.state == DeviceState::enabled;
        const std::chrono::duration<double> on = now - each.since;
        into.gauge("tillstream_peripheral_on_seconds", "Since it was enabled; 0 while it is not.",
                   is_on ? on.count() : 0,
                   {{"kind", name(each.device.kind)}, {"port", each.device.port}});
    }
}

void Peripherals::tell(const DeviceEvent& event) {
    v1::FeedMessage message;
    std::visit(
        Match{
            [&](const DeviceEvent::Attached&) { change(event, DeviceState::enabled, "", message); },
            [&](const DeviceEvent::Detached&) { change(event, DeviceState::offline, "", message); },
            [&](const DeviceEvent::Failed& failed) {
                change(event, DeviceState::error, failed.error.detail, message);
            },
            [&](const DeviceEvent::Warning& warning) {
                change(event, DeviceState::enabled,
                       warning.error.detail + " " + warning.error.field, message);
            },
            [&](const RawScan& read) { scan(event, read.aim, read.data, message); },
            [&](const WeightReading& weight) {
                message.set_topic("weight");
                name_device(event.device, *message.mutable_weight()->mutable_from());
                if (const auto grams = weight.grams())
                    message.mutable_weight()->set_grams(grams->text());
                message.mutable_weight()->set_may_be_sold(weight.may_be_sold());
            },
            [&](const LoyaltySwipe& swipe) { scan(event, "", swipe.tracks.front(), message); },
            [&](const DeviceEvent::DroppedCard&) {
                change(event, DeviceState::enabled, "a payment card was swiped and dropped unread",
                       message);
            }},
        event.what);
    if (!message.topic().empty()) feed_.happened(std::move(message));
}

}  // namespace till
