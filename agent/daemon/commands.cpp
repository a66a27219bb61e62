#include "agent/daemon/commands.hpp"

#include "agent/crypto/system_random.hpp"
#include "agent/daemon/agent.hpp"
#include "agent/daemon/front_door.hpp"
#include "agent/daemon/home.hpp"
#include "agent/daemon/settings.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/http_server.hpp"
#include "agent/runtime/log.hpp"
#include "agent/runtime/service_notify.hpp"
#include "agent/runtime/system_clock.hpp"
#include "sync/wire/enrolment.pb.h"
#include "sync/wire/enrolment_code.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <fstream>
#include <iostream>

namespace till {

namespace {

namespace fs = std::filesystem;

/// Never destroyed: that would wait for a name server that does not answer (connect.cpp).
asio::io_context& loop() {
    static auto& only = *new asio::io_context{1};
    return only;
}

AgentExit fail(const Error& error) {
    std::string detail = error.detail;
    while (detail.ends_with('\n')) detail.pop_back();
    std::cerr << "till-agent: " << detail << '\n';
    return exit_for(error);
}

/// Runs `work` on the loop until it is done; SIGTERM and SIGINT cancel it.
template <class T>
Result<T> run_until_done(asio::awaitable<Result<T>> work) {
    Result<T> answer;
    TaskGroup only{loop().get_executor()};
    asio::signal_set signals{loop(), SIGTERM, SIGINT};
    const auto on_signal = [&](const boost::system::error_code& failure, int) {
        if (!failure) only.cancel();
    };
    signals.async_wait(on_signal);
    const auto keep = [](asio::awaitable<Result<T>> task, Result<T>& into,
                         asio::signal_set& listening) -> asio::awaitable<void> {
        into = co_await std::move(task);
        listening.cancel();
        loop().stop();
    };
    only.spawn(keep(std::move(work), answer, signals));
    loop().run();
    loop().restart();
    loop().poll();  // The group hears that its task has ended.
    return answer;
}

/// A sample beside the home's other files, so that there is something to edit.
void leave_sample(const Home& home) {
    const auto file = home / "agent.toml";
    if (fs::exists(file)) return;
    std::ofstream out{file};
    out << agent_sample();
}

asio::awaitable<Result<sync::Enrolled>> enrol(std::string code, Clock& clock) {
    const auto now = [&clock] { return clock.now().wall; };
    auto enrolled = co_await sync::enrol(std::move(code), TILL_AGENT_VERSION, now);
    co_return enrolled;
}

/// One agent after another, behind one door.
asio::awaitable<Result<bool>> run_agents(Agent::World world) {
    Bytes state;
    for (bool again = true; again;) {
        TILL_CO_TRY(const auto agent, Agent::open(world));
        TILL_CO_TRY(auto ending, co_await agent->run(std::move(state)));
        again = ending.again;
        state = std::move(ending.state);
    }
    co_return true;
}

/// Null when the settings say so, or when the home's own path is too long for a socket's name.
Result<std::unique_ptr<ZmqServer>> open_zmq(const asio::any_io_executor& executor, const Home& home,
                                            const AgentSettings& settings, FrontDoor& door) {
    if (!settings.zmq_enabled) return std::unique_ptr<ZmqServer>{};
    ZmqServer::Options options{
        .calls = settings.zmq_socket, .feed = settings.zmq_feed_socket, .mode = settings.zmq_mode};
    if (options.calls.empty()) options.calls = home / "agent.sock";
    if (options.feed.empty()) options.feed = home / "feed.sock";
    const auto handle = [&door](Bytes call) { return door.handle_call(std::move(call)); };
    auto server = ZmqServer::listen(executor, options, handle);
    const bool is_ours = settings.zmq_socket.empty() && settings.zmq_feed_socket.empty();
    if (server || !is_ours || server.error().code != Errc::out_of_range) return server;
    log(LogLevel::warning, "agent", "no ZeroMQ door: set zmq.socket and zmq.feed_socket",
        {{"why", server.error().detail}});
    return std::unique_ptr<ZmqServer>{};
}

/// SIGHUP: reads the settings again and applies those that may change while running.
asio::awaitable<void> follow_settings(fs::path file) {
    co_await asio::this_coro::throw_if_cancelled(false);
    asio::signal_set asked{co_await asio::this_coro::executor, SIGHUP};
    for (;;) {
        const auto [stopped, number] = co_await asked.async_wait(nothrow);
        if (stopped) co_return;
        const auto settings = load_settings(file);
        if (!settings) {
            log(LogLevel::error, "agent", "the settings are not usable, nothing changed",
                {{"file", file.string()}, {"why", settings.error().detail}});
            continue;
        }
        set_log_level(settings->log_level);
        log(LogLevel::info, "agent", "settings read again; those for a start apply at the next",
            {{"file", file.string()}});
    }
}

/// Ready is who answers: an agent that does not open is not.
asio::awaitable<void> tell_service(FrontDoor& door) {
    co_await door.wait_open();
    if (door.is_open()) co_await keep_service_told();
}

asio::awaitable<Result<bool>> run_behind_door(Home& home, const AgentSettings& settings,
                                              fs::path settings_file) {
    SystemClock clock;
    SystemRandom random;
    const auto executor = co_await asio::this_coro::executor;
    FrontDoor door{executor};
    const auto handle = [&door](HttpRequest request) { return door.handle(std::move(request)); };
    TILL_CO_TRY(const auto server,
                HttpServer::listen(executor, "127.0.0.1", settings.http_port, {}, handle));
    TILL_CO_TRY(const auto zmq, open_zmq(executor, home, settings, door));
    TILL_CO_TRY_VOID(home.save_port(server->port()));
    TaskGroup serving{executor};
    serving.spawn(server->run());
    if (zmq) serving.spawn(zmq->run());
    serving.spawn(tell_service(door));
    serving.spawn(follow_settings(settings_file));

    co_await asio::this_coro::throw_if_cancelled(false);
    const Agent::World world{executor, home, settings, clock, random, door, zmq.get()};
    auto ended = co_await run_agents(world);
    door.shut();
    serving.cancel();
    co_await serving.join();
    home.remove_port();
    co_return ended;
}

Error not_enrolled(const fs::path& home) {
    return Error{Errc::malformed,
                 home.string()
                     + " is not enrolled. At the centre: tillctl enrol new --store S --lane L. "
                       "Here: till-agent enrol CODE --home "
                     + home.string()};
}

}  // namespace

AgentExit exit_for(const Error& error) {
    switch (error.code) {
        case Errc::malformed:
        case Errc::out_of_range:
        case Errc::unsupported:
            return AgentExit::settings;
        case Errc::corrupt:
            return AgentExit::damaged;
        case Errc::forbidden:
        case Errc::not_trusted:
        case Errc::not_found:
        case Errc::stale:
        case Errc::conflict:
            return AgentExit::refused;
        case Errc::busy:
        case Errc::closed:
        case Errc::timed_out:
        case Errc::abandoned:
            return AgentExit::temporary;
        case Errc::io:
        case Errc::disk_full:
        case Errc::outcome_unknown:
            break;
    }
    return AgentExit::internal;
}

AgentExit enrol_agent(const fs::path& folder, const std::string& code) {
    if (const auto readable = sync::parse_enrolment_code(code); !readable) {
        (void)fail(readable.error());
        return AgentExit::usage;
    }
    auto home = Home::open(folder);
    if (!home) return fail(home.error());
    if (home->is_enrolled()) {
        const auto known = home->enrolment();
        if (!known) return fail(known.error());
        return fail({Errc::conflict, folder.string() + " is enrolled already, as store "
                                         + known->store + ", lane " + known->workstation
                                         + ". Use another --home for another lane."});
    }
    SystemClock clock;
    auto enrolled = run_until_done(enrol(code, clock));
    if (!enrolled) return fail(enrolled.error());
    if (const auto saved = home->save(*enrolled); !saved)
        return fail({saved.error().code, "enrolled, but not saved: " + saved.error().detail
                                             + ". The code is used up; make a new one."});
    for (const auto* role : {"pos", "stock", "reader", "administrator"})
        if (const auto token = home->token(role); !token) return fail(token.error());
    leave_sample(*home);
    const auto& enrolment = enrolled->enrolment;
    std::cout << "Enrolled as store " << enrolment.store << ", lane " << enrolment.workstation
              << " (device " << enrolment.device.value().text() << ").\n"
              << "Settings: " << (*home / "agent.toml").string() << "\n"
              << "Start it: till-agent run --home " << folder.string() << '\n';
    return AgentExit::ok;
}

AgentExit check_settings(const fs::path& file) {
    const auto settings = load_settings(file);
    if (!settings) {
        std::cerr << settings.error().detail << '\n';
        return AgentExit::settings;
    }
    std::cout << file.string() << ": no fault found\n";
    return AgentExit::ok;
}

AgentExit run_agent(const fs::path& folder, const std::optional<fs::path>& file) {
    if (!fs::exists(folder / "enrolment.toml")) return fail(not_enrolled(folder));
    const fs::path settings_file = file.value_or(folder / "agent.toml");
    const auto settings = load_settings(settings_file);
    if (!settings) {
        std::cerr << "till-agent: the settings are not usable\n" << settings.error().detail << '\n';
        return AgentExit::settings;
    }
    set_log_level(settings->log_level);
    auto home = Home::open(folder);
    if (!home) return fail(home.error());
    const auto ran = run_until_done(run_behind_door(*home, *settings, settings_file));
    if (!ran) return fail(ran.error());
    log(LogLevel::info, "agent", "stopped");
    return AgentExit::ok;
}

}  // namespace till
