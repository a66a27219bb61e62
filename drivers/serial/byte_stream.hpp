#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <boost/asio/awaitable.hpp>

namespace till::drivers {

namespace asio = boost::asio;

/// An opened serial line, whatever carries it: bytes in order, and no more about them.
///
/// Errors: closed (the line is gone), timed_out for a write that nobody takes, abandoned when the caller is
/// cancelled; then nothing that came is lost. Thread: the loop's.
class ByteStream {
public:
    virtual ~ByteStream() = default;

    virtual asio::awaitable<Result<Bytes>> read() = 0;  ///< What came next; never empty.
    virtual asio::awaitable<Result<void>> write(Bytes data) = 0;
};

}  // namespace till::drivers
