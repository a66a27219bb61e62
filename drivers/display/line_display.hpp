#pragma once

#include "drivers/display/display_text.hpp"
#include "drivers/serial/byte_stream.hpp"

#include <memory>

namespace till::drivers {

/// A display that takes Epson's commands (ESC/POS as of DM-D110) on a serial line.
class LineDisplay {
public:
    LineDisplay(std::unique_ptr<ByteStream> line, DisplayText text)
        : line_{std::move(line)}, text_{std::move(text)} {}

    /// Initialises it, which clears it, and stays until the line is gone (closed) or the caller cancels
    /// (abandoned). What it says meanwhile is passed over.
    asio::awaitable<Result<void>> start();
    asio::awaitable<Result<void>> stay();

    /// Shows these lines in place of what it showed. `brightness` in per cent; nothing: as it is. Fails as
    /// DisplayText::lay_out() and ByteStream do.
    asio::awaitable<Result<void>> show(std::vector<std::string> lines,
                                       std::optional<unsigned> brightness);

private:
    std::unique_ptr<ByteStream> line_;
    DisplayText text_;
};

}  // namespace till::drivers
