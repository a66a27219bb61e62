#include "agent/api/http_door.hpp"
#include "agent/api/json.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/task_group.hpp"
#include "tests/unit/agent/api/shop.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

using namespace till;
using namespace std::chrono_literals;
using Tcp = asio::ip::tcp;

namespace {

/// A shop with its door open on a loopback port.
struct Door {
    explicit Door(HttpLimits limits = {}) {
        const NewToken pos = make_token("pos-1", Role::pos, shop.random);
        const NewToken reader = make_token("audit", Role::reader, shop.random);
        auto tokens = Tokens::parse("# tokens\n" + pos.line + "\n\n" + reader.line + " # audit\n");
        REQUIRE(tokens);
        known = *std::move(tokens);
        feed.emplace(shop.loop.get_executor(), *shop.journal);
        feed->add_state("sync", [](v1::FeedMessage& message) { message.mutable_sync(); });
        door.emplace(*shop.table, known, *feed, shop.random);
        auto listening =
            HttpServer::listen(shop.loop.get_executor(), "127.0.0.1", 0, limits, door->handler());
        REQUIRE(listening);
        server = *std::move(listening);
        token = pos.token;
        reader_token = reader.token;
        running.spawn(server->run());
    }
    ~Door() {
        running.cancel();
        shop.loop.restart();
        shop.loop.run();
    }

    /// Sends bytes as they are and reads until the door hangs up.
    asio::awaitable<void> exchange(std::string bytes, std::string& into) {
        Tcp::socket socket{co_await asio::this_coro::executor};
        const Tcp::endpoint there{asio::ip::address_v4::loopback(), server->port()};
        co_await socket.async_connect(there, nothrow);
        const auto out = asio::buffer(bytes);
        co_await asio::async_write(socket, out, nothrow);
        auto in = asio::dynamic_buffer(into);
        co_await asio::async_read(socket, in, nothrow);
    }
    std::string raw(std::string bytes) {
        std::string answer;
        bool done = false;
        asio::co_spawn(shop.loop, exchange(std::move(bytes), answer),
                       [&](std::exception_ptr) { done = true; });
        shop.loop.restart();
        while (!done) shop.loop.run_one();
        return answer;
    }

    std::string host() const { return "127.0.0.1:" + std::to_string(server->port()); }
    std::string request(const std::string& line, const std::string& headers,
                        const std::string& body = {}) {
        return line + " HTTP/1.1\r\nHost: " + host() + "\r\nAuthorization: Bearer " + token
               + "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"
               + headers + "\r\n" + body;
    }
    std::string post(const std::string& path, const std::string& body,
                     const std::string& headers = "Idempotency-Key: k1\r\n") {
        return raw(request("POST " + path, "Content-Type: application/json\r\n" + headers, body));
    }
    std::string get(const std::string& target) { return raw(request("GET " + target, "")); }

    Shop shop;
    Tokens known;
    std::optional<Feed> feed;
    std::optional<HttpDoor> door;
    std::unique_ptr<HttpServer> server;
    std::string token, reader_token;
    TaskGroup running{shop.loop.get_executor()};
};

int status_of(const std::string& answer) {
    return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
}
std::string body_of(const std::string& answer) {
    const auto end = answer.find("\r\n\r\n");
    return end == std::string::npos ? std::string{} : answer.substr(end + 4);
}
v1::Problem problem_of(const std::string& answer) {
    v1::Problem problem;
    REQUIRE(from_json(body_of(answer), problem));
    CHECK(answer.find("application/problem+json") != std::string::npos);
    CHECK(static_cast<int>(problem.status()) == status_of(answer));
    return problem;
}

const std::string sale = R"({"lines": [{"sku": "A", "quantity": 2, "unit_price": 1.25}],
    "tenders": [{"type": "TENDER_TYPE_CASH", "amount": "5"}]})";

}  // namespace

TEST_CASE("api: a sale over HTTP is stored once, whatever the client repeats", "[api]") {
    Door door;
    const std::string first = door.post("/v1/transactions", sale);
    const std::string again = door.post("/v1/transactions", sale);
    CHECK(status_of(first) == 201);
    CHECK(status_of(again) == 200);
    v1::Captured a, b;
    REQUIRE(from_json(body_of(first), a));
    REQUIRE(from_json(body_of(again), b));
    CHECK(a.total() == "2.50");
    CHECK(a.receipt_number() == b.receipt_number());
    CHECK(b.replayed());
    CHECK(door.shop.journal->head().seq == Seq{1});
}

TEST_CASE("api: a refusal over HTTP is a problem with field, allowed and trace id", "[api]") {
    Door door;
    const std::string trace = "0af7651916cd43dd8448eb211c80319c";
    const auto problem = problem_of(door.post(
        "/v1/transactions", R"({"lines": [{"sku": "A", "quantity": "-1", "unit_price": "1"}]})",
        "Idempotency-Key: k\r\ntraceparent: 00-" + trace + "-b7ad6b7169203331-01\r\n"));
    CHECK(problem.status() == 422);
    CHECK(problem.field() == "lines[0].quantity");
    CHECK_FALSE(problem.allowed().empty());
    CHECK(problem.trace_id() == trace);
    const auto unknown = problem_of(door.post("/v1/transactions", R"({"lines": [{"colour": 1}]})"));
    CHECK(unknown.status() == 400);
    CHECK(unknown.field() == "lines[0].colour");
}

