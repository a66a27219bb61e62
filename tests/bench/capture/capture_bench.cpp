// bench_capture [folder]: durable capture at the command table and through its doors, HTTP and ZeroMQ, beside
// bare SQLite on the same disk and a bare echo over the same servers. Rounds alternate (floor,
// table, echo, door, floor, …) because a disk's speed drifts; only ratios mean anything.

#include "agent/api/call_door.hpp"
#include "agent/api/http_door.hpp"
#include "agent/api/json.hpp"
#include "agent/api/zmq_client.hpp"
#include "agent/api/zmq_server.hpp"
#include "agent/crypto/system_random.hpp"
#include "agent/runtime/system_clock.hpp"
#include "agent/runtime/task_group.hpp"
#include "tests/bench/kit/floor.hpp"
#include "tests/bench/kit/http_posts.hpp"
#include "tests/bench/kit/sales.hpp"
#include "tests/support/scratch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdio>
#include <future>
#include <thread>

using namespace till;
using namespace till::bench;

namespace {

constexpr std::size_t rounds = 9, singles = 300, tills = 64, batched = tills * 75;

/// An HTTP and a ZeroMQ server on a loop and thread of their own.
struct Served {
    asio::io_context loop{1};
    TaskGroup tasks{loop.get_executor()};
    std::unique_ptr<HttpServer> server;
    std::unique_ptr<ZmqServer> zmq;
    std::filesystem::path socket;
    std::jthread thread;

    void start(HttpHandler handler, ZmqServer::Handler calls, const std::filesystem::path& at) {
        socket = at;
        const ZmqServer::Options sockets{.calls = at, .feed = at.string() + ".feed"};
        zmq = must(ZmqServer::listen(loop.get_executor(), sockets, std::move(calls)));
        tasks.spawn(zmq->run());
        server = must(HttpServer::listen(loop.get_executor(), "127.0.0.1", 0, {}, handler));
        tasks.spawn(server->run());
        thread = std::jthread{[this] { loop.run(); }};
    }
    void stop() {
        asio::post(loop, [this] { tasks.cancel(); });
        thread.join();
    }
};

/// A till-agent without its uplink.
struct Till {
    explicit Till(const std::filesystem::path& folder)
        : options{.file = folder / "journal.db"},
          journal{served.loop.get_executor(),
                  must(JournalCore::create(options, {.receipt_prefix = "417-1"}, clock)), options,
                  clock},
          table{must(CommandTable::open(journal, clock, random, shop(centre.key)))},
          known{must(Tokens::parse(token.line))},
          feed{served.loop.get_executor(), journal},
          door{*table, known, feed, random},
          calls{*table, known, random} {
        served.start(
            door.handler(), [this](Bytes call) { return calls.handle(std::move(call)); },
            folder / "t");
    }
    ~Till() { served.stop(); }

    asio::awaitable<void> clerk(std::span<const Sale> sold, Samples& times) {
        for (const Sale& sale : sold) {
            Request request{.caller = {"pos-1", Role::pos}, .idempotency_key = key()};
            const auto start = Steady::now();
            const auto captured = co_await table->execute(std::move(request), sale.command);
            times.push_back(since(start));
            must(captured);
        }
    }
    /// So many clerks at once, each waiting for every answer.
    Samples capture(std::span<const Sale> sold, std::size_t clerks) {
        Samples times;
        std::vector<std::future<void>> done;
        const std::size_t each = sold.size() / clerks;
        for (std::size_t i = 0; i < clerks; ++i)
            done.push_back(asio::co_spawn(served.loop, clerk(sold.subspan(i * each, each), times),
                                          asio::use_future));
        for (auto& one : done) one.get();
        return times;
    }
    std::string key() { return "pos-0417-01-" + std::to_string(++keys); }

    SystemClock clock;
    SystemRandom random;
    SealingKeyPair centre = make_sealing_key_pair(1);
    NewToken token = make_token("pos-1", Role::pos, random);
    std::atomic<std::uint64_t> keys = 0;
    Served served;
    JournalCore::Options options;
    Journal journal;
    std::unique_ptr<CommandTable> table;
    Tokens known;
    Feed feed;
    HttpDoor door;
    CallDoor calls;
};

/// As long an answer as a capture's.
asio::awaitable<HttpResponse> echo(HttpRequest) {
    HttpResponse response{.status = 201};
    response.body.assign(180, ' ');
    co_return response;
}
asio::awaitable<Bytes> echo_call(Bytes) { co_return Bytes(120, ' '); }

/// One client that waits for every answer; any answer but a capture's, where one is meant, ends the program.
Samples ask_all(const std::filesystem::path& socket, std::span<const Bytes> calls, bool captures) {
    auto client = must(ZmqClient::open(socket));
    Samples times;
    for (const Bytes& call : calls) {
        const auto start = Steady::now();
        const Bytes said = must(client.ask(call, std::chrono::seconds{10}));
        times.push_back(since(start));
        v1::Answer answer;
        if (captures && !(answer.ParseFromString(said) && answer.has_captured()))
            throw std::runtime_error{"the ZeroMQ door refused: " + answer.ShortDebugString()};
    }
    return times;
}

struct Bench {
    explicit Bench(const std::filesystem::path& folder)
        : floor{folder / "floor.db"}, till{folder}, sold{sales(batched)} {
        for (const Sale& sale : sold) {
            facts.push_back(sale.fact);
            bodies.push_back(to_json(sale.command));
        }
        bare.start(echo, echo_call, folder / "e");
    }
    ~Bench() { bare.stop(); }

