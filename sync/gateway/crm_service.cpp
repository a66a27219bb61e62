#include "sync/gateway/crm_service.hpp"

#include "agent/runtime/log.hpp"
#include "agent/runtime/private_file.hpp"
#include "agent/runtime/task_group.hpp"
#include "sync/crm/tryton.hpp"
#include "sync/crm/webhook.hpp"
#include "sync/gateway/crm_source.hpp"
#include "sync/projection/queries.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <limits>

namespace till::sync {

using namespace std::chrono_literals;

namespace {

constexpr auto idle = 500ms;                   // Between two looks for news.
constexpr auto between_readings = 2s;          // Of what changed in a CRM.
constexpr std::size_t exceptions_most = 1000;  // Of one CRM at once: the eldest it refused.

/// Says it in the centre's journal, from a thread that has no loop.
Result<void> say(CentreJournal& own, const std::string& connector, std::vector<CrmChange> changes) {
    std::vector<CentreJournal::Entry> entries;
    for (CrmChange& change : changes) {
        auto& entry = entries.emplace_back();
        entry.event.mutable_origin()->set_caller("crm:" + connector);
        entry.event.mutable_origin()->set_key(change.key);
        *entry.event.mutable_customer_changed() = std::move(change.said);
        entry.person = std::move(change.person);
        entry.at_ms = change.at_ms;
    }
    asio::io_context loop{1};
    auto staying = asio::make_work_guard(loop);  // The ledger answers from a thread of its own.
    Result<Seq> done = Error{Errc::abandoned, "stopping"};
    const auto append = [&]() -> asio::awaitable<void> {
        done = co_await own.append(std::move(entries));
        staying.reset();
    };
    TaskGroup only{loop.get_executor()};
    only.spawn(append());
    loop.run();
    if (!done) return done.error();
    return {};
}

Secret copy(const Secret& key) { return Secret{key.reveal()}; }

VaultKeys copy(const HomeKeys& keys) {
    VaultKeys copies{
        .sealing = {}, .token_key = copy(keys.token_key), .master_key = copy(keys.vault_key)};
    for (const auto& pair : keys.sealing)
        copies.sealing.push_back({pair.key, copy(pair.private_key)});
    return copies;
}

Result<std::vector<Secret>> read_secrets(const std::filesystem::path& file) {
    TILL_TRY(const Secret text, read_private_file(file));
    std::vector<Secret> secrets;
    std::string_view rest = text.reveal();
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find_first_of("\r\n"));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        if (line.empty() || line[0] == '#') continue;
        auto secret = webhook_secret(line);
        if (!secret)
            return Error{secret.error().code, file.string() + ": " + secret.error().detail};
        secrets.push_back(*std::move(secret));
    }
    if (secrets.empty()) return Error{Errc::malformed, file.string() + " holds no secret"};
    return secrets;
}

/// A file of one line.
Result<Secret> read_line(const std::filesystem::path& file) {
    TILL_TRY(const Secret text, read_private_file(file));
    const auto line = text.reveal().substr(0, text.reveal().find_first_of("\r\n"));
    if (line.empty()) return Error{Errc::malformed, file.string() + " is empty"};
    return Secret{line};
}

}  // namespace

struct CrmService::Runner {
    std::string url;
    std::unique_ptr<CrmConnector> connector;
    std::unique_ptr<CrmSource> source;
    std::unique_ptr<Outbox> outbox;
    std::unique_ptr<Inbox> inbox;
    bool is_asked = true;  // Whether changes are read from this CRM.
    std::optional<std::chrono::steady_clock::time_point> read;
    std::uint64_t refusals_told = 0;
    std::unique_ptr<Queries> asked;  // By those who ask how it stands; under the service's mutex.
    std::string trouble;             // The same.
};

CrmService::CrmService(ProjectionService& projection, Clock& clock)
    : projection_{projection}, clock_{clock} {}

