#include "agent/store/database.hpp"
#include "sync/wire/chain.hpp"
#include "tests/sim/centre.hpp"

#include <algorithm>

// What must hold at the centre.
namespace till::sim {

namespace {

constexpr const char* ledger_file = "/sim/ledger.db";

std::string brief(const JournalId& journal) { return journal.value().text().substr(0, 8); }

}  // namespace

void Centre::check_marks() {
    const auto rows = on_disk([this] { return store_->journals(); });
    if (!rows || !*rows) return;
    for (const auto& row : **rows) {
        const auto before = marks_.find(row.journal);
        if (before != marks_.end()) {
            const auto& [seq, hash] = before->second;
            if (row.mark.seq < seq || !has(row.journal, seq, hash))
                throw Broken{"the mark of journal " + brief(row.journal) + " went back from "
                             + std::to_string(seq.value()) + " to "
                             + std::to_string(row.mark.seq.value())};
            if (!is_running()) return;
        }
        marks_[row.journal] = row.mark;
    }
    for (const auto& [journal, acknowledged] : book_.acks()) {
        if (acknowledged.epoch != epoch_) continue;
        if (!has(journal, acknowledged.seq, acknowledged.hash))
            throw Broken{"event " + std::to_string(acknowledged.seq.value()) + " of journal "
                         + brief(journal) + " was acknowledged and is gone"};
        if (!is_running()) return;
    }
}

void Centre::check_all() {
    check_marks();
    check_chains();
    check_requests();
}

void Centre::check_chains() {
    const auto rows = store_->journals();
    if (!rows) throw Broken{"the ledger cannot be read: " + rows.error().detail};
    for (const auto& row : *rows) {
        sync::Mark end{row.kept_from, row.kept_from == Seq{0} ? sync::genesis(row.journal)
                                                              : gone_[row.journal][row.kept_from]};
        while (end.seq < row.mark.seq) {
            const auto run = store_->read(row.journal, end.seq, 1'000'000, 1000);
            if (!run || run->empty())
                throw Broken{"journal " + brief(row.journal) + " has a hole after event "
                             + std::to_string(end.seq.value())};
            for (const auto& stored : *run) {
                end = {next(end.seq), sync::chain_hash(end.hash, row.journal, stored.envelope)};
                if (stored.envelope.seq != end.seq || stored.hash != end.hash)
                    throw Broken{"the chain of journal " + brief(row.journal) + " breaks at event "
                                 + std::to_string(end.seq.value())};
            }
        }
        if (end.hash != row.mark.hash)
            throw Broken{"journal " + brief(row.journal) + " does not lead to its mark"};
    }
}

std::multimap<std::string, Centre::Projected> Centre::projected_by_key() {
    std::multimap<std::string, Projected> found;
    sync::TransactionFilter filter{.limit = 1000};
    do {
        const auto page = queries_->transactions(filter);
        if (!page) throw Broken{"the projection cannot be read: " + page.error().detail};
        for (const auto& row : page->rows)
            found.emplace(row.order_id, Projected{row.journal, row.seq, row.gross});
        filter.after = page->next;
    } while (filter.after != 0);
    return found;
}

bool Centre::is_branch(const Given& given) {
    auto database = Database::open(
        {.file = ledger_file, .mode = Database::Mode::read_only, .vfs = disk_.name()});
    if (!database) return false;
    auto find =
        database->prepare("SELECT count(*) FROM branch_envelopes WHERE seq = ? AND hash = ?");
    if (!find) return false;
    std::int64_t count = 0;
    static_cast<void>(
        find->each([&](const Row& row) { count = row.integer(0); }, given.seq.value(), given.hash));
    return count > 0;
}

bool Centre::is_excepted(const Given& given) {
    const auto rows = queries_->exceptions(true, 0, 10'000);
    return rows && std::ranges::any_of(*rows, [&](const sync::ExceptionRow& row) {
               return row.journal == given.journal && row.seq == given.seq && row.held;
           });
}

void Centre::check_requests() {
    const auto projected = projected_by_key();
    for (const Request& request : book_.requests()) {
        const auto [first, last] = projected.equal_range(request.key);
        const auto times = std::distance(first, last);
        if (times > 1)
            throw Broken{"request " + request.key + " counts " + std::to_string(times) + " times"};
        if (times == 1 && first->second.gross != request.price)
            throw Broken{"request " + request.key + " counts with "
                         + std::to_string(first->second.gross) + " instead of "
                         + std::to_string(request.price)};
        for (const Given& given : request.given) {
            if (!Book::must_arrive(given, epoch_)) continue;
            if (has(given.journal, given.seq, given.hash)) {
                if (times == 0 && !is_excepted(given))
                    throw Broken{"request " + request.key + " is stored (" + text(given)
                                 + ") and does not count"};
            } else if (!is_branch(given)) {
                throw Broken{"request " + request.key + " was answered (" + text(given)
                             + ") and is not at the centre"};
            }
        }
    }
    for (const auto& [key, row] : projected) {
        const auto known = [&key = key](const Request& request) { return request.key == key; };
        if (std::ranges::none_of(book_.requests(), known))
            throw Broken{"a sale counts that nobody asked for: " + key};
    }
}

}  // namespace till::sim
