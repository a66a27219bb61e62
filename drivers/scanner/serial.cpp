#include "drivers/scanner/scanner.hpp"
#include "drivers/usb/patience.hpp"

namespace till::drivers {

using namespace std::chrono_literals;

namespace {

constexpr auto answer_limit = 1000ms, character_limit = 50ms;

}  // namespace

Result<void> SerialScanner::configure(const ScannerSettings& settings) {
    if (settings.empty()) return {};
    if (dialect_ == nullptr)
        return Error{Errc::unsupported,
                     "nothing is known of how to tell this scanner its settings"};
    TILL_TRY(auto messages, dialect_->encode(settings));
    session_.tell(std::move(messages));
    return {};
}

asio::awaitable<Result<void>> SerialScanner::run(OnScan on_scan,
                                                 std::function<void(Error)> on_trouble) {
    Patience patience;
    for (;;) {
        Bytes out = session_.to_send();
        if (!out.empty()) {
            const auto written = co_await line_->write(std::move(out));
            if (!written && patience.ends(written.error())) co_return written.error();
        }
        const bool asked = session_.expects_answer();
        const auto limit = asked ? answer_limit : character_limit;
        auto bytes = co_await read_rest(asked || session_.is_waiting(), limit, line_->read());
        if (bytes) {
            patience.good();
            session_.take(*bytes);
        } else {
            session_.pause();
            const bool paused = bytes.error().code == Errc::timed_out;
            if (!paused && patience.ends(bytes.error())) co_return bytes.error();
        }
        for (RawScan& each : session_.scans()) on_scan(std::move(each));
        if (auto trouble = session_.trouble()) on_trouble(*std::move(trouble));
    }
}

asio::awaitable<Result<void>> SerialScanner::page() {
    if (dialect_ == nullptr)
        co_return Error{Errc::unsupported, "nothing is known of how to make this scanner sound"};
    session_.tell({dialect_->page()});
    Bytes out = session_.to_send();
    if (out.empty()) co_return Result<void>{};  // run() sends it after what waits.
    co_return co_await line_->write(std::move(out));
}

}  // namespace till::drivers
