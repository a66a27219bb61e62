#include "drivers/registry/device_manager.hpp"

#include "agent/runtime/deadline.hpp"
#include "drivers/msr/msr.hpp"
#include "drivers/registry/display_service.hpp"
#include "drivers/registry/hid_orders.hpp"
#include "drivers/registry/printer_service.hpp"
#include "drivers/registry/serial_service.hpp"
#include "drivers/scale/scale.hpp"
#include "drivers/scanner/scanner.hpp"
#include "drivers/serial/cdc_port.hpp"

#include <algorithm>

namespace till::drivers {

using namespace std::chrono_literals;

namespace {

constexpr std::uint8_t hid_class = 3, printer_class = 7, cdc_data_class = 10;
constexpr std::uint8_t boot = 1, keyboard = 1, mouse = 2;
constexpr auto retry_first = 250ms, retry_most = 2000ms;
constexpr int failures_max = 10;

/// Not ours is no failure: whoever's it is may have it.
const Error not_ours{Errc::unsupported, "no device of ours"};

/// Whether it may be one of ours, as far as that can be told without taking it from the kernel's driver.
bool may_be_ours(const UsbInterface& interface, const Quirk& quirk) {
    if (quirk.ignore) return false;
    if (interface.usb_class == cdc_data_class) return quirk.serial || quirk.display;
    if (interface.usb_class == printer_class) return quirk.printer;
    if (interface.usb_class != hid_class) return false;
    const bool is_boot = interface.subclass == boot;
    if (is_boot && interface.protocol == mouse) return false;
    return !(is_boot && interface.protocol == keyboard) || quirk.wedge;
}

asio::awaitable<Result<void>> done(Result<void> at_once) { co_return at_once; }

asio::awaitable<Result<UsbBus::Change>> next_change(UsbBus& bus) {
    auto next = co_await bus.next();
    if (!next) co_return Error{Errc::closed, "the bus is closed"};
    co_return *std::move(next);
}

}  // namespace

asio::awaitable<void> DeviceManager::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await follow();
    while (!plugged_.empty()) left(plugged_.front()->arrival.device);
    co_await graves_.join();
}

asio::awaitable<void> DeviceManager::follow() {
    for (;;) {
        auto change = co_await with_deadline(24h, next_change(bus_));
        // It may have come while a change did: then nothing that is waited for is cancelled by it.
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return;
        if (!change && change.error().code == Errc::timed_out) continue;
        if (!change) co_return;
        if (change->arrived)
            arrived(*std::move(change));
        else
            left(change->device);
    }
}

void DeviceManager::arrived(UsbBus::Change change) {
    auto& plugged = *plugged_.emplace_back(std::make_unique<Plugged>(executor_, std::move(change)));
    const UsbIdentity& identity = plugged.arrival.identity;
    plugged.quirk = quirks_.find(identity.vid, identity.pid);
    for (const UsbInterface& each : identity.interfaces) {
        if (!may_be_ours(each, plugged.quirk)) continue;
        Attended& one = plugged.attended.emplace_back(on_event_);
        one.standing.device = {.vid = identity.vid,
                               .pid = identity.pid,
                               .bus = identity.bus,
                               .port = identity.port,
                               .product = {},
                               .serial = {}};
        plugged.tasks.spawn(attend(plugged, each, one));
    }
}

void DeviceManager::left(UsbBus::DeviceId device) {
    const auto found = std::ranges::find_if(
        plugged_, [&](const auto& each) { return each->arrival.device == device; });
    if (found == plugged_.end()) return;
    auto gone = std::move(*found);
    plugged_.erase(found);
    gone->tasks.cancel();
    graves_.spawn(bury(std::move(gone)));
}

asio::awaitable<void> DeviceManager::bury(std::unique_ptr<Plugged> gone) {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await gone->tasks.join();
    for (Attended& one : gone->attended) {
        one.standing.state = DeviceState::offline;
        if (one.standing.device.kind != DeviceKind::unknown) one.say(DeviceEvent::Detached{});
    }
}

asio::awaitable<void> DeviceManager::attend(Plugged& plugged, UsbInterface interface,
                                            Attended& one) {
    asio::steady_timer timer{executor_};
    auto wait = std::chrono::milliseconds{retry_first};
    int failures = 0;
    for (;;) {
        const std::uint64_t before = one.standing.good_reads;
        const auto served = co_await serve(plugged, interface, one);
        one.obey = nullptr;
        const Error error = served ? not_ours : served.error();
        if (error.code == Errc::closed || error.code == Errc::abandoned) co_return;
        if (error.code == Errc::unsupported) co_return;
        if (one.standing.good_reads > before) failures = 0, wait = retry_first;
        // Another program may have it for as long as it likes.
        const bool is_taken = error.code == Errc::busy || error.code == Errc::forbidden;
        const bool fenced = !is_taken && ++failures >= failures_max;
        one.fail(error, fenced);
        if (fenced) co_return;
        timer.expires_after(wait);
        const auto [cancelled] = co_await timer.async_wait(nothrow);
        if (cancelled) co_return;
        wait = std::min<std::chrono::milliseconds>(wait * 2, is_taken ? 1000ms : retry_most);
    }
}

asio::awaitable<Result<void>> DeviceManager::serve(Plugged& plugged, const UsbInterface& interface,
                                                   Attended& one) {
    auto claimed = bus_.claim(plugged.arrival.device, interface.number);
    if (!claimed) co_return claimed.error();
    std::shared_ptr<UsbPipe> pipe = *std::move(claimed);
    one.standing.state = DeviceState::claimed;
    if (interface.usb_class == hid_class)
        co_return co_await serve_hid(std::move(pipe), one, plugged.quirk);
    if (interface.usb_class == printer_class)
        co_return co_await serve_printer(std::move(pipe), one, plugged.quirk);
    co_return co_await serve_cdc(std::move(pipe), one, plugged.quirk);
}

