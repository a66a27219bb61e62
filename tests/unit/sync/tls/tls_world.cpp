#include "tests/unit/sync/tls/tls_world.hpp"

#include <stdlib.h>
#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <fstream>

namespace till::sync::test {

using namespace std::chrono_literals;

WallTime now() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return WallTime{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

WallTime later(std::chrono::hours by) {
    return WallTime{now().value() + std::chrono::milliseconds{by}.count()};
}

const World& World::get() {
    const Validity decade{later(-48h), later(87'600h)};
    static const World world{*Authority::make("Test servers", decade),
                             *Authority::make("Test devices", decade),
                             *Authority::make("Test admins", decade),
                             *Authority::make("Test devices", decade)};  // Same name, other key.
    return world;
}

Validity today() { return {later(-1h), later(24h)}; }
Grant device_grant() { return {device_name, CertificateUse::client, today()}; }
Grant admin_grant() { return {"admin-1", CertificateUse::client, today()}; }
Grant server_grant() {
    return {server_name, CertificateUse::server, today(), {server_name}, {"127.0.0.1"}};
}

Credentials issued(const Authority& authority, const Grant& grant) {
    Credentials own = Credentials::make();
    own.install(*authority.issue(*own.request("whoever"), grant)).value();
    return own;
}

Credentials gateway_credentials() {
    Credentials own = Credentials::make();
    const Authority& servers = World::get().servers;
    const std::string leaf = *servers.issue(*own.request("whoever"), server_grant());
    own.install(leaf + servers.certificate_pem()).value();
    return own;
}

ServerContext server_context(const Credentials& own, TimeSource time) {
    const World& world = World::get();
    const ClientAuthorities clients{world.devices.certificate_pem(),
                                    world.admins.certificate_pem()};
    return ServerContext::make(own, clients, std::move(time)).value();
}
ServerContext server_context(TimeSource time) {
    return server_context(gateway_credentials(), std::move(time));
}
ClientContext client_context(TimeSource time) {
    return ClientContext::make(World::get().servers.certificate_pem(), std::move(time)).value();
}
ClientContext client_context(const Credentials& own, TimeSource time) {
    return ClientContext::make(World::get().servers.certificate_pem(), own, std::move(time))
        .value();
}
ServerName name(std::string_view text) { return ServerName::parse(text).value(); }

std::pair<tcp::socket, tcp::socket> connected(asio::io_context& loop) {
    tcp::acceptor door{loop, {asio::ip::address_v4::loopback(), 0}};
    tcp::socket client{loop};
    client.connect(door.local_endpoint());
    tcp::socket server = door.accept();
    return {std::move(client), std::move(server)};
}

Meeting meet(asio::io_context& loop, const ClientContext& client, const ServerContext& server,
             const ServerName& expected) {
    auto [near, far] = connected(loop);
    Meeting meeting{TlsStream{std::move(near), client, expected},
                    TlsStream{std::move(far), server}};
    meeting.client.async_handshake([&](error_code failure) {
        meeting.client_failure = failure;
        if (failure) meeting.client.next_layer().close();
    });
    meeting.server.async_handshake([&](error_code failure) {
        meeting.server_failure = failure;
        if (failure) meeting.server.next_layer().close();
    });
    loop.restart();
    loop.run_for(20s);
    return meeting;
}

void spawn(asio::io_context& loop, asio::awaitable<void> work) {
    asio::co_spawn(loop, std::move(work), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
}

Folder::Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "till-tls-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
}
Folder::~Folder() { std::filesystem::remove_all(path_); }
std::filesystem::path Folder::write(const char* file, std::string_view content) const {
    std::ofstream{path_ / file} << content;
    return path_ / file;
}

}  // namespace till::sync::test
