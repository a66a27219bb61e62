#include "agent/core/hex.hpp"
#include "agent/crypto/hash.hpp"
#include "agent/daemon/agent.hpp"
#include "agent/runtime/log.hpp"
#include "agent/runtime/private_file.hpp"
#include "agent/web/pages.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <fstream>

// How a till-agent is put together, top to bottom. What it then does is agent.cpp.
namespace till {

namespace {

std::uint64_t seed(Random& random) {
    std::array<std::uint8_t, 8> bytes{};
    random.fill(bytes);
    return std::bit_cast<std::uint64_t>(bytes);
}

/// The mapping's text: bundled with the program, or a file.
Result<Mapping> load_mapping(const std::string& name) {
    const auto named = [&](Error error) {
        error.detail = "file drop, mapping " + name + ": " + error.detail;
        return error;
    };
    std::string text;
    if (const auto bundled = bundled_mapping(name)) {
        text = *bundled;
    } else {
        std::ifstream in{name, std::ios::binary};
        if (!in) return named(Error{Errc::not_found, "cannot be read"});
        text.assign(std::istreambuf_iterator<char>{in}, {});
    }
    auto mapping = parse_mapping(text);
    if (!mapping) return named(std::move(mapping).error());
    return mapping;
}

}  // namespace

Agent::Agent(const World& world)
    : world_{world},
      started_{world.clock.now()},
      drop_key_{""},
      children_{world.executor},
      ended_{world.executor, asio::steady_timer::time_point::max()},
      reporting_{world.executor} {}

Agent::~Agent() = default;

Result<std::unique_ptr<Agent>> Agent::open(const World& world) {
    const AgentSettings& settings = world.settings;
    std::unique_ptr<Agent> agent{new Agent{world}};

    // Who we are.
    TILL_TRY(agent->identity_, DeviceIdentity::load(world.home, world.clock, settings.max_offline));
    agent->believed_clock_ = std::make_unique<BelievedClock>(world.clock, *agent->identity_);
    const sync::Enrolment& enrolment = agent->identity_->enrolment();

    // What we remember.
    TILL_TRY(auto journal,
             open_current_journal(world.home, enrolment, settings.journal_reserve_bytes,
                                  world.clock, world.random));
    const auto journal_file = journal.options.file;
    agent->earlier_journals_ = journal.options.earlier;
    agent->earlier_state_ = std::move(journal.earlier_state);
    agent->journal_ = std::make_unique<Journal>(world.executor, std::move(journal.core),
                                                std::move(journal.options), world.clock);

    // What may be captured, and by which doors.
    agent->open_master_data();
    const WorkstationSettings at_register = agent->register_settings();
    agent->currency_ = at_register.sale.currency;
    TILL_TRY(agent->table_, CommandTable::open(*agent->journal_, *agent->believed_clock_,
                                               world.random, at_register));
    if (agent->master_) agent->table_->obey(*agent->master_);
    agent->open_customers();
    agent->open_erasures();
    TILL_TRY_VOID(agent->open_doors());
    TILL_TRY_VOID(agent->open_file_drops());
    agent->open_peripherals();

    // What the centre is told.
    const DayReporter::Options reporting{.journal_file = journal_file,
                                         .totals_file = world.home / "totals",
                                         .currency = at_register.sale.currency};
    const auto submit_totals = [agent = agent.get()](Bytes totals) {
        if (!agent->uplink_ || !agent->uplink_->state().up) return false;
        agent->uplink_->submit(sync::UplinkSession::Submit::Kind::totals, std::move(totals));
        return true;
    };
    agent->reporter_ = std::make_unique<DayReporter>(world.executor, reporting, *agent->journal_,
                                                     *agent->identity_, submit_totals);
    if (!settings.uplink_enabled) return agent;
    const auto on_acknowledged = [feed = agent->feed_.get()] { feed->changed("sync"); };
    agent->port_ =
        std::make_unique<JournalPort>(*agent->journal_, enrolment.server_ca_pem, on_acknowledged);
    const sync::Uplink::Options uplink{.gateway = enrolment.gateway,
                                       .hello = hello(agent->journal_->identity(), enrolment),
                                       .seed = seed(world.random)};
    agent->uplink_ = std::make_unique<sync::Uplink>(uplink, *agent->port_, *agent, world.clock);
    return agent;
}

/// A till sells without it, by its settings.
void Agent::open_master_data() {
    const sync::Enrolment& enrolment = identity_->enrolment();
    auto opened =
        MasterData::open(world_.home / "master.db", enrolment.store, enrolment.workstation);
    if (!opened)
        return log(LogLevel::error, "masterdata", "cannot be kept on this device",
                   {{"error", opened.error().detail}});
    master_ = *std::move(opened);
    FeedKeeper::Parts parts{
        .copy = [this]() -> FeedCopy& { return master_->copy(); },
        .take = [this](const auto& page, WallTime now) { return master_->take(page, now); },
        .ask = [this](Bytes request) { ask_for_feed(std::move(request)); },
        .applied = [this] { on_master_data(); }};
    feed_keepers_.push_back(
        std::make_unique<FeedKeeper>(world_.executor, std::move(parts), world_.clock));
}

/// The same: without it customers are asked for at the centre.
void Agent::open_customers() {
    const auto ask = [this](Bytes question) { return submit_question(std::move(question)); };
    CustomerCache::Options options{.file = world_.home / "customers.db",
                                   .store = identity_->enrolment().store,
                                   .max_age = world_.settings.customers_keep,
                                   .key = [this] { return world_.home.customers_key(); },
                                   .forget_key = [this] { world_.home.forget_customers_key(); }};
    auto opened = CustomerCache::open(std::move(options), believed_clock_->now().wall);
    if (opened) {
        customers_ = *std::move(opened);
    } else {
        log(LogLevel::error, "customers", "cannot be kept on this device",
            {{"error", opened.error().detail}});
    }
    customer_finder_ = std::make_unique<CustomerFinder>(customers_.get(), world_.clock, ask);
    table_->on_find_customer([this](v1::Identifier identifier, bool offline) {
        return customer_finder_->find(std::move(identifier), offline);
    });
    if (!customers_) return;
    FeedKeeper::Parts parts{
        .copy = [this]() -> FeedCopy& { return customers_->copy(); },
        .take = [this](const auto& page, WallTime now) { return customers_->take(page, now); },
        .ask = [this](Bytes request) { ask_for_feed(std::move(request)); },
        .applied = [] {}};
    feed_keepers_.push_back(
        std::make_unique<FeedKeeper>(world_.executor, std::move(parts), *believed_clock_));
}

/// The same: its journal then keeps what the centre has deleted, and the centre knows.
void Agent::open_erasures() {
    const auto is_open = [this](const JournalId& journal) {
        return std::ranges::any_of(leftovers_,
                                   [&](const auto& one) { return one->journal() == journal; });
    };
    auto opened = Erasures::open(world_.home, *journal_, identity_->enrolment().store, is_open);
    if (!opened)
        return log(LogLevel::error, "customers", "erasures cannot be followed",
                   {{"error", opened.error().detail}});
    erasures_ = *std::move(opened);
    FeedKeeper::Parts parts{
        .copy = [this]() -> FeedCopy& { return erasures_->copy(); },
        .take = [this](const auto& page, WallTime now) { return erasures_->take(page, now); },
        .ask = [this](Bytes request) { ask_for_feed(std::move(request)); },
        .applied = [this] { children_.spawn(obey_erasures()); }};
    feed_keepers_.push_back(
        std::make_unique<FeedKeeper>(world_.executor, std::move(parts), world_.clock));
}

WorkstationSettings Agent::register_settings() const {
    WorkstationSettings own = workstation(world_.settings, identity_->enrolment());
    return master_ ? overlaid(std::move(own), master_->lists()) : own;
}

/// One token for each role that a person or program may have; more lie in `tokens`, as hashes.
Result<void> Agent::open_doors() {
    std::string known;
    for (const Role role : {Role::pos, Role::stock, Role::reader, Role::administrator}) {
        const std::string word{name(role)};
        TILL_TRY(const Secret token, world_.home.token(word));
        known += word + ' ' + word + ' ' + hex(sha256(token.reveal())) + '\n';
    }
    const auto more = read_private_file(world_.home / "tokens");
    if (!more && more.error().code != Errc::not_found) return more.error();
    if (more) known += more->reveal();
    TILL_TRY(tokens_, Tokens::parse(known));
    const auto ask = [this] { return sync_state(); };
    table_->on_sync_state(ask);
    feed_ = std::make_unique<Feed>(world_.executor, *journal_);
    feed_->add_state("sync", [ask](v1::FeedMessage& into) { *into.mutable_sync() = ask(); });
    if (master_)
        feed_->add_state("master_data", [this](v1::FeedMessage& into) {
            *into.mutable_master_data() = master_->lists();
        });
    monitor_ = std::make_unique<Monitor>(
        Monitor::Parts{.journal = *journal_,
                       .table = *table_,
                       .clock = world_.clock,
                       .home = world_.home.root(),
                       .reserve_bytes = world_.settings.journal_reserve_bytes,
                       .sync_state = ask,
                       .peripherals = [this](MetricsText& into) {
                           if (peripherals_) peripherals_->write_metrics(into);
                       }});
    http_door_ = std::make_unique<HttpDoor>(*table_, tokens_, *feed_, world_.random);
    http_door_->open_to_all(&Monitor::is_for, [monitor = monitor_.get()](HttpRequest request) {
        return monitor->handle(std::move(request));
    });
    http_door_->open_to_all(&is_page, [](HttpRequest request) -> asio::awaitable<HttpResponse> {
        co_return page(request);
    });
    call_door_ = std::make_unique<CallDoor>(*table_, tokens_, world_.random);
    return {};
}

asio::awaitable<Result<v1::Answer>> Agent::order(v1::TellDevice command) {
    if (!peripherals_)
        co_return Error{Errc::not_found,
                        "this agent reads no devices: see [devices] of its settings"};
    co_return co_await peripherals_->order(std::move(command));
}

asio::awaitable<Result<v1::Answer>> Agent::show(v1::ShowOnDisplay what) {
    if (!peripherals_)
        co_return Error{Errc::not_found,
                        "this agent reads no devices: see [devices] of its settings"};
    co_return co_await peripherals_->show(std::move(what));
}

/// Without them a clerk can still type.
void Agent::open_peripherals() {
    const auto obey = [this](const google::protobuf::Message& command) {
        return order(static_cast<const v1::TellDevice&>(command));
    };
    table_->answer_with(v1::TellDevice::descriptor(), obey);
    const auto show = [this](const google::protobuf::Message& command) {
        return this->show(static_cast<const v1::ShowOnDisplay&>(command));
    };
    table_->answer_with(v1::ShowOnDisplay::descriptor(), show);
    if (!world_.settings.peripherals.any()) return;
    auto record = [this](v1::RecordDrawer fact) {
        children_.spawn(record_drawer(std::move(fact)));
    };
    auto opened = Peripherals::open(world_.executor, *feed_, *table_, world_.settings.peripherals,
                                    std::move(record));
    if (!opened)
        return log(LogLevel::error, "devices", "USB devices cannot be read",
                   {{"error", opened.error().detail}});
    peripherals_ = *std::move(opened);
    table_->on_counter(peripherals_->counter());
}

Result<void> Agent::open_file_drops() {
    if (world_.settings.file_drops.empty()) return {};
    TILL_TRY(drop_key_, world_.home.drop_key());
    drop_sink_ = std::make_unique<DropSink>(*table_);
    for (const auto& drop : world_.settings.file_drops) {
        TILL_TRY(auto mapping, load_mapping(drop.mapping));
        // One memory for each folder, whatever the order of the settings.
        const auto mark =
            hex(sha256(std::filesystem::absolute(drop.folder).string())).substr(0, 12);
        FileDropOptions options{.folder = drop.folder,
                                .memory_file = world_.home / ("drop-" + mark + ".db"),
                                .spool_folder = world_.home.root(),
                                .mapping = std::move(mapping)};
        TILL_TRY(auto opened, FileDrop::open(world_.executor, std::move(options), drop_key_,
                                             world_.clock, *drop_sink_));
        drops_.push_back(std::move(opened));
        log(LogLevel::info, "drop", "watching a folder", {{"folder", drop.folder.string()}});
    }
    return {};
}

}  // namespace till