TEST_CASE("api: each way of asking wrongly has its own status", "[api]") {
    Door door;
    REQUIRE(status_of(door.post("/v1/transactions", sale)) == 201);
    CHECK(status_of(door.post("/v1/transactions", R"({"lines": []})")) == 409);
    CHECK(status_of(door.post("/v1/transactions", "{")) == 400);
    CHECK(status_of(door.post("/v1/transactions", sale, "")) == 428);
    CHECK(status_of(door.post("/v1/transactions", sale, "Idempotency-Key: a b\r\n")) == 400);
    CHECK(status_of(door.post("/v1/nothing", sale)) == 404);
    const std::string wrong_method = door.get("/v1/transactions");
    CHECK(status_of(wrong_method) == 405);
    CHECK(wrong_method.find("Allow: POST\r\n") != std::string::npos);
    CHECK(status_of(door.raw(door.request("POST /v1/transactions", "Idempotency-Key: k\r\n", sale)))
          == 415);
    CHECK(status_of(
              door.post("/v1/controls", R"({"type": "TYPE_DAY_CLOSE"})", "Idempotency-Key: c\r\n"))
          == 409);
    CHECK(status_of(door.raw("nonsense\r\n\r\n")) == 400);
    CHECK(status_of(door.get("/v1/events?after=x")) == 400);
}

TEST_CASE("api: other hosts, other origins and strangers are turned away", "[api]") {
    Door door;
    const std::string rebound =
        "GET /v1/status HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer " + door.token
        + "\r\nConnection: close\r\n\r\n";
    CHECK(status_of(door.raw(rebound)) == 403);
    CHECK(status_of(door.raw(door.request("GET /v1/status", "Origin: http://evil.example\r\n")))
          == 403);
    CHECK(status_of(door.raw(door.request("GET /v1/status", "Origin: null\r\n"))) == 403);
    CHECK(status_of(
              door.raw(door.request("GET /v1/status", "Origin: http://" + door.host() + "\r\n")))
          == 200);
    const std::string own = door.token;
    door.token = "guess";
    const std::string stranger = door.get("/v1/status");
    CHECK(status_of(stranger) == 401);
    CHECK(stranger.find("WWW-Authenticate: Bearer") != std::string::npos);
    door.token = door.reader_token;
    CHECK(status_of(door.get("/v1/status")) == 200);
    CHECK(status_of(door.post("/v1/transactions", sale)) == 403);
    door.token = own;
}

TEST_CASE("api: events are read in pages, without their sealed parts", "[api]") {
    Door door;
    for (int i = 1; i <= 3; ++i)
        REQUIRE(status_of(door.post("/v1/transactions", sale,
                                    "Idempotency-Key: e" + std::to_string(i) + "\r\n"))
                == 201);
    v1::EventPage page;
    REQUIRE(from_json(body_of(door.get("/v1/events?after=1&limit=1")), page));
    REQUIRE(page.events_size() == 1);
    CHECK(page.events(0).seq() == 2);
    CHECK(page.events(0).event().retail_transaction().totals().gross() == 250);
    CHECK(page.next_after() == 2);
    CHECK(page.head_seq() == 3);
}

TEST_CASE("api: what is too large is refused unread, and the door stays open", "[api]") {
    Door door{HttpLimits{.head_bytes_max = 2048, .body_bytes_max = 1000}};
    CHECK(status_of(door.post("/v1/transactions", std::string(5000, ' '))) == 413);
    CHECK(
        status_of(door.raw(door.request("GET /v1/status", "X: " + std::string(4000, 'x') + "\r\n")))
        == 431);
    CHECK(status_of(door.get("/v1/status")) == 200);
}

TEST_CASE("api: a client that dribbles or says nothing is hung up on", "[api]") {
    Door door{HttpLimits{.head_time_max = 50ms, .body_time_max = 50ms}};
    CHECK(door.raw("GET /v1/status HT").empty());
    CHECK(door.raw("").empty());
    const std::string half = "POST /v1/transactions HTTP/1.1\r\nHost: " + door.host()
                             + "\r\nContent-Length: 100\r\n\r\n{";
    CHECK(door.raw(half).empty());
    CHECK(status_of(door.get("/v1/status")) == 200);
}

TEST_CASE("api: a connection carries one request after another", "[api]") {
    Door door;
    const std::string keep = "GET /v1/status HTTP/1.1\r\nHost: " + door.host()
                             + "\r\nAuthorization: Bearer " + door.token + "\r\n\r\n";
    const std::string both = door.raw(keep + keep + door.request("GET /v1/events", ""));
    std::size_t answers = 0;
    for (auto at = both.find("HTTP/1.1 200"); at != std::string::npos;
         at = both.find("HTTP/1.1 200", at + 1))
        ++answers;
    CHECK(answers == 3);
}

TEST_CASE("api: more connections than allowed are told to come back", "[api]") {
    Door door{HttpLimits{.connections_max = 0}};
    const std::string answer = door.get("/v1/status");
    CHECK(status_of(answer) == 503);
    CHECK(answer.find("Retry-After: 1") != std::string::npos);
}

TEST_CASE("api: tokens files name their bad line", "[api]") {
    for (const char* bad : {"pos-1 pos", "pos-1 king ", "pos-1 pos abcd"})
        CHECK_FALSE(Tokens::parse(bad));
    CHECK(Tokens::parse("# a\n\npos-1 king x").error().detail == "tokens file, line 3");
    CHECK_FALSE(Tokens::parse("")->find(""));
}
