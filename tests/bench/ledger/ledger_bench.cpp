// bench_ledger: figures of the centre's storage beside bare SQLite on the same disk, as JSON lines.
// Rounds alternate (floor, ours, floor, ours, …) because a disk's speed drifts; medians are compared.

#include "agent/crypto/system_random.hpp"
#include "sync/ledger/sqlite_store.hpp"
#include "sync/projection/projector.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/workload.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <stdexcept>

using namespace till;
using namespace till::sync;
using Steady = std::chrono::steady_clock;

namespace {

constexpr std::size_t rounds = 5, events = 50'000, per_commit = 256, journals = 16, people = 3'000;

/// Time of the processor, which a busy neighbour does not stretch: what "one core" is about.
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Taken {
    double wall = 0, processor = 0;
};

/// Runs `work` and measures it.
template <class Work>
Taken measure(Work&& work) {
    const double processor = processor_seconds();
    const auto start = Steady::now();
    work();
    return {std::chrono::duration<double>(Steady::now() - start).count(),
            processor_seconds() - processor};
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values.at(values.size() / 2);
}

void report(const char* name, const char* unit, double value, double floor, double goal, bool met) {
    fmt::print(
        "{{\"name\":\"{}\",\"value\":{:.3f},\"unit\":\"{}\",\"floor\":{:.3f},\"ratio\":{:.2f},"
        "\"goal\":{},\"met\":{}}}\n",
        name, value, unit, floor, value / floor, goal, met);
    std::fflush(stdout);
}

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error{result.error().detail};
    return *std::move(result);
}

/// A day of a chain of shops: journals with their chains, sealed parts that the centre can open.
std::vector<FakeJournal> make_journals(const SealingKeyPair& pair, bool sealed) {
    SystemRandom random;
    support::Workload workload{support::Shop{}, 42};
    std::vector<FakeJournal> all;
    for (std::size_t i = 0; i < journals; ++i) all.emplace_back(random);
    for (std::size_t i = 0; i < events; ++i) {
        Envelope made = workload.next();
        if (!made.sealed.empty() && sealed) {
            v1::Personal personal;
            v1::Identifier& card = *personal.add_identifiers();
            card.set_type(v1::IDENTIFIER_TYPE_LOYALTY_CARD);
            card.set_value(std::to_string(7'700'000 + i % people));
            made.sealed = must(seal(pair.key, personal.SerializeAsString()));
        } else {
            made.sealed.clear();
        }
        all[i % journals].add(made.kind.value(), std::move(made.body), std::move(made.sealed));
    }
    return all;
}

/// What any program on SQLite pays: one prepared INSERT of the same bytes, WAL, synchronous=FULL.
Taken floor_time(const std::vector<FakeJournal>& all) {
    const Scratch scratch;
    sqlite3* db = nullptr;
    sqlite3_stmt* insert = nullptr;
    sqlite3_open((scratch.path / "floor.db").c_str(), &db);
    const auto run = [&](const char* sql) {
        if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
            throw std::runtime_error{sqlite3_errmsg(db)};
    };
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0");
    run("CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB, sealed BLOB, hash BLOB)");
    sqlite3_prepare_v2(db, "INSERT INTO t(body, sealed, hash) VALUES(?, ?, ?)", -1, &insert,
                       nullptr);
    const auto insert_all = [&] {
        std::size_t count = 0;
        for (const FakeJournal& till : all)
            for (std::size_t i = 0; i < till.envelopes.size(); ++i) {
                const Envelope& e = till.envelopes[i];
                if (count++ % per_commit == 0) run(count == 1 ? "BEGIN" : "COMMIT; BEGIN");
                sqlite3_bind_blob64(insert, 1, e.body.data(), e.body.size(), SQLITE_STATIC);
                sqlite3_bind_blob64(insert, 2, e.sealed.data(), e.sealed.size(), SQLITE_STATIC);
                sqlite3_bind_blob64(insert, 3, till.hashes[i].data(), till.hashes[i].size(),
                                    SQLITE_STATIC);
                if (sqlite3_step(insert) != SQLITE_DONE)
                    throw std::runtime_error{sqlite3_errmsg(db)};
                sqlite3_reset(insert);
            }
        run("COMMIT");
    };
    const Taken taken = measure(insert_all);
    sqlite3_finalize(insert);
    sqlite3_close(db);
    return taken;
}

/// The same envelopes into the ledger: every commit has a run of each of the journals.
Taken store_time(SqliteStore& store, const std::vector<FakeJournal>& all) {
    for (const FakeJournal& till : all) must(store.bind(till.hello()));
    constexpr std::size_t run = per_commit / journals;
    std::vector<std::vector<Append>> commits;
    for (std::size_t from = 0; from < events / journals; from += run) {
        commits.emplace_back();
        for (const FakeJournal& till : all)
            commits.back().push_back(
                till.append(from, std::min(from + run, till.envelopes.size())));
    }
    return measure([&] {
        for (const auto& commit : commits)
            for (const Appended& done : must(store.commit(commit)))
                if (!done.won) throw std::runtime_error{"lost"};
    });
}

void bench_store(const std::vector<FakeJournal>& all) {
    std::vector<double> floors, ours, floor_cores, our_cores;
    SystemRandom random;
    for (std::size_t round = 0; round < rounds; ++round) {
        const Taken floor = floor_time(all);
        const Scratch scratch;
        const auto store = must(SqliteStore::open({.file = scratch.path / "ledger.db"}, random));
        const Taken our = store_time(*store, all);
        floors.push_back(floor.wall);
        ours.push_back(our.wall);
        floor_cores.push_back(events / floor.processor);
        our_cores.push_back(events / our.processor);
    }
    const double taken = median(ours), rate = median(our_cores);
    report("ledger: 50,000 events stored, 256 a commit", "s", taken, median(floors), 0.6,
           taken <= 0.6);
    report("ledger: events stored per second of one core", "1/s", rate, median(floor_cores), 50'000,
           rate >= 50'000);
}

void bench_projection(const char* name, const std::vector<FakeJournal>& all,
                      const SealingKeyPair& pair) {
    const Scratch scratch;
    SystemRandom random;
    const auto store = must(SqliteStore::open({.file = scratch.path / "ledger.db"}, random));
    const double stored = events / store_time(*store, all).processor;
    v1::Event first;
    VaultKeys keys{.sealing = {}, .token_key = make_key(), .master_key = make_key()};
    for (const FakeJournal& till : all)
        for (const Envelope& envelope : till.envelopes)
            if (keys.sealing.empty() && !envelope.sealed.empty()
                && first.ParseFromString(envelope.body))
                keys.sealing.push_back({{first.sealed().key_id(), pair.key.public_key},
                                        Secret{pair.private_key.reveal()}});
    const auto vault = must(Vault::open(scratch.path / "vault.db", std::move(keys), random));
    const auto projector = must(Projector::open(scratch.path / "projection.db", *vault));
    const Taken taken = measure([&] {
        while (must(projector->catch_up(*store)) > 0) {}
    });
    const double rate = events / taken.processor;
    report(name, "1/s", rate, stored, 10'000, rate >= 10'000);
}

}  // namespace

int main() {
    const SealingKeyPair pair = make_sealing_key_pair(1);
    bench_store(make_journals(pair, true));
    bench_projection("projection: events per second of one core, no customers",
                     make_journals(pair, false), pair);
    bench_projection("projection: events per second of one core, 38 % with a sealed customer",
                     make_journals(pair, true), pair);
}
