#pragma once

#include "drivers/serial/byte_stream.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <memory>

namespace till::drivers {

/// How a line talks (RS-232, eight data bits, one stop bit).
struct SerialLine {
    enum class Parity : std::uint8_t { none, odd, even };

    unsigned baud = 9600;
    Parity parity = Parity::none;
    bool hardware_flow = false;  ///< RTS/CTS.
};

/// Opens a tty for this program alone, DTR and RTS on. Fails with not_found, forbidden or busy as the kernel
/// does, and with unsupported for a file that is no tty or a speed it does not know.
Result<std::unique_ptr<ByteStream>> open_serial_port(asio::any_io_executor executor,
                                                     const std::filesystem::path& tty,
                                                     const SerialLine& line);

}  // namespace till::drivers
