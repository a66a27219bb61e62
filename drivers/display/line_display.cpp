#include "drivers/display/line_display.hpp"

#include <algorithm>

namespace till::drivers {

namespace {

constexpr BytesView initialise{"\x1b\x40", 2}, code_page{"\x1b\x74", 2};
constexpr BytesView overwrite{"\x1f\x01", 2}, no_cursor{"\x1f\x43\x00", 3}, clear{"\x0c", 1};
constexpr BytesView move_to{"\x1f\x24", 2}, brightness_of{"\x1f\x58", 2};
constexpr unsigned steps_of_brightness = 4;

}  // namespace

asio::awaitable<Result<void>> LineDisplay::start() {
    Bytes bytes{initialise};
    if (const auto page = text_.model().code_page) {
        bytes += code_page;
        bytes += static_cast<char>(*page);
    }
    bytes.append(overwrite).append(no_cursor).append(clear);
    co_return co_await line_->write(std::move(bytes));
}

asio::awaitable<Result<void>> LineDisplay::stay() {
    for (;;) {
        const auto said = co_await line_->read();
        if (!said) co_return said.error();
    }
}

asio::awaitable<Result<void>> LineDisplay::show(std::vector<std::string> lines,
                                                std::optional<unsigned> brightness) {
    TILL_CO_TRY(const auto rows, text_.lay_out(lines));
    Bytes bytes;
    if (brightness) {
        const unsigned step = (*brightness * steps_of_brightness + 99) / 100;
        bytes += brightness_of;
        bytes += static_cast<char>(std::clamp(step, 1U, steps_of_brightness));
    }
    // In one piece, so that two that come at once do not mix.
    for (std::size_t row = 0; row < rows.size(); ++row) {
        bytes.append(move_to) += '\x01';
        bytes += static_cast<char>(row + 1);
        bytes += rows[row];
    }
    co_return co_await line_->write(std::move(bytes));
}

}  // namespace till::drivers
