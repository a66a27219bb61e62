#include "agent/runtime/deadline.hpp"
#include "drivers/usb/usb_device.hpp"

namespace till::drivers::detail {

namespace {

constexpr std::size_t at_once = 4;         // So that the device is polled while we read what came.
constexpr std::size_t waiting_max = 1024;  // Nobody reads: the device is told so by not listening.

}  // namespace

asio::awaitable<Result<Bytes>> UsbStream::next() {
    for (;;) {
        // First: what came together with the end of the caller's patience waits for its next call.
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            co_return Error{Errc::abandoned, "cancelled"};
        if (!came_.empty()) {
            Bytes one = std::move(came_.front());
            came_.pop_front();
            co_return one;
        }
        if (failed_ && listening_.empty()) {
            Error error = *std::move(failed_);
            failed_.reset();
            if (std::exchange(stalled_, false))
                libusb_clear_halt(handle_->raw(), endpoint_.address);
            co_return error;
        }
        while (!failed_ && listening_.size() < at_once) listen(make_transfer());
        if (!failed_ || !listening_.empty()) co_await wake_.async_wait(nothrow);
    }
}

std::shared_ptr<UsbTransfer> UsbStream::make_transfer() const {
    const std::size_t packet = std::max<std::size_t>(endpoint_.packet_bytes, 8);
    const std::size_t packets = std::max<std::size_t>((bytes_ + packet - 1) / packet, 1);
    auto transfer = std::make_shared<UsbTransfer>(handle_, packets * packet);
    transfer->fill(endpoint_.address, endpoint_.type, std::chrono::milliseconds{0});
    return transfer;
}

void UsbStream::listen(const std::shared_ptr<UsbTransfer>& transfer) {
    const auto submitted = transfer->submit([weak = weak_from_this(), raw = transfer.get()] {
        if (const auto stream = weak.lock()) stream->take(*raw);
    });
    if (!submitted) return fail(submitted.error());
    listening_.insert(transfer.get());
}

void UsbStream::take(UsbTransfer& transfer) {
    listening_.erase(&transfer);
    const auto& raw = transfer.raw();
    wake_.cancel();
    if (raw.status != LIBUSB_TRANSFER_COMPLETED) {
        stalled_ |= raw.status == LIBUSB_TRANSFER_STALL;
        return fail(transfer_error(raw.status));
    }
    if (raw.actual_length > 0)  // Nothing between two reports means nothing.
        came_.emplace_back(transfer.buffer().data(), static_cast<std::size_t>(raw.actual_length));
    if (!failed_ && came_.size() < waiting_max) listen(transfer.shared_from_this());
}

/// The others end as well: whether those behind a stall ever do by themselves is the host controller's secret.
void UsbStream::fail(Error error) {
    if (!failed_) {
        failed_ = std::move(error);
        for (UsbTransfer* each : listening_) each->cancel();
    }
    wake_.cancel();
}

}  // namespace till::drivers::detail
