#include "agent/daemon/agent.hpp"

#include "agent/api/state.pb.h"
#include "agent/daemon/telemetry.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"

namespace till {

namespace {

using namespace std::chrono_literals;

constexpr auto telemetry_interval = 60s;

}  // namespace

asio::awaitable<Result<Agent::Ending>> Agent::run(Bytes earlier_state) {
    if (earlier_state.empty()) earlier_state = std::move(earlier_state_);
    if (!earlier_state.empty() && journal_->head().seq == Seq{0})
        co_await carry_over(std::move(earlier_state));
    co_await report_damage(*journal_, earlier_journals_, identity_->enrolment());
    log(LogLevel::info, "agent", "running",
        {{"store", identity_->enrolment().store},
         {"workstation", identity_->enrolment().workstation},
         {"journal", journal_->identity().journal.value().text()},
         {"head", journal_->head().seq.value()}});

    world_.door.open({.http = http_door_.get(), .calls = call_door_.get()});

    co_await asio::this_coro::throw_if_cancelled(false);
    const auto state = co_await asio::this_coro::cancellation_state;
    children_.spawn(watch_journal());
    if (world_.zmq) {
        world_.zmq->on_subscribed([this] {
            feed_->changed("sync");
            feed_->changed("master_data");
        });
        children_.spawn(publish_feed(*world_.zmq));
    }
    for (const auto& drop : drops_) children_.spawn(drop->run());
    if (peripherals_) children_.spawn(peripherals_->run());
    if (uplink_) {
        children_.spawn(uplink_->run());
        children_.spawn(identity_->keep_fresh());
        children_.spawn(reporter_->run());
        children_.spawn(report_now_and_then());
        for (const auto& keeper : feed_keepers_) children_.spawn(keeper->run());
    }
    while (!ending_ && state.cancelled() == asio::cancellation_type::none)
        co_await ended_.async_wait(nothrow);
    co_await world_.door.close();
    if (world_.zmq) world_.zmq->on_subscribed({});
    children_.cancel();
    co_await children_.join();
    // A stop that came while a new agent was to take over is still a stop.
    if (state.cancelled() != asio::cancellation_type::none) co_return Ending{};
    co_return *std::move(ending_);
}

v1::SyncState Agent::sync_state() const {
    v1::SyncState out;
    out.set_head_seq(journal_->head().seq.value());
    out.set_acknowledged_seq(journal_->acknowledged().seq.value());
    out.set_clock_trusted(identity_->now().trusted);
    if (!uplink_) {
        out.set_last_error("the settings say not to connect");
        return out;
    }
    const sync::LinkState& link = uplink_->state();
    out.set_up(link.up);
    out.set_since_ms(link.since.wall.value());
    out.set_last_error(link.last_error);
    out.set_clock_offset_ms(link.clock.offset_ms);
    out.set_clock_error_ms(static_cast<std::uint64_t>(link.clock.error_ms));
    return out;
}

/// Reads the journal for it only while somebody listens.
asio::awaitable<void> Agent::publish_feed(ZmqServer& to) {
    for (;;) {
        if (const auto any = co_await to.wait_subscribers(); !any) co_return;
        FeedFollower follower{*feed_, journal_->head().seq, {}};
        while (to.has_subscribers()) {
            const auto messages = co_await follower.next();
            if (!messages && messages.error().code == Errc::abandoned) co_return;
            if (!messages) break;  // The journal could not be read: from its head on, then.
            for (const auto& message : *messages)
                to.publish(message.topic(), message.SerializeAsString());
        }
    }
}

void Agent::end(Ending ending) {
    if (!ending_) ending_ = std::move(ending);
    ended_.cancel();
}

asio::awaitable<Result<sync::ClientContext>> Agent::context() { return identity_->context(); }

void Agent::on_welcomed(const sync::UplinkSession::Welcomed& welcomed) {
    const auto centre = world_.clock.now().wall.value() - welcomed.clock.offset_ms;
    identity_->raise(WallTime{centre - welcomed.clock.error_ms});
    reporter_->on_link_up(welcomed.store_epoch);
    for (const auto& keeper : feed_keepers_) keeper->on_link_up();
    backup_age_ = welcomed.backup_age;
    report_soon();
    hand_over_older_journals(welcomed.store_epoch);
    const auto& newest = identity_->enrolment().sealing_keys.back();
    if (welcomed.sealing_key_id != 0 && welcomed.sealing_key_id != newest.id)
        children_.spawn(fetch_keys());
}

/// The journal's chain is not the centre's: this disk was cloned or restored, or the centre was, from a
/// backup older than what is kept here. Sales go on at once in a journal of the next generation.
void Agent::on_forked(const sync::Mark& centre) {
    log(LogLevel::error, "agent", "this journal forked from what the centre holds",
        {{"journal", journal_->identity().journal.value().text()},
         {"centre_mark", centre.seq.value()},
         {"head", journal_->head().seq.value()}});
    const auto begun =
        begin_next_journal(world_.home, identity_->enrolment(), world_.clock, world_.random);
    if (begun) return end({.again = true, .state = journal_->state()});
    log(LogLevel::error, "agent", "no new journal could be begun; capturing goes on in the old one",
        {{"error", begun.error().detail}});
}

/// Only once the centre has said which store it is can be known what it lacks.
void Agent::hand_over_older_journals(const Bytes& store_epoch) {
    if (handed_over_to_ == store_epoch) return;
    if (!leftovers_.empty())
        return end({.again = true, .state = {}});  // It was restored meanwhile.
    handed_over_to_ = store_epoch;
    auto unfinished =
        open_unfinished_journals(world_.home, identity_->enrolment(), store_epoch, world_.clock);
    if (!unfinished)
        return log(LogLevel::warning, "agent", "older journals are not handed over",
                   {{"error", unfinished.error().detail}});
    for (auto& one : *unfinished) {
        auto made =
            std::make_unique<Leftover>(world_.executor, std::move(one), world_.home, *identity_,
                                       store_epoch, world_.clock, started_.since_boot.value());
        leftovers_.push_back(std::move(made));
        children_.spawn(leftovers_.back()->run());
    }
}

void Agent::on_retired(const Bytes& store_epoch) {
    log(LogLevel::info, "agent", "the forked journal is kept at the centre");
    if (const auto saved = world_.home.save_retired(journal_->identity().journal, store_epoch);
        !saved)
        log(LogLevel::warning, "agent", "that was not noted", {{"error", saved.error().detail}});
}

void Agent::on_totals_stored(std::string_view business_day, std::uint32_t amendment) {
    reporter_->on_stored(business_day, amendment);
}

void Agent::on_noticed(std::string_view topic, std::uint64_t version) {
    log(LogLevel::debug, "agent", "the centre has news", {{"topic", topic}, {"version", version}});
    for (const auto& keeper : feed_keepers_) keeper->on_news(topic);
}

void Agent::on_feed_page(const v1::FeedPage& page) {
    for (const auto& keeper : feed_keepers_) keeper->on_page(page);
}

void Agent::on_customer_answer(const v1::CustomerAnswer& answer) {
    customer_finder_->on_answer(answer);
}

bool Agent::submit_question(Bytes question) {
    if (!uplink_ || !uplink_->state().up) return false;
    uplink_->submit(sync::UplinkSession::Submit::Kind::customer_question, std::move(question));
    return true;
}

void Agent::ask_for_feed(Bytes request) {
    if (uplink_)
        uplink_->submit(sync::UplinkSession::Submit::Kind::feed_request, std::move(request));
}

/// Another version of the master data is in use.
void Agent::on_master_data() {
    WorkstationSettings changed = register_settings();
    // What the days before came to was reckoned in the old one: everything that knows it is made anew.
    if (changed.sale.currency != currency_) return end({.again = true, .state = {}});
    if (const auto done = table_->reconfigure(std::move(changed)); !done)
        log(LogLevel::error, "masterdata", "not obeyed", {{"error", done.error().detail}});
    feed_->changed("master_data");
    report_soon();  // The centre is told which version is in use.
}

/// Also when one is just being made: what has changed may not be in it.
void Agent::report_soon() {
    report_due_ = true;
    reporting_.cancel();
}

asio::awaitable<void> Agent::report_now_and_then() {
    for (;;) {
        if (!report_due_) {
            reporting_.expires_after(telemetry_interval);
            co_await reporting_.async_wait(nothrow);
        }
        report_due_ = false;
        forget_old_customers();
        if (!uplink_->state().up) continue;
        Bytes message =
            co_await telemetry(*journal_, *identity_, world_.clock, started_, world_.home.root(),
                               world_.settings.journal_reserve_bytes,
                               {.master_data = master_ ? master_->version() : 0,
                                .customers = customers_ ? customers_->copy().version() : 0,
                                .erasures = erasures_ ? erasures_->done() : 0});
        uplink_->submit(sync::UplinkSession::Submit::Kind::telemetry, std::move(message));
        for (const auto& keeper : feed_keepers_) keeper->look_again();
        co_await obey_erasures();
        co_await let_go_of_old_events();
    }
}

asio::awaitable<void> Agent::obey_erasures() {
    if (!erasures_) co_return;
    const std::uint64_t before = erasures_->done();
    const auto obeyed = co_await erasures_->obey();
    if (!obeyed)
        log(LogLevel::error, "customers", "what must be deleted is still here",
            {{"error", obeyed.error().detail}});
    if (erasures_->done() != before) report_soon();  // The centre waits for it.
}

/// A till that was stolen, or lies in a cupboard, does not know them for ever.
void Agent::forget_old_customers() {
    if (!customers_) return;
    const auto forgot = customers_->expire(believed_clock_->now().wall);
    if (forgot && *forgot)
        log(LogLevel::warning, "customers", "forgotten: the centre was not heard for too long");
    if (!forgot)
        log(LogLevel::error, "customers", "cannot be kept on this device",
            {{"error", forgot.error().detail}});
}

/// Only a centre that has welcomed this agent has said how old its backups may be.
asio::awaitable<void> Agent::let_go_of_old_events() {
    if (!world_.settings.journal_keep) co_return;
    const JournalCore::Retention retention{
        .age = std::max(*world_.settings.journal_keep, backup_age_), .upto = reporter_->reported()};
    if (const auto told = co_await journal_->let_go(retention); !told)
        log(LogLevel::warning, "agent", "no old events are let go of",
            {{"error", told.error().detail}});
}

/// The centre seals to a newer key: it comes with a renewal, and the command table is made anew.
asio::awaitable<void> Agent::fetch_keys() {
    const auto renewed = co_await identity_->renew();
    if (renewed) co_return end({.again = true, .state = {}});
    log(LogLevel::warning, "agent", "the centre's new sealing key was not fetched",
        {{"error", renewed.error().detail}});
}

/// A new agent looks the journal through, sets it aside when it is damaged, and goes on in the next.
asio::awaitable<void> Agent::watch_journal() {
    if (const auto damaged = co_await journal_->wait_damaged(); !damaged) co_return;
    log(LogLevel::error, "agent", "the journal contradicts itself and is looked through");
    if (const auto noted = suspect_current_journal(world_.home); !noted)
        log(LogLevel::warning, "agent", "that was not noted", {{"error", noted.error().detail}});
    end({.again = true, .state = {}});
}

/// With one key, however often it is tried: a drawer's opening is not lost because the journal is just being
/// opened anew, and not told twice.
asio::awaitable<void> Agent::record_drawer(v1::RecordDrawer fact) {
    Request request{.caller = {.name = "agent", .role = Role::pos, .itself = true},
                    .idempotency_key = "drawer-" + world_.random.uuid().text()};
    asio::steady_timer pause{world_.executor};
    for (int tries = 0; tries < 30; ++tries) {
        const auto recorded = co_await table_->execute(request, fact);
        if (recorded) co_return;
        log(LogLevel::error, "devices", "what a cash drawer did is not in the journal yet",
            {{"error", recorded.error().detail}});
        pause.expires_after(1s);
        const auto [cancelled] = co_await pause.async_wait(nothrow);
        if (cancelled) co_return;
    }
}

/// What a clerk had opened in the journal before is open in this one, too.
asio::awaitable<void> Agent::carry_over(Bytes earlier_state) {
    v1::WorkstationState before;
    if (!before.ParseFromString(earlier_state)) co_return;
    std::vector<v1::RecordControl> commands;
    const auto add = [&](v1::ControlTransaction::Type type) -> v1::RecordControl& {
        auto& command = commands.emplace_back();
        command.set_type(type);
        command.set_reason("carried over from the journal before");
        return command;
    };
    if (!before.business_day().empty())
        add(v1::ControlTransaction::TYPE_DAY_OPEN).set_business_day(before.business_day());
    if (!before.operator_id().empty())
        add(v1::ControlTransaction::TYPE_SIGN_ON).set_operator_id(before.operator_id());
    if (before.shift() != 0) add(v1::ControlTransaction::TYPE_SHIFT_OPEN);
    // Of this journal's own: the one before may have been carried over to with the same commands.
    const auto carry_over =
        "carry-over-" + std::to_string(journal_->identity().generation.value()) + "-";
    for (const auto& command : commands) {
        Request request{.caller = {.name = "agent", .role = Role::pos, .itself = true},
                        .idempotency_key = carry_over + std::to_string(command.type())};
        const auto captured = co_await table_->execute(std::move(request), command);
        if (!captured)
            log(LogLevel::warning, "agent", "the workstation's state was not carried over",
                {{"error", captured.error().detail}});
    }
}

}  // namespace till
