#pragma once

#include "drivers/usb/usb_pipe.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <libusb.h>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <span>

// Private to the module: an opened device, and its transfers.
namespace till::drivers::detail {

Error usb_error(int code, std::string_view what);
Error transfer_error(libusb_transfer_status status);

UsbIdentity identify(libusb_device* device);
/// The report descriptor's length, out of the HID descriptor among what stands behind an interface's own.
std::uint16_t report_descriptor_bytes(std::span<const std::uint8_t> extra);

class UsbTransfer;

/// What a bus knows of the handles on it.
struct UsbHandles {
    int open = 0;
    /// Came back and may be the last of their handle: let go of after libusb's event handling, inside of
    /// which a device must not be closed.
    std::vector<std::shared_ptr<UsbTransfer>> returned;
};

/// A device handle with the interfaces claimed by it. It lives until the last transfer has come back, and is
/// closed then, whoever let go of it before.
class UsbHandle {
public:
    UsbHandle(libusb_device_handle* handle, std::shared_ptr<UsbHandles> all)
        : handle_{handle}, all_{std::move(all)} {
        ++all_->open;
    }
    UsbHandle(const UsbHandle&) = delete;
    UsbHandle& operator=(const UsbHandle&) = delete;
    ~UsbHandle();

    Result<void> claim(std::uint8_t interface);
    libusb_device_handle* raw() const { return handle_; }
    void close();  ///< Cancels all that is under way; nothing can be submitted any more.
    bool closed() const { return closed_; }

private:
    friend class UsbTransfer;
    libusb_device_handle* handle_;
    std::shared_ptr<UsbHandles> all_;
    std::vector<std::uint8_t> interfaces_;
    bool closed_ = false;
    bool answers_ = true;  ///< As far as its last transfer shows.
    std::set<libusb_transfer*> under_way_;
};

/// One transfer that owns its buffer. `done` is called on the loop, once for each submission. While it is
/// under way it keeps itself and its handle alive.
class UsbTransfer : public std::enable_shared_from_this<UsbTransfer> {
public:
    UsbTransfer(std::shared_ptr<UsbHandle> handle, std::size_t bytes);
    UsbTransfer(const UsbTransfer&) = delete;
    UsbTransfer& operator=(const UsbTransfer&) = delete;
    ~UsbTransfer() { libusb_free_transfer(raw_); }

    /// A control request has its setup in the buffer's first eight bytes.
    void fill(std::uint8_t endpoint, UsbEndpoint::Type type, std::chrono::milliseconds limit);
    Result<void> submit(std::function<void()> done);
    void cancel();

    Bytes& buffer() { return buffer_; }
    libusb_transfer& raw() { return *raw_; }

private:
    static void returned(libusb_transfer* transfer);

    std::shared_ptr<UsbHandle> handle_;
    Bytes buffer_;
    libusb_transfer* raw_;
    std::function<void()> done_;
    std::shared_ptr<UsbTransfer> self_;
};

/// Submits it and waits for it; a caller that is cancelled cancels it.
asio::awaitable<Result<void>> perform(std::shared_ptr<UsbTransfer> transfer);

/// Listens to one IN endpoint for as long as it lives.
class UsbStream : public std::enable_shared_from_this<UsbStream> {
public:
    UsbStream(asio::any_io_executor executor, std::shared_ptr<UsbHandle> handle,
              const UsbEndpoint& endpoint, std::size_t bytes)
        : handle_{std::move(handle)},
          endpoint_{endpoint},
          bytes_{bytes},
          wake_{executor, asio::steady_timer::time_point::max()} {}

    asio::awaitable<Result<Bytes>> next();

private:
    std::shared_ptr<UsbTransfer> make_transfer() const;
    void listen(const std::shared_ptr<UsbTransfer>& transfer);
    void take(UsbTransfer& transfer);
    void fail(Error error);

    std::shared_ptr<UsbHandle> handle_;
    UsbEndpoint endpoint_;
    std::size_t bytes_;
    asio::steady_timer wake_;  // Never expires; cancelled when something came.
    std::deque<Bytes> came_;
    std::optional<Error> failed_;       // Told after what came before it.
    std::set<UsbTransfer*> listening_;  // Under way, which keeps them.
    bool stalled_ = false;
};

}  // namespace till::drivers::detail
