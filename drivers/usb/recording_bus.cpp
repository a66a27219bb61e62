#include "drivers/usb/recording_bus.hpp"

#include "drivers/decode/msr_report.hpp"

#include <algorithm>

namespace till::drivers {

class RecordingBus::Log {
public:
    explicit Log(OnLine on_line) : on_line_{std::move(on_line)} { on_line_(recording_head()); }

    void add(UsbStep step) {
        const auto since = std::chrono::steady_clock::now() - began_;
        step.ms = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
        on_line_(write_step(step));
    }

private:
    OnLine on_line_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

namespace {

constexpr std::uint8_t hid_class = 3;

bool is_report_descriptor(const UsbStep& step) {
    return step.kind == UsbStep::Kind::control_in && step.setup.type == 0x81
           && step.setup.request == 6 && step.setup.value >> 8 == 0x22;
}

/// Whether it may be that a card's tracks come from there.
bool speaks_of_cards(const HidDescriptor& descriptor) {
    constexpr HidUsage page = 0x8E;
    const auto is_card = [](HidUsage usage) { return usage >> 16 == page; };
    return MsrReportLayout::find(descriptor)
           || std::ranges::any_of(descriptor.fields(), [&](const HidField& field) {
                  return is_card(field.application) || is_card(field.collection)
                         || std::ranges::any_of(field.usages, [&](const HidField::Usages& each) {
                                return each.first >> 16 <= page && page <= each.last >> 16;
                            });
              });
}

}  // namespace

class RecordingPipe final : public UsbPipe {
public:
    RecordingPipe(std::unique_ptr<UsbPipe> pipe, std::shared_ptr<RecordingBus::Log> log,
                  std::uint64_t number)
        : pipe_{std::move(pipe)},
          log_{std::move(log)},
          number_{number},
          trust_{pipe_->interface().usb_class == hid_class ? Trust::unknown : Trust::good} {}

    const UsbIdentity& identity() const override { return pipe_->identity(); }
    const UsbInterface& interface() const override { return pipe_->interface(); }

    asio::awaitable<Result<Bytes>> control_in(UsbSetup setup, std::uint16_t bytes_max,
                                              std::chrono::milliseconds limit) override {
        UsbStep step{.kind = UsbStep::Kind::control_in, .setup = setup, .bytes = bytes_max};
        auto answer = co_await pipe_->control_in(setup, bytes_max, limit);
        note(std::move(step), answer);
        co_return answer;
    }

    asio::awaitable<Result<void>> control_out(UsbSetup setup, Bytes data,
                                              std::chrono::milliseconds limit) override {
        UsbStep step{.kind = UsbStep::Kind::control_out, .setup = setup, .sent = data};
        auto done = co_await pipe_->control_out(setup, std::move(data), limit);
        note(std::move(step), done ? Result<Bytes>{Bytes{}} : Result<Bytes>{done.error()});
        co_return done;
    }

    asio::awaitable<Result<Bytes>> read(std::uint8_t endpoint, std::size_t bytes) override {
        UsbStep step{.kind = UsbStep::Kind::read,
                     .endpoint = endpoint,
                     .bytes = static_cast<std::uint32_t>(bytes)};
        auto answer = co_await pipe_->read(endpoint, bytes);
        note(std::move(step), answer);
        co_return answer;
    }

    asio::awaitable<Result<void>> write(std::uint8_t endpoint, Bytes data,
                                        std::chrono::milliseconds limit) override {
        UsbStep step{.kind = UsbStep::Kind::write, .endpoint = endpoint, .sent = data};
        auto done = co_await pipe_->write(endpoint, std::move(data), limit);
        note(std::move(step), done ? Result<Bytes>{Bytes{}} : Result<Bytes>{done.error()});
        co_return done;
    }

private:
    enum class Trust : std::uint8_t { unknown, good, card_reader };

    void note(UsbStep step, const Result<Bytes>& answer) {
        const bool is_descriptor = is_report_descriptor(step) && answer.has_value();
        if (trust_ == Trust::unknown && is_descriptor) judge(*answer);
        const bool says_nothing = !answer || answer->empty();
        if (trust_ == Trust::card_reader) return;
        if (trust_ == Trust::unknown && !is_descriptor && !says_nothing) return;
        step.pipe = number_;
        step.answer = answer;
        log_->add(std::move(step));
    }

    /// A descriptor that nobody understands is worth having; what is sent behind it is not trusted.
    void judge(BytesView bytes) {
        const auto descriptor = HidDescriptor::parse(bytes);
        if (!descriptor) return;
        trust_ = speaks_of_cards(*descriptor) ? Trust::card_reader : Trust::good;
        if (trust_ == Trust::good) return;
        log_->add(
            {.kind = UsbStep::Kind::left_out,
             .pipe = number_,
             .answer = Error{Errc::forbidden, "a card reader: its reports are not recorded"}});
    }

    std::unique_ptr<UsbPipe> pipe_;
    std::shared_ptr<RecordingBus::Log> log_;
    std::uint64_t number_;
    Trust trust_;
};

RecordingBus::RecordingBus(std::unique_ptr<UsbBus> bus, OnLine on_line, std::string port)
    : bus_{std::move(bus)},
      log_{std::make_shared<Log>(std::move(on_line))},
      port_{std::move(port)} {}

asio::awaitable<std::optional<UsbBus::Change>> RecordingBus::next() {
    for (;;) {
        auto change = co_await bus_->next();
        if (!change) co_return std::nullopt;
        if (!port_.empty() && change->identity.port != port_) continue;
        log_->add({.kind = change->arrived ? UsbStep::Kind::arrived : UsbStep::Kind::left,
                   .device = change->device,
                   .identity = change->identity});
        co_return change;
    }
}

Result<std::unique_ptr<UsbPipe>> RecordingBus::claim(DeviceId device, std::uint8_t interface) {
    auto pipe = bus_->claim(device, interface);
    UsbStep step{
        .kind = UsbStep::Kind::claim, .device = device, .pipe = ++pipes_, .interface = interface};
    if (!pipe) step.answer = pipe.error();
    log_->add(std::move(step));
    if (!pipe) return pipe.error();
    return std::make_unique<RecordingPipe>(*std::move(pipe), log_, pipes_);
}

}  // namespace till::drivers
