#pragma once

#include "drivers/serial/byte_stream.hpp"
#include "drivers/usb/usb_pipe.hpp"

#include <memory>

namespace till::drivers {

/// Opens a CDC-ACM port (CDC 1.2, PSTN 1.2) at 9600 8N1, DTR and RTS on; that a device refuses these does not
/// matter. `pipe` is the interface of its data. Fails with unsupported where it sends nothing.
asio::awaitable<Result<std::unique_ptr<ByteStream>>> open_cdc_port(std::shared_ptr<UsbPipe> pipe);

}  // namespace till::drivers
