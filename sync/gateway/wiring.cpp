#include "sync/gateway/wiring.hpp"

#include "agent/crypto/hash.hpp"
#include "agent/crypto/system_random.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/file_lock.hpp"
#include "agent/runtime/http_server.hpp"
#include "agent/runtime/log.hpp"
#include "agent/runtime/private_file.hpp"
#include "agent/runtime/service_notify.hpp"
#include "agent/runtime/system_clock.hpp"
#include "sync/gateway/admin_api.hpp"
#include "sync/gateway/centre_journal.hpp"
#include "sync/gateway/crm_service.hpp"
#include "sync/gateway/customer_desk.hpp"
#include "sync/gateway/enrolment_desk.hpp"
#include "sync/gateway/feed_desk.hpp"
#include "sync/gateway/fleet.hpp"
#include "sync/gateway/metrics_page.hpp"
#include "sync/gateway/projection_service.hpp"
#include "sync/gateway/retention.hpp"
#include "sync/gateway/server.hpp"
#include "sync/gateway/settings.hpp"
#include "sync/ledger/ledger.hpp"
#include "sync/ledger/postgres_store.hpp"
#include "sync/ledger/sqlite_store.hpp"
#include "sync/tls/note_trust.hpp"

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

/// What the gateway holds: in its home, or in the database that it shares with other gateways.
class Holdings {
public:
    Holdings(const HomePaths& home, const GatewaySettings& settings, Random& random)
        : home_{home}, settings_{settings}, random_{random} {}

    Result<std::unique_ptr<Registry>> registry() const {
        if (!settings_.ledger) return Registry::open(home_ / "registry.db");
        auto open = Registry::open(*settings_.ledger);
        if (!open) return unusable(open.error());
        return open;
    }

    Result<std::unique_ptr<FeedStore>> feeds() const {
        if (!settings_.ledger) return FeedStore::open(home_ / "feeds.db", random_);
        auto open = FeedStore::open(*settings_.ledger, random_);
        if (!open) return unusable(open.error());
        return open;
    }

    Result<std::unique_ptr<Ledger>> ledger() const {
        TILL_TRY(auto writing, store(true));
        TILL_TRY(auto reading, store(false));
        return std::make_unique<Ledger>(std::move(writing), std::move(reading));
    }

    Result<std::unique_ptr<Store>> reading() const { return store(false); }

    Result<ProjectionService::Sources> sources() const {
        ProjectionService::Sources sources;
        if (settings_.ledger) { TILL_TRY(sources.box, FiguresBox::open(*settings_.ledger)); }
        if (settings_.projects) { TILL_TRY(sources.store, store(false, settings_.projects)); }
        return sources;
    }

private:
    Result<std::unique_ptr<Store>> store(bool writes, bool projects = false) const {
        if (settings_.ledger) {
            using Access = PostgresStore::Access;
            auto open = PostgresStore::open({.address = *settings_.ledger,
                                             .access = writes ? Access::writing : Access::reading,
                                             .alone = projects},
                                            random_);
            if (!open && open.error().code == Errc::busy && projects)
                return Error{Errc::busy,
                             "another gateway projects this ledger already; one of the "
                             "two must say [ledger] projects = false"};
            if (!open) return unusable(open.error());
            return *std::move(open);
        }
        using Access = SqliteStore::Access;
        return SqliteStore::open(
            {.file = home_ / "ledger.db", .access = writes ? Access::writing : Access::reading},
            random_);
    }

    static Error unusable(const Error& error) {
        return {error.code, "the ledger cannot be used: " + error.detail};
    }

    const HomePaths& home_;
    const GatewaySettings& settings_;
    Random& random_;
};

enum class Port : std::uint8_t { alone, shared };

