#include "drivers/usb/usb_device.hpp"

#include "agent/runtime/deadline.hpp"

namespace till::drivers {

namespace {

constexpr std::size_t interfaces_max = 32;
constexpr std::uint8_t hid_class = 3, hid_descriptor_type = 0x21, report_descriptor_type = 0x22;
constexpr std::size_t ports_max = 7;  // USB 2.0: five hubs, and room.

UsbInterface interface_of(const libusb_interface_descriptor& setting) {
    UsbInterface found{
        .number = setting.bInterfaceNumber,
        .usb_class = setting.bInterfaceClass,
        .subclass = setting.bInterfaceSubClass,
        .protocol = setting.bInterfaceProtocol,
        .report_descriptor_bytes =
            setting.bInterfaceClass == hid_class && setting.extra != nullptr
                ? detail::report_descriptor_bytes(
                      {setting.extra, static_cast<std::size_t>(setting.extra_length)})
                : std::uint16_t{0},
        .endpoints = {}};
    for (int i = 0; i < setting.bNumEndpoints && setting.endpoint != nullptr; ++i) {
        const auto& endpoint = setting.endpoint[i];
        found.endpoints.push_back(
            {.address = endpoint.bEndpointAddress,
             .type = UsbEndpoint::Type{static_cast<std::uint8_t>(endpoint.bmAttributes
                                                                 & LIBUSB_TRANSFER_TYPE_MASK)},
             .packet_bytes = static_cast<std::uint16_t>(endpoint.wMaxPacketSize & 0x7ff)});
    }
    return found;
}

std::string port_of(libusb_device* device) {
    std::uint8_t ports[ports_max];
    const int depth = libusb_get_port_numbers(device, ports, ports_max);
    std::string path = std::to_string(libusb_get_bus_number(device));
    for (int i = 0; i < depth; ++i) path += (i == 0 ? "-" : ".") + std::to_string(ports[i]);
    return path;
}

}  // namespace

const UsbEndpoint* UsbInterface::find(UsbEndpoint::Type type, bool in) const {
    for (const UsbEndpoint& each : endpoints)
        if (each.type == type && each.is_in() == in) return &each;
    return nullptr;
}

const UsbInterface* UsbIdentity::settings_of(const UsbInterface& data) const {
    constexpr std::uint8_t communications_class = 2, data_class = 10;
    const UsbInterface* nearest = nullptr;
    for (const UsbInterface& each : interfaces)
        if (data.usb_class == data_class && each.usb_class == communications_class
            && each.number < data.number)
            nearest = &each;
    return nearest;
}

asio::awaitable<std::string> read_string(UsbPipe& pipe, std::uint8_t index) {
    using namespace std::chrono_literals;
    constexpr std::uint16_t string_type = 0x0300, english = 0x0409;
    if (index == 0) co_return "";
    const UsbSetup setup{.type = 0x80,
                         .request = LIBUSB_REQUEST_GET_DESCRIPTOR,
                         .value = static_cast<std::uint16_t>(string_type | index),
                         .index = english};
    const auto answer = co_await pipe.control_in(setup, 255, 500ms);
    std::string text;
    if (!answer) co_return text;
    const auto unit = [&](std::size_t at) {
        return static_cast<unsigned>(static_cast<std::uint8_t>((*answer)[at])
                                     | static_cast<std::uint8_t>((*answer)[at + 1]) << 8);
    };
    for (std::size_t at = 2; at + 1 < answer->size(); at += 2) {
        const unsigned code = unit(at);
        if (code < 0x20 || code == 0x7f || (code >= 0xd800 && code < 0xe000)) continue;
        if (code < 0x80) {
            text += static_cast<char>(code);
        } else if (code < 0x800) {
            text += static_cast<char>(0xc0 | code >> 6);
            text += static_cast<char>(0x80 | (code & 0x3f));
        } else {
            text += static_cast<char>(0xe0 | code >> 12);
            text += static_cast<char>(0x80 | (code >> 6 & 0x3f));
            text += static_cast<char>(0x80 | (code & 0x3f));
        }
    }
    co_return text;
}

namespace detail {

std::uint16_t report_descriptor_bytes(std::span<const std::uint8_t> extra) {
    for (std::size_t at = 0; at + 2 <= extra.size() && extra[at] >= 2; at += extra[at]) {
        const auto one = extra.subspan(at, std::min<std::size_t>(extra[at], extra.size() - at));
        if (one[1] != hid_descriptor_type || one.size() < 9) continue;
        for (std::size_t i = 6; i + 3 <= one.size(); i += 3)
            if (one[i] == report_descriptor_type)
                return static_cast<std::uint16_t>(one[i + 1] | one[i + 2] << 8);
    }
    return 0;
}

Error usb_error(int code, std::string_view what) {
    Errc ours = Errc::io;
    if (code == LIBUSB_ERROR_NO_DEVICE) ours = Errc::closed;
    if (code == LIBUSB_ERROR_NOT_FOUND) ours = Errc::not_found;
    if (code == LIBUSB_ERROR_BUSY) ours = Errc::busy;
    if (code == LIBUSB_ERROR_ACCESS) ours = Errc::forbidden;
    if (code == LIBUSB_ERROR_TIMEOUT) ours = Errc::timed_out;
    return {ours, std::string{what} + ": " + libusb_strerror(code)};
}

Error transfer_error(libusb_transfer_status status) {
    switch (status) {
        case LIBUSB_TRANSFER_NO_DEVICE:
            return {Errc::closed, "the device is gone"};
        case LIBUSB_TRANSFER_TIMED_OUT:
            return {Errc::timed_out, "the device does not answer"};
        case LIBUSB_TRANSFER_CANCELLED:
            return {Errc::abandoned, "cancelled"};
        case LIBUSB_TRANSFER_STALL:
            return {Errc::io, "the device refused (stall)"};
        case LIBUSB_TRANSFER_OVERFLOW:
            return {Errc::malformed, "the device sent more than its descriptor says"};
        default:
            return {Errc::io, "the transfer failed"};
    }
}

UsbIdentity identify(libusb_device* device) {
    UsbIdentity found{.bus = libusb_get_bus_number(device),
                      .address = libusb_get_device_address(device),
                      .port = port_of(device),
                      .interfaces = {}};
    libusb_device_descriptor about{};
    if (libusb_get_device_descriptor(device, &about) != 0) return found;
    found.vid = about.idVendor;
    found.pid = about.idProduct;
    found.product_index = about.iProduct;
    found.serial_index = about.iSerialNumber;
    libusb_config_descriptor* config = nullptr;
    if (libusb_get_active_config_descriptor(device, &config) != 0) return found;
    for (std::size_t i = 0; i < std::min<std::size_t>(config->bNumInterfaces, interfaces_max); ++i)
        if (config->interface[i].num_altsetting > 0)
            found.interfaces.push_back(interface_of(config->interface[i].altsetting[0]));
    libusb_free_config_descriptor(config);
    return found;
}

UsbHandle::~UsbHandle() {
    // The kernel's driver, bound again, asks the device at once: of one that does not answer, usbhid does so
    // for 40 seconds, and all that time this call would not return.
    libusb_set_auto_detach_kernel_driver(handle_, answers_ ? 1 : 0);
    for (; !interfaces_.empty(); interfaces_.pop_back())
        libusb_release_interface(handle_, interfaces_.back());
    libusb_close(handle_);
    --all_->open;
}

Result<void> UsbHandle::claim(std::uint8_t interface) {
    libusb_set_auto_detach_kernel_driver(handle_, 1);
    if (const int failed = libusb_claim_interface(handle_, interface))
        return usb_error(failed, "claiming interface " + std::to_string(interface));
    interfaces_.push_back(interface);
    return {};
}

void UsbHandle::close() {
    closed_ = true;
    for (libusb_transfer* transfer : under_way_) libusb_cancel_transfer(transfer);
}

UsbTransfer::UsbTransfer(std::shared_ptr<UsbHandle> handle, std::size_t bytes)
    : handle_{std::move(handle)}, buffer_(bytes, '\0'), raw_{libusb_alloc_transfer(0)} {
    if (raw_ == nullptr) throw std::bad_alloc{};
}

void UsbTransfer::fill(std::uint8_t endpoint, UsbEndpoint::Type type,
                       std::chrono::milliseconds limit) {
    raw_->dev_handle = handle_->raw();
    raw_->endpoint = endpoint;
    raw_->type = static_cast<unsigned char>(type);
    raw_->timeout = static_cast<unsigned>(limit.count());
    raw_->buffer = reinterpret_cast<unsigned char*>(buffer_.data());
    raw_->length = static_cast<int>(buffer_.size());
    raw_->callback = &UsbTransfer::returned;
    raw_->user_data = this;
}

Result<void> UsbTransfer::submit(std::function<void()> done) {
    if (handle_->closed()) return Error{Errc::abandoned, "the pipe is closed"};
    if (const int failed = libusb_submit_transfer(raw_)) return usb_error(failed, "submitting");
    handle_->under_way_.insert(raw_);
    done_ = std::move(done);
    self_ = shared_from_this();
    return {};
}

void UsbTransfer::cancel() {
    if (self_) libusb_cancel_transfer(raw_);
}

void UsbTransfer::returned(libusb_transfer* transfer) {
    auto* const mine = static_cast<UsbTransfer*>(transfer->user_data);
    mine->handle_->all_->returned.push_back(std::move(mine->self_));
    mine->handle_->under_way_.erase(transfer);
    if (transfer->status != LIBUSB_TRANSFER_CANCELLED)
        mine->handle_->answers_ = transfer->status == LIBUSB_TRANSFER_COMPLETED
                                  || transfer->status == LIBUSB_TRANSFER_STALL
                                  || transfer->status == LIBUSB_TRANSFER_OVERFLOW;
    const auto done = std::move(mine->done_);
    if (done) done();
}

asio::awaitable<Result<void>> perform(std::shared_ptr<UsbTransfer> transfer) {
    const auto executor = co_await asio::this_coro::executor;
    const auto wake =
        std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max());
    const auto came = std::make_shared<bool>(false);
    const auto submitted = transfer->submit([wake, came] {
        *came = true;
        wake->cancel();
    });
    if (!submitted) co_return submitted.error();
    while (!*came) {
        co_await wake->async_wait(nothrow);
        if (*came) break;
        transfer->cancel();  // The caller was cancelled: what comes back later finds nobody.
        co_return Error{Errc::abandoned, "cancelled"};
    }
    if (transfer->raw().status != LIBUSB_TRANSFER_COMPLETED)
        co_return transfer_error(transfer->raw().status);
    co_return Result<void>{};
}

}  // namespace detail
}  // namespace till::drivers
