#include "sync/projection/reconciler.hpp"

#include "sync/wire/frames.pb.h"

namespace till::sync::detail {

Result<ReconciledDay> Reconciler::compare(const Place& place) {
    TILL_TRY_VOID(load_journals(place));
    TILL_TRY_VOID(load_figures(place));
    TILL_TRY_VOID(load_centre(place));
    TILL_TRY_VOID(load_withheld(place));
    TILL_TRY_VOID(find_missing(place));
    return result(place);
}

Result<void> Reconciler::load_journals(const Place& place) {
    return tables_.each(
        "SELECT journal, events FROM day_events WHERE day = ?",
        [&](const Row& row) { journals_[row.integer(0)].events = row.unsigned_integer(1); },
        place.day);
}

// Of each journal, the newest figures: those made when its head was furthest.
Result<void> Reconciler::load_figures(const Place& place) {
    std::map<std::int64_t, v1::DayFigures> newest;
    const auto visit = [&](const Row& row) {
        ReconciledJournal& journal = journals_[row.integer(0)];
        journal.has_figures = newest[row.integer(0)].ParseFromString(Bytes{row.bytes(1)});
        journal.verified = row.integer(2) != 0;
    };
    TILL_TRY_VOID(
        tables_.each("SELECT journal, figures, verified FROM day_figures WHERE day = ? "
                     "ORDER BY upto, amendment",
                     visit, place.day));
    for (const auto& [number, said] : newest) {
        journals_[number].amendment = said.amendment();
        journals_[number].upto = Seq{said.upto_seq()};
        for (const v1::CurrencyFigures& each : said.currencies()) {
            decimals_[each.currency()] = static_cast<int>(each.currency_decimals());
            const auto add = [&](const std::string& name, std::int64_t amount) {
                compared_[{each.currency(), name}].device += amount;
            };
            add("transactions", static_cast<std::int64_t>(each.transactions()));
            add("gross", each.gross());
            add("net", each.net());
            add("tax", each.tax());
            for (const v1::TenderFigures& tender : each.tenders()) {
                add(tender_name(tender.type()) + " count",
                    static_cast<std::int64_t>(tender.count()));
                add(tender_name(tender.type()) + " applied", tender.applied());
            }
        }
    }
    for (auto& [number, journal] : journals_) {
        const auto said = newest.find(number);
        Digest hash{};
        if (said != newest.end() && said->second.upto_hash().size() == hash.size())
            std::ranges::copy(octets(said->second.upto_hash()), hash.begin());
        TILL_TRY_VOID(look_up(number, hash));
    }
    return {};
}

Result<void> Reconciler::look_up(std::int64_t number, const Digest& upto_hash) {
    ReconciledJournal& journal = journals_[number];
    TILL_TRY(journal.journal, tables_.journal_id(number));
    TILL_TRY(const auto cursor,
             tables_.integer("SELECT cursor FROM journals WHERE number = ?", number));
    journal.cursor = Seq{static_cast<std::uint64_t>(cursor.value_or(0))};
    TILL_TRY(const auto row, store_.find(journal.journal));
    if (row) journal.mark = row->mark.seq;
    if (!row || journal.upto > journal.mark) return {};
    if (journal.upto < row->kept_from) {
        journal.chain = ReconciledJournal::Chain::let_go;
        return {};
    }
    TILL_TRY(const Digest stored, store_.hash_at(journal.journal, journal.upto));
    journal.chain =
        stored == upto_hash ? ReconciledJournal::Chain::same : ReconciledJournal::Chain::differs;
    return {};
}

bool Reconciler::covers(std::int64_t event) const {
    const auto journal = journals_.find(journal_of(event));
    return journal != journals_.end() && seq_of(event) <= journal->second.upto;
}

// A figure of the centre, and of the difference where the device could not have counted it yet.
void Reconciler::count(std::int64_t event, const Name& name, std::int64_t amount) {
    Comparison& compared = compared_[name];
    compared.centre += amount;
    if (covers(event)) return;
    const auto journal = journals_.find(journal_of(event));
    const bool silent = journal == journals_.end() || !journal->second.has_figures;
    compared.causes[silent ? "no figures from a journal of this day"
                           : "came in after the device made its figures"] -= amount;
}

Result<void> Reconciler::load_centre(const Place& place) {
    const auto transaction = [&](const Row& row) {
        const std::int64_t event = row.integer(0);
        const std::string currency{row.bytes(1)};
        decimals_[currency] = static_cast<int>(row.integer(2));
        count(event, {currency, "transactions"}, 1);
        count(event, {currency, "gross"}, row.integer(3));
        count(event, {currency, "net"}, row.integer(4));
        count(event, {currency, "tax"}, row.integer(5));
    };
    TILL_TRY_VOID(
        tables_.each("SELECT event, currency, decimals, gross, net, tax FROM transactions "
                     "WHERE day = ? AND status = 1 AND NOT training",
                     transaction, place.day));
    const auto tender = [&](const Row& row) {
        const std::string name = tender_name(static_cast<int>(row.integer(2)));
        count(row.integer(0), {std::string{row.bytes(1)}, name + " count"}, 1);
        count(row.integer(0), {std::string{row.bytes(1)}, name + " applied"}, row.integer(3));
    };
    return tables_.each(
        "SELECT t.event, t.currency, n.type, n.applied FROM transactions t "
        "JOIN tenders n USING (event) "
        "WHERE t.day = ? AND t.status = 1 AND NOT t.training AND n.state = 2",
        tender, place.day);
}

// What the device counted and the centre keeps out, each with its reason.
Result<void> Reconciler::load_withheld(const Place& place) {
    const auto visit = [&](const Row& row) {
        if (!covers(row.integer(0))) return;
        const auto exception = row.optional_integer(4);
        const std::string why =
            exception ? "exception " + std::to_string(*exception) + ": " + Bytes{row.bytes(5)}
                      : "repeated transactions, counted once";
        compared_[{std::string{row.bytes(1)}, std::string{row.bytes(2)}}].causes[why] +=
            row.integer(3);
    };
    return tables_.each(
        "SELECT w.event, w.currency, w.measure, w.amount, min(e.id), e.cause FROM withheld w "
        "LEFT JOIN exceptions e ON e.event = w.event AND e.held "
        "WHERE w.day = ? GROUP BY w.event, w.currency, w.measure",
        visit, place.day);
}

Result<void> Reconciler::find_missing(const Place&) {
    for (const auto& [number, journal] : journals_) {
        const std::string name = journal.journal.value().text();
        const auto range = [&](Seq after) {
            return "events " + std::to_string(after.value() + 1) + " to "
                   + std::to_string(journal.upto.value()) + " of journal " + name;
        };
        if (journal.upto > journal.mark)
            missing_.push_back("not yet synced: " + range(journal.mark));
        else if (journal.upto > journal.cursor)
            missing_.push_back("not yet projected: " + range(journal.cursor));
        TILL_TRY_VOID(tables_.each(
            "SELECT count(*) FROM parked WHERE event BETWEEN ? AND ? HAVING count(*) > 0",
            [&](const Row& row) {
                missing_.push_back(std::to_string(row.integer(0))
                                   + " parked events of unknown kinds");
            },
            event_id(number, Seq{1}), event_id(number, journal.upto)));
        TILL_TRY_VOID(tables_.each(
            "SELECT id, cause FROM exceptions WHERE held AND state = 0 AND day IS NULL AND event "
            "BETWEEN ? AND ?",
            [&](const Row& row) {
                missing_.push_back("exception " + std::to_string(row.integer(0)) + ": "
                                   + Bytes{row.bytes(1)});
            },
            event_id(number, Seq{1}), event_id(number, journal.upto)));
    }
    return {};
}

ReconciledDay Reconciler::result(const Place& place) const {
    ReconciledDay day{
        .store = place.store, .workstation = place.workstation, .business_day = place.business_day};
    day.balanced = day.explained = true;
    std::string rest;
    for (const std::string& each : missing_) rest += (rest.empty() ? "" : "; ") + each;
    if (rest.empty()) rest = "unknown";
    for (const auto& [name, compared] : compared_) {
        const auto decimals = decimals_.find(name.first);
        ReconciledFigure figure{.currency = name.first,
                                .decimals = decimals == decimals_.end() ? 0 : decimals->second,
                                .name = name.second,
                                .device = compared.device,
                                .centre = compared.centre};
        std::int64_t left = compared.device - compared.centre;
        for (const auto& [text, amount] : compared.causes) {
            left -= amount;
            if (amount != 0) figure.causes.push_back({text, amount});
        }
        if (left != 0) {
            figure.causes.push_back({rest, left});
            if (missing_.empty()) day.explained = false;
        }
        day.balanced &= figure.causes.empty();
        day.figures.push_back(std::move(figure));
    }
    for (const auto& [number, journal] : journals_) {
        day.journals.push_back(journal);
        day.balanced &= journal.has_figures && journal.verified
                        && (journal.chain == ReconciledJournal::Chain::same
                            || journal.chain == ReconciledJournal::Chain::let_go);
    }
    return day;
}

}  // namespace till::sync::detail
