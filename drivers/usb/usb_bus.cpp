#include "drivers/usb/usb_bus.hpp"

#include "agent/runtime/deadline.hpp"
#include "drivers/usb/usb_device.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/epoll.h>
#include <map>

namespace till::drivers {

using namespace std::chrono_literals;
using detail::perform;
using detail::usb_error;
using detail::UsbHandle;
using detail::UsbStream;
using detail::UsbTransfer;

namespace {

class LibusbPipe final : public UsbPipe {
public:
    LibusbPipe(asio::any_io_executor executor, std::shared_ptr<UsbHandle> handle,
               UsbIdentity identity, UsbInterface interface)
        : executor_{std::move(executor)},
          handle_{std::move(handle)},
          identity_{std::move(identity)},
          interface_{std::move(interface)} {}
    ~LibusbPipe() override { handle_->close(); }

    const UsbIdentity& identity() const override { return identity_; }
    const UsbInterface& interface() const override { return interface_; }

    asio::awaitable<Result<Bytes>> control_in(UsbSetup setup, std::uint16_t bytes_max,
                                              std::chrono::milliseconds limit) override {
        const auto transfer = control(setup, bytes_max, limit);
        const auto done = co_await perform(transfer);
        if (!done) co_return done.error();
        const auto got = static_cast<std::size_t>(transfer->raw().actual_length);
        co_return transfer->buffer().substr(LIBUSB_CONTROL_SETUP_SIZE, got);
    }

    asio::awaitable<Result<void>> control_out(UsbSetup setup, Bytes data,
                                              std::chrono::milliseconds limit) override {
        const auto transfer = control(setup, static_cast<std::uint16_t>(data.size()), limit);
        transfer->buffer().replace(LIBUSB_CONTROL_SETUP_SIZE, data.size(), data);
        co_return co_await perform(transfer);
    }

    asio::awaitable<Result<Bytes>> read(std::uint8_t endpoint, std::size_t bytes) override {
        auto& stream = streams_[endpoint];
        if (!stream) {
            const auto known = find(endpoint);
            if (!known) co_return known.error();
            stream = std::make_shared<UsbStream>(executor_, handle_, *known, bytes);
        }
        co_return co_await stream->next();
    }

    asio::awaitable<Result<void>> write(std::uint8_t endpoint, Bytes data,
                                        std::chrono::milliseconds limit) override {
        const auto known = find(endpoint);
        if (!known) co_return known.error();
        const auto transfer = std::make_shared<UsbTransfer>(handle_, data.size());
        transfer->buffer() = std::move(data);
        transfer->fill(endpoint, known->type, limit);
        co_return co_await perform(transfer);
    }

private:
    Result<UsbEndpoint> find(std::uint8_t endpoint) const {
        for (const UsbEndpoint& each : interface_.endpoints)
            if (each.address == endpoint) return each;
        return Error{Errc::not_found, "the interface has no such endpoint"};
    }
    std::shared_ptr<UsbTransfer> control(UsbSetup setup, std::uint16_t bytes,
                                         std::chrono::milliseconds limit) {
        const auto transfer =
            std::make_shared<UsbTransfer>(handle_, LIBUSB_CONTROL_SETUP_SIZE + bytes);
        libusb_fill_control_setup(reinterpret_cast<unsigned char*>(transfer->buffer().data()),
                                  setup.type, setup.request, setup.value, setup.index, bytes);
        transfer->fill(0, UsbEndpoint::Type::control, limit);
        return transfer;
    }

