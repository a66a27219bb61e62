#pragma once

#include "agent/core/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <chrono>
#include <filesystem>

namespace till {

namespace asio = boost::asio;

/// Says when something in a folder may be worth a look: a file closed after writing, moved in, or
/// made (inotify). Network shares do not tell, so callers look from time to time all the same.
class FolderWatch {
public:
    static Result<FolderWatch> open(asio::any_io_executor executor,
                                    const std::filesystem::path& folder);

    /// Returns when something happened since the last call, after `most`, or when cancelled.
    asio::awaitable<void> wait(std::chrono::milliseconds most);

private:
    explicit FolderWatch(asio::posix::stream_descriptor descriptor)
        : descriptor_{std::move(descriptor)} {}
    asio::posix::stream_descriptor descriptor_;
};

}  // namespace till
