#include "drivers/serial/cdc_port.hpp"

namespace till::drivers {

using namespace std::chrono_literals;

namespace {

constexpr std::uint8_t class_to_interface = 0x21;
constexpr std::uint8_t set_line_coding = 0x20, set_control_line_state = 0x22;
constexpr auto answer_limit = 1000ms;

class CdcPort final : public ByteStream {
public:
    CdcPort(std::shared_ptr<UsbPipe> pipe, std::uint8_t in, const UsbEndpoint* out)
        : pipe_{std::move(pipe)}, in_{in}, out_{out} {}

    asio::awaitable<Result<Bytes>> read() override { return pipe_->read(in_, 1); }
    asio::awaitable<Result<void>> write(Bytes data) override {
        if (out_ == nullptr) co_return Error{Errc::unsupported, "a serial port that takes nothing"};
        co_return co_await pipe_->write(out_->address, std::move(data), answer_limit);
    }

private:
    std::shared_ptr<UsbPipe> pipe_;
    std::uint8_t in_;
    const UsbEndpoint* out_;  // In the pipe's own interface.
};

}  // namespace

asio::awaitable<Result<std::unique_ptr<ByteStream>>> open_cdc_port(std::shared_ptr<UsbPipe> pipe) {
    const UsbEndpoint* const in = pipe->interface().find(UsbEndpoint::Type::bulk, true);
    if (in == nullptr) co_return Error{Errc::unsupported, "a serial port that sends nothing"};
    const UsbInterface* const settings = pipe->identity().settings_of(pipe->interface());
    const std::uint8_t number = settings != nullptr ? settings->number : pipe->interface().number;
    Bytes coding{"\x80\x25\x00\x00\x00\x00\x08", 7};  // 9600, 1 stop bit, no parity, 8 bits.
    Bytes nothing;
    const UsbSetup speed{
        .type = class_to_interface, .request = set_line_coding, .value = 0, .index = number};
    const UsbSetup lines{
        .type = class_to_interface, .request = set_control_line_state, .value = 3, .index = number};
    // Many scanners stall these: their port has no speed.
    (void)co_await pipe->control_out(speed, std::move(coding), answer_limit);
    (void)co_await pipe->control_out(lines, std::move(nothing), answer_limit);
    const UsbEndpoint* const out = pipe->interface().find(UsbEndpoint::Type::bulk, false);
    co_return std::make_unique<CdcPort>(pipe, in->address, out);
}

}  // namespace till::drivers
