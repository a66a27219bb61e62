#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <chrono>
#include <filesystem>
#include <memory>

namespace till {

/// The other end of ZmqServer's calls, for programs that may wait: one question, one answer.
class ZmqClient {
public:
    /// Whether anybody listens shows at the first question. Fails with out_of_range for a path that is too
    /// long, with not_found when there is no socket.
    static Result<ZmqClient> open(const std::filesystem::path& socket);
    ZmqClient(ZmqClient&&) noexcept;
    ~ZmqClient();

    /// A serialised Call and its Answer. timed_out when none came: ask again with the same key.
    Result<Bytes> ask(BytesView call, std::chrono::milliseconds patience);

private:
    struct Impl;
    explicit ZmqClient(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace till