    asio::any_io_executor executor_;
    std::shared_ptr<UsbHandle> handle_;
    UsbIdentity identity_;
    UsbInterface interface_;
    std::map<std::uint8_t, std::shared_ptr<UsbStream>> streams_;
};

class LibusbBus final : public UsbBus {
public:
    ~LibusbBus() override;
    asio::awaitable<std::optional<Change>> next() override;
    Result<std::unique_ptr<UsbPipe>> claim(DeviceId device, std::uint8_t interface) override;

private:
    friend UsbBus;
    struct Impl;
    explicit LibusbBus(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

struct LibusbBus::Impl {
    struct Known {
        DeviceId id = 0;
        UsbIdentity identity;
    };

    Impl(asio::any_io_executor given, int epoll)
        : executor{std::move(given)}, ready{executor, epoll}, changes{executor} {}

    void watch(int descriptor, short events) {  // poll's events are epoll's.
        epoll_event wanted{.events = static_cast<std::uint32_t>(events), .data = {}};
        epoll_ctl(ready.native_handle(), EPOLL_CTL_ADD, descriptor, &wanted);
    }
    void forget(int descriptor) {
        epoll_ctl(ready.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
    }
    void wait() {
        ready.async_wait(asio::posix::descriptor_base::wait_read,
                         [this, alive = std::weak_ptr{handles}](boost::system::error_code failed) {
                             if (failed || alive.expired()) return;
                             handle_events();
                             wait();
                         });
    }
    void handle_events() {
        timeval at_once{};
        handle_events(at_once);
    }
    void handle_events(timeval& limit) {
        libusb_handle_events_timeout_completed(context, &limit, nullptr);
        handles->returned.clear();
    }

    static void added(int descriptor, short events, void* self) {
        static_cast<Impl*>(self)->watch(descriptor, events);
    }
    static void removed(int descriptor, void* self) {
        static_cast<Impl*>(self)->forget(descriptor);
    }
    static int plugged(libusb_context*, libusb_device* device, libusb_hotplug_event event,
                       void* self) {
        auto& bus = *static_cast<Impl*>(self);
        event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED ? bus.arrived(device) : bus.left(device);
        return 0;
    }
    void arrived(libusb_device* device) {
        if (known.contains(device)) return;
        libusb_ref_device(device);
        const auto& entry = known.emplace(device, Known{++last_id, detail::identify(device)});
        changes.push({last_id, true, entry.first->second.identity});
    }
    void left(libusb_device* device) {
        const auto found = known.find(device);
        if (found == known.end()) return;
        changes.push({found->second.id, false, found->second.identity});
        known.erase(found);
        libusb_unref_device(device);
    }

    asio::any_io_executor executor;
    libusb_context* context = nullptr;
    libusb_hotplug_callback_handle hotplug = 0;
    bool listens = false;
    /// All of libusb's descriptors in one, which is ready when any of them is: they come and go, and Asio
    /// would set flags on them.
    asio::posix::stream_descriptor ready;
    std::map<libusb_device*, Known> known;
    DeviceId last_id = 0;
    std::shared_ptr<detail::UsbHandles> handles = std::make_shared<detail::UsbHandles>();
    Queue<Change> changes;
};

LibusbBus::LibusbBus(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}

}  // namespace

Result<std::unique_ptr<UsbBus>> UsbBus::open(asio::any_io_executor executor) {
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) return Error{Errc::io, "epoll: no descriptor left"};
    using Impl = LibusbBus::Impl;
    std::unique_ptr<LibusbBus> bus{
        new LibusbBus{std::make_unique<Impl>(std::move(executor), epoll)}};
    Impl& impl = *bus->impl_;
    if (const int failed = libusb_init(&impl.context)) return usb_error(failed, "libusb");
    libusb_set_pollfd_notifiers(impl.context, &Impl::added, &Impl::removed, &impl);
    const libusb_pollfd** const all = libusb_get_pollfds(impl.context);
    if (all == nullptr) return Error{Errc::unsupported, "libusb has no descriptors here"};
    for (auto each = all; *each != nullptr; ++each) impl.watch((*each)->fd, (*each)->events);
    libusb_free_pollfds(all);
    const auto both = LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT;
    const int failed = libusb_hotplug_register_callback(
        impl.context, both, LIBUSB_HOTPLUG_ENUMERATE, LIBUSB_HOTPLUG_MATCH_ANY,
        LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, &Impl::plugged, &impl, &impl.hotplug);
    if (failed) return usb_error(failed, "hot-plug");
    impl.listens = true;
    impl.wait();
    return bus;
}

LibusbBus::~LibusbBus() {
    Impl& impl = *impl_;
    if (impl.context == nullptr) return;
    if (impl.listens) libusb_hotplug_deregister_callback(impl.context, impl.hotplug);
    const auto until = std::chrono::steady_clock::now() + 1s;
    while (impl.handles->open > 0 && std::chrono::steady_clock::now() < until) {
        timeval moment{.tv_sec = 0, .tv_usec = 10'000};
        impl.handle_events(moment);
    }
    for (const auto& [device, about] : impl.known) libusb_unref_device(device);
    libusb_set_pollfd_notifiers(impl.context, nullptr, nullptr, nullptr);
    impl.ready.close();
    // What does not come back within a second still has our buffers: better kept than freed under it.
    if (impl.handles->open == 0) libusb_exit(impl.context);
}

asio::awaitable<std::optional<UsbBus::Change>> LibusbBus::next() {
    co_return co_await impl_->changes.pop();
}

Result<std::unique_ptr<UsbPipe>> LibusbBus::claim(DeviceId device, std::uint8_t interface) {
    for (const auto& [raw, known] : impl_->known) {
        if (known.id != device) continue;
        for (const UsbInterface& each : known.identity.interfaces) {
            if (each.number != interface) continue;
            libusb_device_handle* opened = nullptr;
            if (const int failed = libusb_open(raw, &opened)) return usb_error(failed, "opening");
            auto handle = std::make_shared<UsbHandle>(opened, impl_->handles);
            // The kernel's driver of a serial port has both of its interfaces, and is bound again by the
            // first: the one that is given back last.
            if (const UsbInterface* const settings = known.identity.settings_of(each))
                TILL_TRY_VOID(handle->claim(settings->number));
            TILL_TRY_VOID(handle->claim(interface));
            return std::make_unique<LibusbPipe>(impl_->executor, std::move(handle), known.identity,
                                                each);
        }
        return Error{Errc::not_found, "the device has no such interface"};
    }
    return Error{Errc::closed, "the device has left"};
}

}  // namespace till::drivers
