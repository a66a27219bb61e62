#pragma once

#include "agent/core/bytes.hpp"
#include "agent/runtime/deadline.hpp"

namespace till::drivers {

/// How many faults in a row a driver takes from its device before it gives up. One reading in order makes
/// up for all before it.
class Patience {
public:
    void good() { faults_ = 0; }
    /// Whether to give up: at once when the device is gone or the caller was cancelled.
    bool ends(const Error& fault) {
        return fault.code == Errc::closed || fault.code == Errc::abandoned
               || ++faults_ > faults_max;
    }

private:
    static constexpr int faults_max = 8;
    int faults_ = 0;
};

/// `read`, and no longer than `limit` where something has begun. (A co_await in a conditional expression
/// destroys its operands twice with GCC 12.)
inline asio::awaitable<Result<Bytes>> read_rest(bool begun, std::chrono::milliseconds limit,
                                                asio::awaitable<Result<Bytes>> read) {
    return begun ? with_deadline(limit, std::move(read)) : std::move(read);
}

}  // namespace till::drivers
