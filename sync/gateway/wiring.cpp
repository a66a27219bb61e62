#include "sync/gateway/wiring.hpp"

#include "agent/crypto/system_random.hpp"
#include "agent/runtime/file_lock.hpp"
#include "agent/runtime/log.hpp"
#include "agent/runtime/private_file.hpp"
#include "agent/runtime/system_clock.hpp"
#include "sync/gateway/admin_api.hpp"
#include "sync/gateway/enrolment_desk.hpp"
#include "sync/gateway/fleet.hpp"
#include "sync/gateway/projection_service.hpp"
#include "sync/gateway/server.hpp"
#include "sync/gateway/settings.hpp"
#include "sync/ledger/ledger.hpp"
#include "sync/ledger/sqlite_store.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <sys/socket.h>

#include <fstream>
#include <iterator>
#include <thread>

namespace till::sync {

namespace {

using asio::ip::tcp;

Result<GatewaySettings> read_settings(const HomePaths& home) {
    const auto file = home / "gateway.toml";
    std::ifstream stream{file};
    if (!stream)
        return Error{Errc::not_found,
                     home.root.string() + " holds no gateway; make one with till-gateway init"};
    const std::string text{std::istreambuf_iterator<char>{stream}, {}};
    return parse_gateway_settings(text, file.string());
}

Result<std::unique_ptr<Store>> open_reading_store(const HomePaths& home, Random& random) {
    TILL_TRY(auto store,
             SqliteStore::open({.file = home / "ledger.db", .access = SqliteStore::Access::reading},
                               random));
    return Result<std::unique_ptr<Store>>{std::move(store)};
}

Result<std::unique_ptr<Ledger>> open_ledger(const HomePaths& home, Random& random) {
    TILL_TRY(auto writing, SqliteStore::open({.file = home / "ledger.db"}, random));
    TILL_TRY(auto reading, open_reading_store(home, random));
    return std::make_unique<Ledger>(std::move(writing), std::move(reading));
}

/// Every loop listens on the same port; the kernel spreads the connections.
Result<tcp::acceptor> listen(asio::io_context& loop, const std::string& address,
                             std::uint16_t port) {
    boost::system::error_code failure;
    const auto ip = asio::ip::make_address(address, failure);
    if (failure)
        return Error{Errc::malformed, "listen.address: " + address + ": " + failure.message()};
    const tcp::endpoint endpoint{ip, port};
    tcp::acceptor acceptor{loop};
    acceptor.open(endpoint.protocol(), failure);
    if (!failure) acceptor.set_option(tcp::acceptor::reuse_address{true}, failure);
    const int on = 1;
    if (!failure
        && ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
        failure.assign(errno, boost::system::system_category());
    if (!failure) acceptor.bind(endpoint, failure);
    if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
    if (failure)
        return Error{Errc::io, "cannot listen on " + address + ":" + std::to_string(port) + ": "
                                   + failure.message()};
    return acceptor;
}

/// One event loop with its server; loops share nothing but what Rooms says may be shared.
class Loop {
public:
    Loop(const Rooms& rooms, ServerContext context, std::atomic<std::size_t>& open)
        : server_{io_.get_executor(), rooms, std::move(context), open},
          tasks_{io_.get_executor()} {}

    asio::io_context& io() { return io_; }
    void start(tcp::acceptor acceptor) { tasks_.spawn(serve(std::move(acceptor))); }
    void run() { io_.run(); }  ///< Returns when every connection has ended after stop().
    void stop() {
        asio::post(io_, [this] { tasks_.cancel(); });
    }

private:
    asio::awaitable<void> serve(tcp::acceptor acceptor) {
        co_await server_.run(std::move(acceptor));
        staying_.reset();
    }

    asio::io_context io_{1};
    // A connection may be waiting for the ledger's thread, which the loop does not count as work.
    asio::executor_work_guard<asio::io_context::executor_type> staying_{io_.get_executor()};
    Server server_;
    TaskGroup tasks_;
};

unsigned loops_wanted(const GatewaySettings& settings) {
    return settings.loops > 0 ? settings.loops : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

Result<void> serve(const HomePaths& home) {
    TILL_TRY(const GatewaySettings settings, read_settings(home));
    TILL_TRY(const HomeKeys keys, load_keys(home));
    set_log_level(settings.log_level);
    TILL_TRY(const FileLock lock, FileLock::take(home / "lock"));
    SystemClock clock;
    SystemRandom random;

    TILL_TRY(Registry registry, Registry::open(home / "registry.db"));
    TILL_TRY(const auto enrolment,
             EnrolmentDesk::open(std::move(registry), keys, settings, clock, random));
    TILL_TRY(const auto ledger, open_ledger(home, random));
    TILL_TRY(const auto projection, ProjectionService::open(home, keys, *ledger, random));
    Auditor auditor{[&] { return open_reading_store(home, random); }};
    Fleet fleet{*projection, clock};

    std::optional<AdminApi> admin;
    const auto ask_admin = [&admin](HttpRequest request, std::string name) {
        return admin->handle(std::move(request), std::move(name));
    };
    const Rooms rooms{*ledger, *enrolment, fleet, ask_admin, keys, settings, clock};
    const ClientAuthorities clients{keys.device_authority.certificate_pem(),
                                    keys.admin_authority_pem};
    const TimeSource now = [&clock] { return clock.now().wall; };

    std::atomic<std::size_t> open_connections{0};
    std::vector<std::unique_ptr<Loop>> loops;
    std::vector<tcp::acceptor> acceptors;
    std::uint16_t port = settings.port;
    for (unsigned i = 0; i < loops_wanted(settings); ++i) {
        TILL_TRY(ServerContext context, ServerContext::make(keys.server, clients, now));
        auto& loop = *loops.emplace_back(
            std::make_unique<Loop>(rooms, std::move(context), open_connections));
        TILL_TRY(tcp::acceptor acceptor, listen(loop.io(), settings.address, port));
        port = acceptor.local_endpoint().port();
        acceptors.push_back(std::move(acceptor));
    }
    admin.emplace(*ledger, *enrolment, fleet, *projection, auditor, port);
    TILL_TRY_VOID(write_private_file(home / "port", Secret{std::to_string(port) + "\n"}));
    projection->start();
    // Nothing can fail any more: what is started here runs to its end.
    for (std::size_t i = 0; i < loops.size(); ++i) loops[i]->start(std::move(acceptors[i]));
    log(LogLevel::info, "gateway", "listening",
        {{"address", settings.address}, {"port", unsigned{port}}, {"loops", loops.size()}});

    asio::signal_set signals{loops.front()->io(), SIGTERM, SIGINT};
    const auto on_signal = [&loops, &auditor](boost::system::error_code failure, int) {
        if (failure) return;
        log(LogLevel::info, "gateway", "stopping");
        auditor.stop();
        for (const auto& loop : loops) loop->stop();
    };
    signals.async_wait(on_signal);
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < loops.size(); ++i)
        threads.emplace_back([&loop = *loops[i]] { loop.run(); });
    loops.front()->run();
    threads.clear();
    return {};
}

}  // namespace till::sync