Result<std::unique_ptr<CrmService>> CrmService::open(const HomePaths& home, const HomeKeys& keys,
                                                     const GatewaySettings& settings,
                                                     const OpenStore& reading, CentreJournal& own,
                                                     ProjectionService& projection, Clock& clock,
                                                     Random& random) {
    std::unique_ptr<CrmService> service{new CrmService{projection, clock}};
    if (settings.webhooks.empty() && settings.trytons.empty()) return service;
    TILL_TRY(service->state_, OutboxState::open(home / "outbox.db"));
    const auto in_home = [&](const std::filesystem::path& file) {
        return file.empty() ? file : home.root / file;
    };
    const auto add = [&](std::unique_ptr<CrmConnector> connector, const std::string& url,
                         const std::string& country) -> Result<void> {
        auto runner = std::make_unique<Runner>();
        runner->url = url;
        runner->connector = std::move(connector);
        const auto tables = home / "projection.db";
        TILL_TRY(auto store, reading());
        TILL_TRY(auto queries, Queries::open(tables));
        TILL_TRY(auto vault,
                 Vault::open(home / "vault.db", copy(keys), random, Vault::Access::reading));
        TILL_TRY(runner->asked, Queries::open(tables));
        const std::string& name = runner->connector->name();
        CrmSource::Parts parts{.store = std::move(store),
                               .queries = std::move(queries),
                               .vault = std::move(vault),
                               .connector = name,
                               .country = country};
        runner->source = std::make_unique<CrmSource>(std::move(parts), *service->state_);
        runner->inbox =
            std::make_unique<Inbox>(*runner->source, *service->state_, *runner->connector, clock,
                                    [&own, name](std::vector<CrmChange> changes) {
                                        return say(own, name, std::move(changes));
                                    });
        runner->outbox = std::make_unique<Outbox>(*runner->source, *service->state_,
                                                  *runner->connector, clock, Outbox::Options{});
        service->runners_.push_back(std::move(runner));
        return {};
    };
    for (const auto& webhook : settings.webhooks) {
        const auto secrets = in_home(webhook.secrets_file);
        TILL_TRY(const auto checked, read_secrets(secrets));
        TILL_TRY_VOID(add(std::make_unique<Webhook>(Webhook::Options{
                              .name = webhook.name,
                              .url = webhook.url,
                              .authorities = in_home(webhook.authorities),
                              .batch_max = webhook.batch_max,
                              .answer_limit = webhook.answer_limit,
                              .person = webhook.person,
                              .secrets = [secrets] { return read_secrets(secrets); },
                              .now = [&clock] { return clock.now().wall; }}),
                          webhook.url, {}));
    }
    for (const auto& tryton : settings.trytons) {
        const auto password = in_home(tryton.password_file);
        TILL_TRY(const Secret checked, read_line(password));
        TILL_TRY_VOID(add(std::make_unique<Tryton>(Tryton::Options{
                              .name = tryton.name,
                              .server = {.url = tryton.url,
                                         .database = tryton.database,
                                         .user = tryton.user,
                                         .password = [password] { return read_line(password); },
                                         .authorities = in_home(tryton.authorities)},
                              .settle = tryton.settle,
                              .list = tryton.list}),
                          tryton.url, tryton.country));
    }
    return service;
}

CrmService::~CrmService() {
    for (const auto& runner : runners_) runner->connector->stop();
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_all();
}

void CrmService::start() {
    for (const auto& runner : runners_) threads_.emplace_back([this, &one = *runner] { run(one); });
}

void CrmService::run(Runner& runner) {
    std::unique_lock lock{mutex_};
    while (!stopping_) {
        lock.unlock();
        auto step = runner.outbox->step();
        tell_refused(runner);
        const bool more = step && step->trouble.empty() && !step->busy && read_back(runner);
        lock.lock();
        const std::string trouble = step ? step->trouble : "our own disk: " + step.error().detail;
        const bool news = trouble != runner.trouble && !stopping_;
        if (news)
            log(trouble.empty() ? LogLevel::info : LogLevel::warning, "crm",
                trouble.empty() ? "events are taken again" : "events are not taken",
                {{"connector", runner.connector->name()}, {"cause", trouble}});
        runner.trouble = trouble;
        if (step && (step->busy || more)) continue;
        const auto pause = step && step->pause.count() > 0 ? step->pause : idle;
        wake_.wait_for(lock, pause, [this] { return stopping_; });
    }
}

