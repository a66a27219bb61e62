#pragma once

#include "sync/tls/authority.hpp"
#include "sync/tls/context.hpp"
#include "sync/tls/credentials.hpp"
#include "sync/tls/tls_stream.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

namespace till::sync::test {

using tcp = boost::asio::ip::tcp;
using boost::system::error_code;

/// The machine's time, which openssl judges by; tests that need another pass their own.
WallTime now();
WallTime later(std::chrono::hours by);
inline TimeSource at(WallTime time) {
    return [time] { return time; };
}

inline const std::string device_name = "0f6f1c5e-7c52-4f83-9f3c-0c7f2b8c1d11";
inline const std::string server_name = "gateway.example";

/// A deployment: three authorities, and one that is none of ours. Made once; reading only.
struct World {
    Authority servers, devices, admins, strangers;
    static const World& get();
};

/// Valid since an hour ago, for a day.
Validity today();
Grant device_grant();
Grant admin_grant();
Grant server_grant();

Credentials issued(const Authority& authority, const Grant& grant);
/// A server's, with its authority in the chain.
Credentials gateway_credentials();

ServerContext server_context(const Credentials& own, TimeSource time = now);
ServerContext server_context(TimeSource time = now);
ClientContext client_context(TimeSource time = now);
ClientContext client_context(const Credentials& own, TimeSource time = now);
ServerName name(std::string_view text = server_name);

/// Two connected sockets on 127.0.0.1.
std::pair<tcp::socket, tcp::socket> connected(asio::io_context& loop);

/// Both ends of a handshake, run to its end on both sides.
struct Meeting {
    TlsStream client;
    TlsStream server;
    error_code client_failure = asio::error::timed_out;
    error_code server_failure = asio::error::timed_out;

    bool succeeded() const { return !client_failure && !server_failure; }
};
Meeting meet(asio::io_context& loop, const ClientContext& client, const ServerContext& server,
             const ServerName& expected = name());

/// Starts `work`; an exception of its comes out of the loop.
void spawn(asio::io_context& loop, asio::awaitable<void> work);

/// A folder that goes with the object.
class Folder {
public:
    Folder();
    Folder(const Folder&) = delete;
    ~Folder();
    std::filesystem::path operator/(const char* file) const { return path_ / file; }
    std::filesystem::path write(const char* file, std::string_view content) const;

private:
    std::filesystem::path path_;
};

}  // namespace till::sync::test
