#pragma once

#include "sync/ledger/sqlite_store.hpp"
#include "sync/projection/projector.hpp"
#include "sync/projection/queries.hpp"
#include "sync/wire/frames.pb.h"
#include "tests/support/envelopes.hpp"
#include "tests/support/events.hpp"
#include "tests/support/scratch.hpp"

#include <catch2/catch.hpp>

#include <map>

namespace till::sync {

/// A centre in a folder of its own: ledger, vault and projection.
struct Centre {
    Centre() { reopen(); }

    void reopen() {
        projector.reset();
        vault.reset();
        vault = must(Vault::open(scratch.path / "vault.db", keys(), random));
        projector = must(Projector::open(scratch.path / "projection.db", *vault));
        queries = must(Queries::open(scratch.path / "projection.db"));
    }
    template <class T>
    static T must(Result<T> result) {
        if (!result) FAIL(result.error().detail);
        return *std::move(result);
    }
    static void must(const Result<void>& result) {
        if (!result) FAIL(result.error().detail);
    }
    VaultKeys keys() {
        VaultKeys all{.sealing = {},
                      .token_key = Secret{Bytes(32, 't')},
                      .master_key = Secret{Bytes(32, 'm')}};
        all.sealing.push_back({pair.key, Secret{pair.private_key.reveal()}});
        return all;
    }

    FakeJournal journal() { return FakeJournal{random}; }
    static void add(FakeJournal& till, const v1::Event& event, Bytes sealed = {}) {
        till.add(static_cast<std::uint32_t>(event.fact_case()), event.SerializeAsString(),
                 std::move(sealed));
    }
    /// Adds the event with these identifiers and a name in its sealed part.
    void add_for(FakeJournal& till, v1::Event event,
                 std::initializer_list<std::pair<v1::IdentifierType, const char*>> identifiers,
                 const char* name = "") {
        v1::Personal personal;
        personal.set_family_name(name);
        for (const auto& [type, value] : identifiers) {
            personal.add_identifiers()->set_type(type);
            personal.mutable_identifiers()->rbegin()->set_value(value);
        }
        event.mutable_sealed()->set_key_id(3);
        add(till, event, *seal(pair.key, personal.SerializeAsString()));
    }
    /// Into the ledger and all of it through the projector.
    void sync(const FakeJournal& till) {
        must(store->bind(till.hello()));
        const auto before = must(store->find(till.journal));
        const Append run = till.append(before->mark.seq.value(), till.envelopes.size());
        if (!run.envelopes.empty()) REQUIRE(must(store->commit({&run, 1})).front().won);
        while (must(projector->catch_up(*store)) > 0) {}
    }
    std::vector<TransactionRow> transactions() {
        return must(queries->transactions({.limit = 10'000})).rows;
    }
    std::vector<ExceptionRow> exceptions() { return must(queries->exceptions(true, 0, 1000)); }
    std::vector<std::string> codes() {
        std::vector<std::string> found;
        for (const ExceptionRow& each : exceptions()) found.push_back(each.code);
        return found;
    }
    /// Gross by workstation and day, of what counts.
    std::map<std::string, std::int64_t> totals() {
        std::map<std::string, std::int64_t> sums;
        for (const TransactionRow& row : transactions())
            if (row.status == v1::TRANSACTION_STATUS_COMPLETED && !row.training)
                sums[row.workstation + " " + row.business_day] += row.gross;
        return sums;
    }

    Scratch scratch;
    SeededRandom random{17};
    SealingKeyPair pair = make_sealing_key_pair(3);
    std::unique_ptr<SqliteStore> store =
        must(SqliteStore::open({.file = scratch.path / "ledger.db"}, random));
    std::unique_ptr<Vault> vault;
    std::unique_ptr<Projector> projector;
    std::unique_ptr<Queries> queries;
};

}  // namespace till::sync