void CrmService::tell_refused(Runner& runner) {
    const std::uint64_t changed = state_->refusals_changed();
    if (changed == runner.refusals_told) return;
    const std::string& name = runner.connector->name();
    const auto refused = state_->refused(name, exceptions_most);
    if (!refused) return;  // Its own disk: the next step says so.
    runner.refusals_told = changed;
    std::vector<Projector::Refused> all;
    for (const auto& each : *refused)
        all.push_back({each.journal, each.seq, each.field, each.cause});
    projection_.tell([name, all = std::move(all),
                      now = clock_.now().wall.value()](ProjectionService::Desk& desk) {
        return desk.projector.note_refused(name, all, now);
    });
}

/// A CRM that takes events and cannot be read is behind with its changes, no more: it is tried again.
bool CrmService::read_back(Runner& runner) {
    const auto now = std::chrono::steady_clock::now();
    if (!runner.is_asked || (runner.read && now - *runner.read < between_readings)) return false;
    runner.read = now;
    const auto news = runner.inbox->step();
    if (news) return *news > 0;
    runner.is_asked = news.error().code != Errc::unsupported;
    if (runner.is_asked)
        log(LogLevel::warning, "crm", "changes are not read",
            {{"connector", runner.connector->name()}, {"cause", news.error().detail}});
    return false;
}

Result<CrmService::Runner*> CrmService::find(const std::string& name) {
    for (const auto& runner : runners_)
        if (runner->connector->name() == name) return runner.get();
    return Error{Errc::not_found, "there is no connector \"" + name + "\""};
}

Result<std::vector<CrmService::State>> CrmService::states() {
    std::vector<State> states;
    const std::scoped_lock lock{mutex_};
    for (const auto& runner : runners_) {
        State state{
            .name = runner->connector->name(), .url = runner->url, .trouble = runner->trouble};
        TILL_TRY(const auto projected, runner->asked->cursors());
        TILL_TRY(const auto offered, state_->cursors(state.name));
        for (const auto& [journal, seq] : projected) {
            const auto cursor = offered.find(journal);
            const Seq reached = cursor == offered.end() ? Seq{0} : cursor->second.seq;
            state.behind += seq.value() - std::min(seq, reached).value();
        }
        TILL_TRY(state.refused, state_->refused_count(state.name));
        states.push_back(std::move(state));
    }
    return states;
}

Result<std::vector<OutboxState::Refusal>> CrmService::refused(const std::string& name,
                                                              std::size_t most) {
    TILL_TRY_VOID(find(name));
    return state_->refused(name, most);
}

Result<std::uint64_t> CrmService::retry(const std::string& name) {
    TILL_TRY_VOID(find(name));
    return state_->retry(name);
}

Result<void> CrmService::settle(const ExceptionRow& exception, Seen how) {
    const auto crm = refusing_crm(exception.code);
    if (!crm || !find(*crm)) return {};
    const OutboxState::Place place{exception.journal, exception.seq};
    if (how == Seen::closed) return state_->give_up(*crm, place);
    const auto again = state_->retry(*crm, place);
    return again ? Result<void>{} : Result<void>{again.error()};
}

Result<std::vector<std::pair<std::string, bool>>> CrmService::reached(const JournalId& journal,
                                                                      Seq seq) {
    std::vector<std::pair<std::string, bool>> all;
    for (const auto& runner : runners_) {
        const std::string& name = runner->connector->name();
        TILL_TRY(const auto cursor, state_->cursor(name, journal));
        TILL_TRY(const bool open, state_->is_open(name, journal, seq));
        all.emplace_back(name, cursor.seq >= seq && !open);
    }
    return all;
}

Result<Seq> CrmService::offered(const JournalId& journal) {
    Seq least{std::numeric_limits<std::uint64_t>::max()};
    for (const auto& runner : runners_) {
        TILL_TRY(const auto cursor, state_->cursor(runner->connector->name(), journal));
        least = std::min(least, cursor.seq);
    }
    return least;
}

}  // namespace till::sync
