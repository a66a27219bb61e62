#include "agent/daemon/day_reporter.hpp"

#include "agent/journal/journal_reader.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"
#include "sync/wire/events.pb.h"
#include "sync/wire/frames.pb.h"

#include <boost/asio/post.hpp>

namespace till {

namespace {

namespace v1 = tillstream::v1;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto quiet_time = 2s;       // A burst of captures is over.
constexpr auto burst_time_max = 60s;  // One that never ends is reported now and then.
constexpr auto round_interval = 60s;  // Between two reports of a day that nobody closed.
constexpr auto answer_time_max = 30s;
constexpr auto retry_time = 10s;
constexpr std::size_t slice_events = 200;

bool cannot_wait(const v1::Event& event) {
    if (event.has_control_transaction())
        return event.control_transaction().type() == v1::ControlTransaction::TYPE_DAY_CLOSE;
    return event.has_retail_transaction() && event.retail_transaction().has_source();
}

/// wait_beyond() as a question with a limit: has the journal grown?
asio::awaitable<Result<void>> grown(Journal& journal, Seq seq, std::chrono::milliseconds limit) {
    co_return co_await with_deadline(limit, journal.wait_beyond(seq));
}

/// As wait_beyond(), but returns as well when `told` is cancelled, or at its expiry.
asio::awaitable<Result<void>> grown_or_told(Journal& journal, Seq seq, asio::steady_timer& told) {
    using namespace asio::experimental::awaitable_operators;
    const auto first = co_await (journal.wait_beyond(seq) || told.async_wait(nothrow));
    if (const auto* more = std::get_if<0>(&first)) co_return *more;
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (cancelled != asio::cancellation_type::none)
        co_return Error{Errc::abandoned, "waiting for figures to report"};
    co_return Result<void>{};
}

void fill(v1::CurrencyFigures& into, const DayFigures& figures, const std::string& currency) {
    const auto of = [&](Measure measure) { return figures.figure({currency, measure, 0}); };
    const auto count = of(Measure::transaction).count + of(Measure::post_void).count;
    into.set_transactions(static_cast<std::uint64_t>(count));
    into.set_gross(figures.gross(currency));
    into.set_net(of(Measure::net).amount);
    into.set_tax(of(Measure::tax).amount);
    for (const auto& [key, figure] : figures.figures) {
        if (key.currency != currency || key.measure != Measure::tender) continue;
        auto& tender = *into.add_tenders();
        tender.set_type(static_cast<v1::TenderType>(key.type));
        tender.set_count(static_cast<std::uint64_t>(figure.count));
        tender.set_applied(figure.amount);
    }
}

}  // namespace

DayReporter::DayReporter(asio::any_io_executor executor, Options options, Journal& journal,
                         const DeviceIdentity& identity, Submit submit)
    : options_{std::move(options)},
      journal_{journal},
      identity_{identity},
      submit_{std::move(submit)},
      known_{TotalsFile::load(options_.totals_file, journal.identity().journal)},
      scanned_{known_.reported},
      changed_{executor} {}

asio::awaitable<void> DayReporter::run() {
    while (co_await wait_for_change()) {
        auto reported = co_await find_changed_days();
        const auto due = reported_ + round_interval;
        if (reported && !urgent_ && steady_clock::now() < due) {
            // Nothing presses. More may come meanwhile, and press.
            changed_.expires_at(due);
            const auto more = co_await grown_or_told(journal_, scanned_, changed_);
            if (!more) co_return;
            if (steady_clock::now() < due) continue;
        }
        if (reported) reported = co_await report();
        if (reported) continue;
        log(LogLevel::warning, "totals", "figures could not be read",
            {{"error", reported.error().detail}});
        changed_.expires_after(retry_time);
        co_await changed_.async_wait(nothrow);
    }
}

asio::awaitable<bool> DayReporter::wait_for_change() {
    while (changed_days_.empty() && journal_.head().seq <= scanned_) {
        changed_.expires_at(steady_clock::time_point::max());
        const auto more = co_await grown_or_told(journal_, scanned_, changed_);
        if (!more) co_return false;
    }
    const auto begun = steady_clock::now();
    Seq head = journal_.head().seq;
    while (steady_clock::now() < begun + burst_time_max) {
        const auto more = co_await grown(journal_, head, quiet_time);
        if (!more) co_return more.error().code == Errc::timed_out;
        head = journal_.head().seq;
    }
    co_return true;
}

asio::awaitable<Result<void>> DayReporter::find_changed_days() {
    TILL_CO_TRY(auto reader, JournalReader::open(options_.journal_file));
    v1::Event event;
    for (bool more = true; more;) {
        std::size_t seen = 0;
        const auto visit = [&](const sync::Envelope& envelope, const Digest&) {
            scanned_ = envelope.seq;
            if (event.ParseFromString(envelope.body) && !event.context().business_day().empty()) {
                changed_days_.insert(event.context().business_day());
                urgent_ = urgent_ || cannot_wait(event);
            }
            return ++seen < slice_events;
        };
        TILL_CO_TRY_VOID(reader.scan(scanned_, visit));
        more = seen == slice_events;
        co_await asio::post(nothrow);
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> DayReporter::report() {
    TILL_CO_TRY(auto reader, JournalReader::open(options_.journal_file));
    const Seq covered = scanned_;
    while (!changed_days_.empty()) {
        const std::string day = *changed_days_.begin();
        TILL_CO_TRY(const auto totals, reader.day_totals(day));
        for (const auto& [key, figures] : totals) co_await offer(day, key, figures);
        changed_days_.erase(day);
    }
    reported_ = steady_clock::now();
    urgent_ = scanned_ < covered;  // The centre was restored meanwhile: all of it once more.
    if (!urgent_) known_.reported = covered;
    co_return known_.save(options_.totals_file);
}

/// Offers one workstation's day until the centre has it.
asio::awaitable<void> DayReporter::offer(std::string business_day, const DayKey& key,
                                         const DayFigures& figures) {
    auto& amendment = known_.next_amendment[business_day];
    const Bytes totals = signed_totals(amendment, key, figures);
    offered_day_ = business_day;
    stored_.reset();
    while (stored_ != amendment) {
        const bool sent = submit_(totals);
        changed_.expires_after(sent ? answer_time_max : std::chrono::hours{24});
        co_await changed_.async_wait(nothrow);
    }
    ++amendment;
}

void DayReporter::on_link_up(const Bytes& store_epoch) {
    if (known_.move_to(store_epoch)) {
        log(LogLevel::info, "totals", "the centre's store is another: every day is offered again");
        scanned_ = Seq{0};
        urgent_ = true;
    }
    changed_.cancel();
}

void DayReporter::on_stored(std::string_view business_day, std::uint32_t amendment) {
    if (business_day != offered_day_) return;
    stored_ = amendment;
    changed_.cancel();
}

Bytes DayReporter::signed_totals(std::uint32_t amendment, const DayKey& key,
                                 const DayFigures& figures) const {
    v1::DayFigures message;
    message.set_journal_id(Bytes{journal_.identity().journal.value().bytes()});
    message.set_store(key.store);
    message.set_workstation(key.workstation);
    message.set_business_day(key.business_day);
    message.set_amendment(amendment);
    message.set_upto_seq(figures.last.value());
    message.set_upto_hash(Bytes{view(figures.last_hash)});
    std::set<std::string> currencies;
    for (const auto& [figure, ignored] : figures.figures) currencies.insert(figure.currency);
    for (const auto& code : currencies) {
        auto& into = *message.add_currencies();
        into.set_currency(code);
        const auto usual = Currency::parse(code);
        const bool own = code == options_.currency.code();
        const int decimals = own ? options_.currency.decimals() : usual ? usual->decimals() : 2;
        into.set_currency_decimals(static_cast<std::uint32_t>(decimals));
        fill(into, figures, code);
    }
    v1::DayTotals totals;
    totals.set_figures(message.SerializeAsString());
    totals.set_signature(identity_.sign(totals.figures()));
    return totals.SerializeAsString();
}

}  // namespace till
