#include "agent/capture/folder_watch.hpp"

#include "agent/runtime/deadline.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace till {

Result<FolderWatch> FolderWatch::open(asio::any_io_executor executor,
                                      const std::filesystem::path& folder) {
    const int handle = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (handle < 0) return Error{Errc::io, std::string{"inotify: "} + std::strerror(errno)};
    asio::posix::stream_descriptor descriptor{executor, handle};
    constexpr std::uint32_t what = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR;
    if (::inotify_add_watch(handle, folder.c_str(), what) < 0)
        return Error{Errc::io, "cannot watch " + folder.string() + ": " + std::strerror(errno)};
    return FolderWatch{std::move(descriptor)};
}

asio::awaitable<void> FolderWatch::wait(std::chrono::milliseconds most) {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer{descriptor_.get_executor(), most};
    constexpr auto readable = asio::posix::stream_descriptor::wait_read;
    co_await (descriptor_.async_wait(readable, nothrow) || timer.async_wait(nothrow));
    // Which files they are about does not matter: the folder is read anew.
    std::array<char, 4096> events;
    while (::read(descriptor_.native_handle(), events.data(), events.size()) > 0) {}
}

}  // namespace till