asio::awaitable<Result<void>> DeviceManager::serve_printer(std::shared_ptr<UsbPipe> pipe,
                                                           Attended& one, const Quirk& quirk) {
    const auto printer = ReceiptPrinter::open(pipe, quirk.drawer);
    if (!printer) co_return printer.error();
    Obey obey = detail::obey_by_pulse(*printer);
    co_await enable(*pipe, one, DeviceKind::printer, std::move(obey));
    co_return co_await detail::serve_printer(*printer, one);
}

asio::awaitable<Result<void>> DeviceManager::serve_cdc(std::shared_ptr<UsbPipe> pipe, Attended& one,
                                                       const Quirk& quirk) {
    auto line = co_await open_cdc_port(pipe);
    if (!line) co_return line.error();
    if (quirk.display) {
        std::unique_ptr<ByteStream> stream = *std::move(line);
        co_return co_await serve_display(std::move(stream), *pipe, one, *quirk.display);
    }
    auto scanner =
        std::make_shared<SerialScanner>(*std::move(line), SerialFraming{}, quirk.dialect);
    Obey obey = detail::obey_by_dialect(scanner);
    co_await enable(*pipe, one, DeviceKind::scanner, std::move(obey));
    co_return co_await detail::serve_serial(std::move(scanner), settings_, one);
}

asio::awaitable<Result<void>> DeviceManager::serve_display(std::unique_ptr<ByteStream> line,
                                                           UsbPipe& pipe, Attended& one,
                                                           DisplayModel model) {
    TILL_CO_TRY(auto text, DisplayText::make(std::move(model)));
    auto display = std::make_shared<LineDisplay>(std::move(line), std::move(text));
    TILL_CO_TRY_VOID(co_await display->start());
    Obey obey = detail::obey_by_showing(display);
    co_await enable(pipe, one, DeviceKind::display, std::move(obey));
    co_return co_await display->stay();
}

asio::awaitable<Result<void>> DeviceManager::serve_hid(std::shared_ptr<UsbPipe> pipe, Attended& one,
                                                       const Quirk& quirk) {
    auto hid = co_await HidInterface::open(*pipe);
    if (!hid) co_return hid.error();
    Obey obey = detail::obey_by_reports(pipe, *hid);
    OnScan on_scan = [&one](RawScan scan) { one.heard(std::move(scan)); };
    const HidDescriptor& descriptor = hid->descriptor();
    if (auto scanner = ScanReportLayout::find(descriptor)) {
        co_await enable(*pipe, one, DeviceKind::scanner, std::move(obey));
        co_return co_await read_hid_pos(*std::move(hid), *std::move(scanner), std::move(on_scan));
    }
    if (auto scale = ScaleReportLayout::find(descriptor)) {
        OnWeight on_weight = [&one](const WeightReading& weight) { one.heard(weight); };
        auto reader =
            std::make_shared<Scale>(*std::move(hid), *std::move(scale), std::move(on_weight));
        // Its tare is kept here: the scale itself is not asked.
        Obey with_tare = [reader, obey = std::move(obey)](DeviceOrder order) {
            const auto* const tare = std::get_if<TareScale>(&order);
            return tare ? done(reader->tare(tare->grams)) : obey(std::move(order));
        };
        co_await enable(*pipe, one, DeviceKind::scale, std::move(with_tare));
        co_return co_await reader->run();
    }
    if (auto msr = MsrReportLayout::find(descriptor)) {
        co_await enable(*pipe, one, DeviceKind::msr, nullptr);
        OnSwipe on_swipe = [&one](const std::optional<LoyaltySwipe>& swipe) {
            if (swipe)
                one.heard(*swipe);
            else
                one.heard(DeviceEvent::DroppedCard{});
        };
        co_return co_await read_msr(*std::move(hid), *std::move(msr), std::move(on_swipe));
    }
    auto keys = KeyReportLayout::find(descriptor);
    if (!keys || !quirk.wedge) co_return not_ours;
    co_await enable(*pipe, one, DeviceKind::scanner, nullptr);
    co_return co_await read_wedge(*std::move(hid), *std::move(keys), *quirk.wedge,
                                  std::move(on_scan));
}

/// Tells that it is there, with its name, once for each time it is plugged in or comes back from trouble.
asio::awaitable<void> DeviceManager::enable(UsbPipe& pipe, Attended& one, DeviceKind kind,
                                            Obey obey) {
    DeviceName& device = one.standing.device;
    device.kind = kind;
    if (device.serial.empty()) {
        device.product = co_await read_string(pipe, pipe.identity().product_index);
        device.serial = co_await read_string(pipe, pipe.identity().serial_index);
    }
    one.enable(std::move(obey));
}

std::vector<const Attended*> DeviceManager::known() const {
    std::vector<const Attended*> all;
    for (const auto& plugged : plugged_)
        for (const Attended& one : plugged->attended)
            if (one.standing.device.kind != DeviceKind::unknown) all.push_back(&one);
    return all;
}

asio::awaitable<Result<DeviceName>> DeviceManager::order(DeviceKind kind, std::string port,
                                                         DeviceOrder order) {
    return order_one(known(), kind, std::move(port), std::move(order));
}

std::vector<Standing> DeviceManager::standings() const {
    std::vector<Standing> all;
    for (const Attended* const one : known()) all.push_back(one->standing);
    return all;
}

}  // namespace till::drivers
