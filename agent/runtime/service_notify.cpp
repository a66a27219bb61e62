#include "agent/runtime/service_notify.hpp"

#include "agent/runtime/deadline.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace till {

namespace {

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? std::string_view{value} : std::string_view{};
}

/// Half of what the watchdog allows; nothing when it does not watch this process.
std::optional<std::chrono::microseconds> watchdog_interval() {
    const auto number = [](std::string_view text) {
        std::uint64_t value = 0;
        std::from_chars(text.begin(), text.end(), value);
        return value;
    };
    const auto allowed = number(variable("WATCHDOG_USEC"));
    const auto whom = variable("WATCHDOG_PID");
    if (allowed == 0 || (!whom.empty() && number(whom) != static_cast<std::uint64_t>(::getpid())))
        return std::nullopt;
    return std::chrono::microseconds{allowed / 2};
}

}  // namespace

void notify_service(std::string_view state) {
    const std::string_view path = variable("NOTIFY_SOCKET");
    sockaddr_un address{};
    if (path.empty() || path.size() >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path.front() == '@') address.sun_path[0] = '\0';
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    const auto* to = reinterpret_cast<const sockaddr*>(&address);
    static_cast<void>(
        ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT, to, size));
    ::close(fd);
}

asio::awaitable<void> keep_service_told() {
    co_await asio::this_coro::throw_if_cancelled(false);
    asio::steady_timer pause{co_await asio::this_coro::executor};
    notify_service("READY=1");
    const auto interval = watchdog_interval();
    for (;;) {
        pause.expires_at(interval ? std::chrono::steady_clock::now() + *interval
                                  : std::chrono::steady_clock::time_point::max());
        const auto [cancelled] = co_await pause.async_wait(nothrow);
        if (cancelled) break;
        notify_service("WATCHDOG=1");
    }
    notify_service("STOPPING=1");
}

}  // namespace till