Result<tcp::acceptor> bound(asio::io_context& loop, const std::string& address, std::uint16_t port,
                            Port kind) {
    boost::system::error_code failure;
    const auto ip = asio::ip::make_address(address, failure);
    if (failure)
        return Error{Errc::malformed, "listen.address: " + address + ": " + failure.message()};
    const tcp::endpoint endpoint{ip, port};
    tcp::acceptor acceptor{loop};
    acceptor.open(endpoint.protocol(), failure);
    if (!failure) acceptor.set_option(tcp::acceptor::reuse_address{true}, failure);
    const int on = 1;
    if (!failure && kind == Port::shared
        && ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
        failure.assign(errno, boost::system::system_category());
    if (!failure) acceptor.bind(endpoint, failure);
    if (failure == asio::error::address_in_use)
        return Error{Errc::busy,
                     "another program listens on " + address + ":" + std::to_string(port)};
    if (failure)
        return Error{Errc::io, "cannot listen on " + address + ":" + std::to_string(port) + ": "
                                   + failure.message()};
    return acceptor;
}

/// Sharing a port lets in a second gateway as well, unseen: it is asked for alone first.
Result<void> check_free(const std::string& address, std::uint16_t port) {
    asio::io_context unused;
    TILL_TRY(const auto probe, bound(unused, address, port, Port::alone));
    return {};
}

/// Every loop listens on the same port; the kernel spreads the connections.
Result<tcp::acceptor> listen(asio::io_context& loop, const std::string& address,
                             std::uint16_t port) {
    TILL_TRY(tcp::acceptor acceptor, bound(loop, address, port, Port::shared));
    boost::system::error_code failure;
    acceptor.listen(asio::socket_base::max_listen_connections, failure);
    if (failure)
        return Error{Errc::io,
                     "cannot listen on port " + std::to_string(port) + ": " + failure.message()};
    return acceptor;
}

/// One event loop with its server; loops share nothing but what Rooms says may be shared.
class Loop {
public:
    Loop(const Rooms& rooms, ServerContext context, std::size_t strangers,
         std::atomic<std::size_t>& known)
        : server_{io_.get_executor(), rooms, std::move(context), strangers, known},
          tasks_{io_.get_executor()} {}

    asio::io_context& io() { return io_; }
    void start(tcp::acceptor acceptor) { tasks_.spawn(serve(std::move(acceptor))); }
    void spawn(asio::awaitable<void> task) { tasks_.spawn(std::move(task)); }
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

/// Hears of what another gateway was told, well within limits::peer_silence_max: devices that are shut out,
/// master data.
asio::awaitable<void> follow_others(EnrolmentDesk& desk, FeedDesk& feeds) {
    using namespace std::chrono_literals;
    asio::steady_timer pause{co_await asio::this_coro::executor};
    const auto refresh = [](EnrolmentDesk& asked) { return asked.refresh(); };
    for (bool heard = true;;) {
        pause.expires_after(2s);
        auto [cancelled] = co_await pause.async_wait(nothrow);
        if (cancelled) co_return;
        auto done = co_await desk.ask<void>(refresh);
        if (done) done = co_await feeds.refresh();
        if (!done && heard)
            log(LogLevel::error, "gateway", "what other gateways did cannot be read",
                {{"cause", done.error().detail}});
        heard = done.has_value();
    }
}

/// SIGHUP: reads the settings again and applies those that may change while running.
class LiveSettings {
public:
    LiveSettings(asio::io_context& io, const HomePaths& home) : home_{home}, asked_{io, SIGHUP} {
        wait();
    }
    void stop() { asked_.cancel(); }

private:
    void wait() {
        asked_.async_wait([this](boost::system::error_code stopped, int) {
            if (stopped) return;
            apply();
            wait();
        });
    }
    void apply() {
        const auto settings = read_settings(home_);
        if (!settings)
            return log(LogLevel::error, "gateway", "the settings are not usable, nothing changed",
                       {{"cause", settings.error().detail}});
        set_log_level(settings->log_level);
        log(LogLevel::info, "gateway", "settings read again; those for a start apply at the next");
    }

    const HomePaths& home_;
    asio::signal_set asked_;
};

unsigned loops_wanted(const GatewaySettings& settings) {
    return settings.loops > 0 ? settings.loops : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

Result<GatewaySettings> read_settings(const HomePaths& home) {
    const auto file = home / "gateway.toml";
    std::ifstream stream{file};
    if (!stream)
        return Error{Errc::not_found,
                     home.root.string() + " holds no gateway; make one with till-gateway init"};
    const std::string text{std::istreambuf_iterator<char>{stream}, {}};
    return parse_gateway_settings(text, file.string());
}

Result<void> serve(const HomePaths& home) {
    TILL_TRY(const GatewaySettings settings, read_settings(home));
    TILL_TRY(const HomeKeys keys, load_keys(home));
    set_log_level(settings.log_level);
    TILL_TRY(const FileLock lock, FileLock::take(home / "lock"));
    SystemClock clock;
    SystemRandom random;

    const Holdings holdings{home, settings, random};
    TILL_TRY(auto registry, holdings.registry());
    TILL_TRY(const auto enrolment,
             EnrolmentDesk::open(std::move(registry), keys, settings, clock, random));
    TILL_TRY(const auto ledger, holdings.ledger());
    TILL_TRY(auto feed_store, holdings.feeds());
    const Digest customers_key = keyed_hash(keys.vault_key, "feed/customers");
    TILL_TRY(const auto feeds, FeedDesk::open(std::move(feed_store), Secret{view(customers_key)}));
    TILL_TRY(auto sources, holdings.sources());
    TILL_TRY(const auto projection,
             ProjectionService::open(home, keys, *ledger, std::move(sources), random));
    const auto is_ours = [authority = keys.server_authority.certificate_pem()](
                             const KeptNote& kept) { return verify_note(kept, authority); };
    Auditor auditor{[&] { return holdings.reading(); }, is_ours};
    const auto open_reading = [&holdings] { return holdings.reading(); };
    CentreJournal own{*ledger, keys.sealing.back().key, clock};
    const auto crm_settings = projection->is_here() ? settings : GatewaySettings{};
    TILL_TRY(const auto crm, CrmService::open(home, keys, crm_settings, open_reading, own,
                                              *projection, clock, random));
    Retention retention{*ledger, *projection, *crm, keys.notes, clock, settings.keep};
    Fleet fleet{*projection, clock};
    CustomerDesk customers{*ledger, *projection, *feeds, clock, settings.customers_everywhere};

    std::optional<AdminApi> admin;
    const auto ask_admin = [&admin](HttpRequest request, std::string name) {
        return admin->handle(std::move(request), std::move(name));
    };
    const Rooms rooms{*ledger, *enrolment, fleet, *feeds, ask_admin, keys, settings, clock};
    const ClientAuthorities clients{keys.device_authority.certificate_pem(),
                                    keys.admin_authority_pem};
    const TimeSource now = [&clock] { return clock.now().wall; };

    std::atomic<std::size_t> known_connections{0};
    const unsigned count = loops_wanted(settings);
    const std::size_t strangers = std::max<std::size_t>(1, settings.strangers_max / count);
    std::vector<std::unique_ptr<Loop>> loops;
    std::vector<tcp::acceptor> acceptors;
    std::uint16_t port = settings.port;
    TILL_TRY_VOID(check_free(settings.address, port));
    for (unsigned i = 0; i < count; ++i) {
        TILL_TRY(ServerContext context, ServerContext::make(keys.server, clients, now));
        auto& loop = *loops.emplace_back(
            std::make_unique<Loop>(rooms, std::move(context), strangers, known_connections));
        TILL_TRY(tcp::acceptor acceptor, listen(loop.io(), settings.address, port));
        port = acceptor.local_endpoint().port();
        acceptors.push_back(std::move(acceptor));
    }
    MetricsPage page{*ledger, fleet, *projection, *crm, clock};
    std::unique_ptr<HttpServer> monitored;
    if (settings.metrics_port != 0) {
        const auto show = [&page](till::HttpRequest request) {
            return page.handle(std::move(request));
        };
        TILL_TRY(monitored,
                 HttpServer::listen(loops.front()->io().get_executor(), settings.metrics_address,
                                    settings.metrics_port, {}, show));
    }
    admin.emplace(*ledger, *enrolment, fleet, *projection, *feeds, *crm, own, *keys.notes, auditor,
                  clock, port);
    TILL_TRY_VOID(write_private_file(home / "port", Secret{std::to_string(port) + "\n"}));
    projection->start();
    crm->start();
    // Nothing can fail any more: what is started here runs to its end.
    for (std::size_t i = 0; i < loops.size(); ++i) loops[i]->start(std::move(acceptors[i]));
    if (monitored) loops.front()->spawn(monitored->run());
    loops.front()->spawn(keep_service_told());
    if (settings.ledger) loops.front()->spawn(follow_others(*enrolment, *feeds));
    if (projection->is_here()) loops.front()->spawn(customers.run());
    if (settings.keep.count() > 0 && projection->is_here()) loops.front()->spawn(retention.run());
    const std::string where = settings.ledger ? settings.ledger->text() : "sqlite";
    log(LogLevel::info, "gateway", "listening",
        {{"address", settings.address},
         {"port", unsigned{port}},
         {"loops", loops.size()},
         {"ledger", where},
         {"projects", settings.projects}});

    LiveSettings live{loops.front()->io(), home};
    asio::signal_set signals{loops.front()->io(), SIGTERM, SIGINT};
    const auto on_signal = [&](boost::system::error_code failure, int) {
        if (failure) return;
        log(LogLevel::info, "gateway", "stopping");
        live.stop();
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