    std::vector<std::string> posts(std::uint16_t port, std::size_t count) {
        std::vector<std::string> all;
        for (std::size_t i = 0; i < count; ++i)
            all.push_back(post(port, "/v1/transactions", till.token.token, till.key(), bodies[i]));
        return all;
    }

    std::vector<Bytes> calls(std::size_t count) {
        std::vector<Bytes> all;
        for (std::size_t i = 0; i < count; ++i) {
            v1::Call call;
            call.set_token(till.token.token);
            call.set_idempotency_key(till.key());
            *call.mutable_record_transaction() = sold[i].command;
            all.push_back(call.SerializeAsString());
        }
        return all;
    }

    void one_till();
    void many_tills();

    Floor floor;
    Till till;
    Served bare;
    std::vector<Sale> sold;
    std::vector<Bytes> facts;
    std::vector<std::string> bodies;
};

void Bench::one_till() {
    Pair table, http;
    Samples bare_times, zmq_times, bare_zmq_times;
    for (std::size_t round = 0; round < rounds; ++round) {
        // Anew each round: the server cuts what a slow disk keeps idle.
        HttpPosts door{till.served.server->port(), 1}, echoes{bare.server->port(), 1};
        append(table.floor, floor.insert(std::span{facts}.first(singles), 1));
        append(table.ours, till.capture(std::span{sold}.first(singles), 1));
        append(bare_times, echoes.run(posts(bare.server->port(), singles)));
        append(http.ours, door.run(posts(till.served.server->port(), singles)));
        const auto to_zmq = calls(singles);
        append(bare_zmq_times, ask_all(bare.socket, to_zmq, false));
        append(zmq_times, ask_all(till.served.socket, to_zmq, true));
    }
    table.figures("durable capture, one till, p50", "us", 0.5);
    table.figures("durable capture, one till, p99", "us", 0.99);
    for (const double share : {0.5, 0.99})
        figure(
            share == 0.5 ? "capture over HTTP, one till, p50" : "capture over HTTP, one till, p99",
            "us", quantile(http.ours, share),
            quantile(bare_times, share) + quantile(table.floor, share));
    figure("bare HTTP echo, one connection, p50", "us", median(bare_times));
    for (const double share : {0.5, 0.99})
        figure(share == 0.5 ? "capture over ZeroMQ, one till, p50"
                            : "capture over ZeroMQ, one till, p99",
               "us", quantile(zmq_times, share),
               quantile(bare_zmq_times, share) + quantile(table.floor, share));
    figure("bare ZeroMQ echo, one client, p50", "us", median(bare_zmq_times));
}

void Bench::many_tills() {
    const auto rate = [](auto&& work) {
        const auto start = Steady::now();
        static_cast<void>(work());
        return batched / since(start) * 1e6;
    };
    Pair table, http;
    for (std::size_t round = 0; round < rounds; ++round) {
        // Anew each round: the server cuts what a slow disk keeps idle.
        HttpPosts door{till.served.server->port(), tills}, echoes{bare.server->port(), tills};
        const auto to_bare = posts(bare.server->port(), batched);
        const auto to_door = posts(till.served.server->port(), batched);
        table.floor.push_back(rate([&] { return floor.insert(facts, tills); }));
        table.ours.push_back(rate([&] { return till.capture(sold, tills); }));
        http.floor.push_back(rate([&] { return echoes.run(to_bare); }));
        http.ours.push_back(rate([&] { return door.run(to_door); }));
    }
    table.figures("durable capture, 64 waiting", "events/s", 0.5);
    http.figures("capture over HTTP, 64 waiting", "events/s", 0.5);
}

}  // namespace

int main(int argc, char** argv) {
    const Scratch scratch{argc > 1 ? argv[1] : "."};
    Bench bench{scratch.path};
    bench.one_till();
    bench.many_tills();
}
