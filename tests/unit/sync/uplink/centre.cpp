#include "centre.hpp"

#include "agent/runtime/deadline.hpp"
#include "sync/ledger/sqlite_store.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace till::sync::test {

namespace {

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error{result.error().detail};
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

std::string text_of(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    return text.str();
}

asio::awaitable<HttpResponse> no_admin(HttpRequest request, std::string) {
    co_return problem(request, Error{Errc::not_found, "no administrators here"});
}

}  // namespace

Centre::Centre(asio::io_context& loop) : loop_{loop}, home_{folder_.path / "gateway"} {
    const HomeSpec spec{.server_name = "gateway.test", .public_host = "127.0.0.1", .port = 1};
    must(init_home(home_, spec, clock_.now().wall));
    keys_ = must(load_keys(home_));
    settings_ = must(parse_gateway_settings(text_of(home_ / "gateway.toml"), "gateway.toml"));
    desk = must(EnrolmentDesk::open(must(Registry::open(home_ / "registry.db")), *keys_, settings_,
                                    clock_, random_));
    const auto file = home_ / "ledger.db";
    auto writing = must(SqliteStore::open({.file = file}, random_));
    auto reading =
        must(SqliteStore::open({.file = file, .access = SqliteStore::Access::reading}, random_));
    ledger = std::make_unique<Ledger>(std::move(writing), std::move(reading));
    feeds_ = must(FeedDesk::open(must(FeedStore::open(home_ / "feeds.db", random_)), make_key()));
    rooms_.emplace(Rooms{*ledger, *desk, *this, *feeds_, no_admin, *keys_, settings_, clock_});
    start();
}

Centre::~Centre() { stop(); }

void Centre::start() {
    using asio::ip::tcp;
    const tcp::endpoint endpoint{asio::ip::make_address("127.0.0.1"), port};
    tcp::acceptor acceptor{loop_, endpoint, true};
    port = acceptor.local_endpoint().port();
    const ClientAuthorities clients{keys_->device_authority.certificate_pem(),
                                    keys_->admin_authority_pem};
    auto context =
        must(ServerContext::make(keys_->server, clients, [this] { return clock_.now().wall; }));
    server_ =
        std::make_unique<Server>(loop_.get_executor(), *rooms_, std::move(context), 64, open_);
    tasks_ = std::make_unique<TaskGroup>(loop_.get_executor());
    tasks_->spawn(server_->run(std::move(acceptor)));
}

void Centre::stop() {
    if (!tasks_) return;
    tasks_->cancel();
    run_until(loop_, [this] { return tasks_->size() == 0; });
    tasks_.reset();
    server_.reset();
}

std::string Centre::code(std::uint16_t dialled) {
    return must(desk->new_code("12", "3", dialled == 0 ? port : dialled)).text;
}

Enrolled Centre::enrol() {
    const TimeSource now = [this] { return clock_.now().wall; };
    return must(test::run(loop_, sync::enrol(code(), "test", now)));
}

Seq Centre::mark(const JournalId& journal) {
    const auto row = must(test::run(loop_, ledger->find(journal)));
    return row ? row->mark.seq : Seq{0};
}

Device::Device(asio::io_context& loop, Enrolled who)
    : enrolled{std::move(who)}, grown_{loop, asio::steady_timer::time_point::max()} {
    journal.device = enrolled.enrolment.device;
}

void Device::capture(int events) {
    for (int i = 0; i < events; ++i) journal.add(100, "event " + std::string(100, 'x'));
    grown_.cancel();
}

Uplink::Options Device::options() const {
    const auto& enrolment = enrolled.enrolment;
    return {.gateway = enrolment.gateway,
            .hello = {.journal = journal.journal,
                      .device = journal.device,
                      .store = enrolment.store,
                      .workstation = enrolment.workstation,
                      .agent_version = "test"},
            .seed = 7};
}

asio::awaitable<Result<std::vector<Envelope>>> Device::read(Seq from, std::size_t bytes_max,
                                                            std::size_t records_max) {
    std::vector<Envelope> some;
    std::size_t bytes = 0;
    for (std::size_t at = from.value(); at < journal.envelopes.size(); ++at) {
        bytes += journal.envelopes[at].body.size();
        if (some.size() == records_max || (!some.empty() && bytes > bytes_max)) break;
        some.push_back(journal.envelopes[at]);
    }
    co_return some;
}

asio::awaitable<Result<Digest>> Device::hash_at(Seq seq) {
    co_return journal.mark_at(seq.value()).hash;
}

asio::awaitable<Result<void>> Device::acknowledge(Seq seq, Bytes epoch) {
    acknowledged = seq;
    store_epoch = std::move(epoch);
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Device::wait_beyond(Seq seq) {
    while (journal.mark().seq <= seq) {
        const auto [cancelled] = co_await grown_.async_wait(nothrow);
        const auto state = co_await asio::this_coro::cancellation_state;
        if (cancelled && state.cancelled() != asio::cancellation_type::none)
            co_return Error{Errc::abandoned, "cancelled"};
    }
    co_return Result<void>{};
}

asio::awaitable<Result<ClientContext>> Device::context() {
    co_return ClientContext::make(enrolled.enrolment.server_ca_pem, enrolled.credentials,
                                  [this] { return clock.now().wall; });
}

bool run_until(asio::io_context& loop, const std::function<bool()>& done,
               std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    loop.restart();
    while (!done() && std::chrono::steady_clock::now() < end)
        loop.run_one_until(
            std::min(end, std::chrono::steady_clock::now() + std::chrono::milliseconds{50}));
    return done();
}

}  // namespace till::sync::test
