#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <thread>
#include <vector>

namespace till::sync {

/// A line to a PostgreSQL server that breaks once, at the next COMMIT, in the way that `cut` says.
class PostgresCable {
public:
    enum class Cut {
        none,
        commit,  ///< COMMIT never arrives.
        answer,  ///< COMMIT arrives and is done; its answer is lost.
        late,    ///< The client is cut off at once; COMMIT arrives a while later.
    };

    explicit PostgresCable(std::uint16_t server) : server_{server}, listener_{socket_of()} {
        sockaddr_in any = loopback(0);
        socklen_t size = sizeof any;
        ::bind(listener_, reinterpret_cast<sockaddr*>(&any), size);
        ::listen(listener_, 8);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &size);
        port_ = ntohs(any.sin_port);
        threads_.emplace_back([this] { accept(); });
    }
    ~PostgresCable() {
        ending_ = true;
        threads_.front().join();  // It starts the others.
        threads_.clear();
        ::close(listener_);
    }

    std::uint16_t port() const { return port_; }
    std::atomic<Cut> cut{Cut::none};

private:
    static int socket_of() { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }
    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }
    static bool readable(int socket, int milliseconds) {
        pollfd one{socket, POLLIN, 0};
        return ::poll(&one, 1, milliseconds) > 0;
    }

    void accept() {
        while (!ending_) {
            if (!readable(listener_, 20)) continue;
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            threads_.emplace_back([this, client] { carry(client); });
        }
    }

    void carry(int client) {
        const int server = socket_of();
        const sockaddr_in address = loopback(server_);
        ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        while (!ending_ && pass_on(server, client, false) && pass_on(client, server, true)) {}
        ::close(client);
        ::close(server);
    }

    bool pass_on(int from, int to, bool from_client) {
        if (!readable(from, 1)) return true;
        std::array<char, 65536> data{};
        const ssize_t got = ::recv(from, data.data(), data.size(), 0);
        if (got <= 0) return false;
        const std::string_view text{data.data(), static_cast<std::size_t>(got)};
        const bool commits = from_client && text.find("COMMIT") != text.npos;
        const Cut how = commits ? cut.exchange(Cut::none) : Cut::none;
        if (how == Cut::commit) return false;
        if (how == Cut::late) {
            ::shutdown(from, SHUT_RDWR);
            std::this_thread::sleep_for(std::chrono::milliseconds{300});
        }
        ::send(to, text.data(), text.size(), MSG_NOSIGNAL);
        if (how == Cut::none) return true;
        readable(to, 5000);  // It is done now, and nobody hears of it.
        return false;
    }

    std::uint16_t server_, port_ = 0;
    int listener_;
    std::atomic<bool> ending_ = false;
    std::vector<std::jthread> threads_;
};

}  // namespace till::sync
