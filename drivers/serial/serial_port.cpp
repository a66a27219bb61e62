#include "drivers/serial/serial_port.hpp"

#include "agent/runtime/deadline.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/serial_port.hpp>
#include <boost/asio/write.hpp>

#include <sys/ioctl.h>
#include <unistd.h>
#include <array>
#include <cerrno>

namespace till::drivers {

using namespace std::chrono_literals;

namespace {

namespace posix = asio::posix;
using Option = asio::serial_port_base;
using boost::system::error_code;

constexpr auto write_limit = 1000ms;

Error tty_error(const std::filesystem::path& tty, const error_code& failed) {
    Errc code = Errc::unsupported;
    if (failed == boost::system::errc::no_such_file_or_directory) code = Errc::not_found;
    if (failed == boost::system::errc::permission_denied) code = Errc::forbidden;
    if (failed == boost::system::errc::device_or_resource_busy) code = Errc::busy;
    return {code, tty.string() + ": " + failed.message()};
}

Option::parity parity(SerialLine::Parity of) {
    using enum SerialLine::Parity;
    return Option::parity{of == odd    ? Option::parity::odd
                          : of == even ? Option::parity::even
                                       : Option::parity::none};
}

class Tty final : public ByteStream {
public:
    explicit Tty(posix::stream_descriptor tty) : tty_{std::move(tty)} {}

    asio::awaitable<Result<Bytes>> read() override {
        const auto [failed] =
            co_await tty_.async_wait(posix::stream_descriptor::wait_read, nothrow);
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            co_return Error{Errc::abandoned, "cancelled"};
        std::array<char, 4096> room;
        error_code trouble = failed;
        const std::size_t got = failed ? 0 : tty_.read_some(asio::buffer(room), trouble);
        if (got == 0) co_return Error{Errc::closed, "the line is gone"};
        co_return Bytes(room.data(), got);
    }

    asio::awaitable<Result<void>> write(Bytes data) override {
        return with_deadline(write_limit, write_all(std::move(data)));
    }

private:
    asio::awaitable<Result<void>> write_all(Bytes data) {
        const auto [failed, written] =
            co_await asio::async_write(tty_, asio::buffer(data), nothrow);
        if (failed) co_return Error{Errc::closed, "the line is gone"};
        co_return Result<void>{};
    }

    posix::stream_descriptor tty_;
};

}  // namespace

Result<std::unique_ptr<ByteStream>> open_serial_port(asio::any_io_executor executor,
                                                     const std::filesystem::path& tty,
                                                     const SerialLine& line) {
    asio::serial_port port{executor};
    error_code failed;
    port.open(tty.string(), failed);
    const auto set = [&](const auto& option) {
        if (!failed) port.set_option(option, failed);
    };
    set(Option::baud_rate{line.baud});
    set(Option::character_size{8});
    set(Option::stop_bits{Option::stop_bits::one});
    set(parity(line.parity));
    set(Option::flow_control{line.hardware_flow ? Option::flow_control::hardware
                                                : Option::flow_control::none});
    if (failed) return tty_error(tty, failed);
    ioctl(port.native_handle(), TIOCEXCL);
    // A serial_port cannot wait without reading; what it set stays with the tty.
    posix::stream_descriptor reads{executor};
    const int handle = dup(port.native_handle());
    if (handle < 0) return tty_error(tty, error_code{errno, boost::system::system_category()});
    reads.assign(handle);
    reads.native_non_blocking(true);
    return std::make_unique<Tty>(std::move(reads));
}

}  // namespace till::drivers
