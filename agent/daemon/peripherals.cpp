#include "agent/daemon/peripherals.hpp"

#include "agent/core/match.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"

#include <algorithm>

namespace till {

using namespace drivers;

namespace {

/// A printer that has to be asked is asked every second.
constexpr std::chrono::seconds drawer_patience{3};

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

v1::Scan scan(const DeviceEvent& event, std::string aim, std::string data) {
    v1::Scan told;
    name_device(event.device, *told.mutable_from());
    told.set_aim(std::move(aim));
    told.set_data(std::move(data));
    return told;
}

/// Of the agent itself: what it journals of a scan has nobody else behind it.
Request own_request() { return {.caller = {.name = "agent", .role = Role::pos, .itself = true}}; }

/// What a device cannot do, or will not, is no fault of the agent.
Error refusal(Error error) {
    if (error.code == Errc::unsupported) error.field = "port";
    if (error.code == Errc::io) error.code = Errc::conflict;
    return error;
}

}  // namespace

Result<std::unique_ptr<Peripherals>> Peripherals::open(asio::any_io_executor executor, Feed& feed,
                                                       CommandTable& table,
                                                       const PeripheralSettings& settings,
                                                       Record record) {
    std::unique_ptr<UsbBus> bus;
    if (settings.usb) { TILL_TRY(bus, UsbBus::open(executor)); }
    return std::unique_ptr<Peripherals>{
        new Peripherals{executor, std::move(bus), feed, table, settings, std::move(record)}};
}

Peripherals::Peripherals(asio::any_io_executor executor, std::unique_ptr<UsbBus> bus, Feed& feed,
                         CommandTable& table, const PeripheralSettings& settings, Record record)
    : feed_{feed},
      table_{table},
      record_{std::move(record)},
      bus_{std::move(bus)},
      serial_{executor, settings.serial, settings.scanners,
              [this](const DeviceEvent& event) { tell(event); }},
      tasks_{executor} {
    if (!bus_) return;
    usb_ = std::make_unique<DeviceManager>(executor, *bus_, settings.quirks, settings.scanners,
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
    if (const auto open = drawers_.open())
        into.gauge("tillstream_drawer_open", "Whether a cash drawer is open.", *open ? 1 : 0, {});
    for (const auto& each : all) {
        const bool is_on = each.state == DeviceState::enabled;
        const std::chrono::duration<double> on = now - each.since;
        into.gauge("tillstream_peripheral_on_seconds", "Since it was enabled; 0 while it is not.",
                   is_on ? on.count() : 0,
                   {{"kind", name(each.device.kind)}, {"port", each.device.port}});
    }
}

/// The feed first: nobody waits for a journal to see what was scanned.
void Peripherals::tell_scan(const DeviceEvent& event, v1::Scan scan, v1::FeedMessage& into) {
    auto read = table_.read_scan(scan);
    if (!read && read.error().code == Errc::unsupported)
        return change(event, DeviceState::enabled, read.error().detail + " and was dropped", into);
    if (read) scan = *std::move(read);  // A list that cannot be read costs no scan.
    into.set_topic("scan");
    *into.mutable_scan() = scan;
    if (!scan.facts().unknown()) return;
    tasks_.spawn(table_.journal_unknown(own_request(), std::move(scan)));
}

asio::awaitable<Result<v1::Answer>> Peripherals::order(v1::TellDevice command) {
    DeviceKind kind = DeviceKind::scale;
    DeviceOrder order = ZeroScale{};
    if (command.has_page_scanner()) {
        kind = DeviceKind::scanner;
        order = PageScanner{};
    } else if (command.has_tare_scale()) {
        TareScale tare;
        if (const std::string& grams = command.tare_scale().grams(); !grams.empty()) {
            const auto number = Decimal::parse(grams);
            if (!number)
                co_return Error{Errc::malformed, "not a weight", "tare_scale.grams", "12.5"};
            tare.grams = *number;
        }
        order = tare;
    } else if (!command.has_zero_scale()) {
        co_return Error{Errc::malformed, "no order", "page_scanner",
                        "page_scanner, zero_scale or tare_scale"};
    }
    const Error nobody{Errc::not_found, "no " + std::string{name(kind)} + " is enabled there",
                       "port"};
    Result<DeviceName> told = nobody;
    DeviceOrder first = order;
    if (usb_) told = co_await usb_->order(kind, command.port(), std::move(first));
    const bool by_line = !told && told.error().code == Errc::not_found;
    if (by_line) told = co_await serial_.order(kind, command.port(), std::move(order));
    if (!told) co_return refusal(told.error());
    v1::Answer answer;
    name_device(*told, *answer.mutable_device());
    co_return answer;
}

CounterDevices Peripherals::counter() {
    return {.drawer = [this](const std::string& port) { return drawers_.find(port); },
            .open_drawer = [this](std::string port,
                                  Seq order) { return open_drawer(std::move(port), order); },
            .drawer_open = [this] { return drawers_.open(); }};
}

asio::awaitable<Result<void>> Peripherals::open_drawer(std::string port, Seq order) {
    drawers_.ordered(port, order);
    DeviceOrder pulse = OpenDrawer{};
    const auto sent = co_await usb_->order(DeviceKind::printer, port, std::move(pulse));
    if (!sent) {
        note(drawers_.give_up(port, order, sent.error().detail));
        co_return Error{Errc::busy, "the printer that opens the drawer does not take the order ("
                                        + sent.error().detail + "): is it on?"};
    }
    tasks_.spawn(wait_for_opening(std::move(port), order));
    co_return Result<void>{};
}

asio::awaitable<void> Peripherals::wait_for_opening(std::string port, Seq order) {
    asio::steady_timer timer{co_await asio::this_coro::executor, drawer_patience};
    const auto [cancelled] = co_await timer.async_wait(nothrow);
    if (!cancelled) note(drawers_.give_up(port, order, "a pulse was sent, and it did not open"));
}

void Peripherals::note(CashDrawers::Fact fact) {
    if (fact) record_(*std::move(fact));
}

Result<std::string> Peripherals::display_at(const std::string& port) const {
    std::string ports;
    for (const Standing& each : usb_ ? usb_->standings() : std::vector<Standing>{}) {
        if (each.device.kind != DeviceKind::display || each.state != DeviceState::enabled) continue;
        if (port.empty() || each.device.port == port) return each.device.port;
        ports += (ports.empty() ? "" : ", ") + each.device.port;
    }
    if (!ports.empty())
        return Error{Errc::not_found, "no display is plugged in there", "port", ports};
    return Error{Errc::not_found,
                 "no line display here: it must be plugged into this machine by USB, and the "
                 "file that [devices] quirks names must have a row for it"};
}

asio::awaitable<Result<v1::Answer>> Peripherals::show(v1::ShowOnDisplay what) {
    if (what.brightness() > 100)
        co_return Error{Errc::out_of_range, "more than all", "brightness", "1 to 100 per cent"};
    TILL_CO_TRY(const std::string port, display_at(what.port()));
    const auto before = std::exchange(shown_[port], std::move(what));
    const auto done = co_await show_again(port);
    v1::Answer answer;
    answer.mutable_device()->set_kind(std::string{name(DeviceKind::display)});
    answer.mutable_device()->set_port(port);
    if (done) co_return answer;
    if (!done.error().field.empty()) {  // Refused: what stands there stays.
        shown_[port] = before;
        co_return done.error();
    }
    co_return Error{Errc::busy, "the display does not take it (" + done.error().detail + ")"};
}

asio::awaitable<Result<void>> Peripherals::show_again(std::string port) {
    const v1::ShowOnDisplay& what = shown_[port];
    ShowLines lines{.lines = {what.lines().begin(), what.lines().end()}};
    if (what.brightness() > 0) lines.brightness = what.brightness();
    DeviceOrder order = std::move(lines);
    const auto told = co_await usb_->order(DeviceKind::display, std::move(port), std::move(order));
    if (!told) co_return told.error();
    co_return Result<void>{};
}

/// What it showed before it was unplugged.
asio::awaitable<void> Peripherals::restore_display(std::string port) {
    const auto done = co_await show_again(port);
    if (!done)
        log(LogLevel::warning, "devices", "a display does not show what it showed",
            {{"port", port}, {"error", done.error().detail}});
}

void Peripherals::follow_display(const DeviceEvent& event) {
    if (event.device.kind != DeviceKind::display) return;
    if (std::holds_alternative<DeviceEvent::Attached>(event.what)
        && shown_.contains(event.device.port))
        tasks_.spawn(restore_display(event.device.port));
}

void Peripherals::follow_printer(const DeviceEvent& event) {
    if (event.device.kind != DeviceKind::printer) return;
    const std::string& port = event.device.port;
    if (std::holds_alternative<DeviceEvent::Attached>(event.what)) drawers_.printer_there(port);
    if (std::holds_alternative<DeviceEvent::Detached>(event.what)
        || std::holds_alternative<DeviceEvent::Failed>(event.what))
        drawers_.printer_gone(port);
    if (const auto* status = std::get_if<DrawerStatus>(&event.what))
        note(drawers_.status(port, *status));
}

void Peripherals::tell(const DeviceEvent& event) {
    follow_printer(event);
    follow_display(event);
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
            [&](const RawScan& read) {
                tell_scan(event, scan(event, read.aim, read.data), message);
            },
            [&](const WeightReading& weight) {
                message.set_topic("weight");
                name_device(event.device, *message.mutable_weight()->mutable_from());
                if (const auto grams = weight.grams())
                    message.mutable_weight()->set_grams(grams->text());
                message.mutable_weight()->set_may_be_sold(weight.may_be_sold());
                if (!weight.tare.is_zero()) message.mutable_weight()->set_tare(weight.tare.text());
            },
            [&](const LoyaltySwipe& swipe) {
                tell_scan(event, scan(event, "", swipe.tracks.front()), message);
            },
            [&](const DeviceEvent::DroppedCard&) {
                change(event, DeviceState::enabled, "a payment card was swiped and dropped unread",
                       message);
            },
            [&](const DrawerStatus& drawer) {
                message.set_topic("drawer");
                name_device(event.device, *message.mutable_drawer()->mutable_printer());
                message.mutable_drawer()->set_open(drawer.open);
                message.mutable_drawer()->set_printer_offline(drawer.printer_offline);
            }},
        event.what);
    if (!message.topic().empty()) feed_.happened(std::move(message));
}

}  // namespace till
