#pragma once

#include "agent/journal/journal_core.hpp"
#include "agent/journal/journal_reader.hpp"
#include "sync/wire/events.pb.h"
#include "tests/support/scratch.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace till {

/// Moves on by a millisecond each time it is asked.
struct CountingClock final : Clock {
    Times now() override {
        ++ticks;
        return {WallTime{1'700'000'000'000 + ticks}, BootTime{static_cast<std::uint64_t>(ticks)},
                BootId{Uuid::from_random({7})}};
    }
    std::int64_t ticks = 0;
};

inline JournalIdentity some_identity() {
    return {.journal = JournalId{Uuid::from_random({1, 2, 3})},
            .device = DeviceId{Uuid::from_random({4, 5, 6})},
            .predecessor = {},
            .receipt_prefix = "12-3",
            .generation = Generation{1}};
}

struct TestJournal {
    Scratch scratch;
    CountingClock clock;
    JournalCore::Options options{.file = scratch.path / "journal.db"};

    JournalCore create() {
        auto core = JournalCore::create(options, some_identity(), clock);
        if (!core) FAIL(core.error().detail);
        return *std::move(core);
    }
    JournalCore open() {
        auto core = JournalCore::open(options, clock);
        if (!core) FAIL(core.error().detail);
        return *std::move(core);
    }
    JournalReader reader() const {
        auto reader = JournalReader::open(options.file, options.vfs);
        if (!reader) FAIL(reader.error().detail);
        return *std::move(reader);
    }
    std::string verify() const { return reader().verify()->summary(); }
};

inline Draft draft_of(const tillstream::v1::Event& event, std::string key) {
    return {.kind = sync::Kind{100},
            .body = event.SerializeAsString(),
            .sealed = {},
            .caller = "pos-1",
            .key = std::move(key),
            .request_hash = Bytes(16, 'r'),
            .numbering = Numbering::receipt,
            .state_after = {}};
}

inline Draft some_draft(std::string key) {
    tillstream::v1::Event event;
    event.mutable_context()->set_business_day("2026-11-23");
    event.mutable_context()->set_store("12");
    event.mutable_context()->set_workstation("3");
    event.mutable_retail_transaction()->set_order_id(key);
    return draft_of(event, std::move(key));
}

inline Stored append(JournalCore& core, const Draft& draft) {
    auto results = core.append({&draft, 1});
    if (!results) FAIL(results.error().detail);
    if (!results->front()) FAIL(results->front().error().detail);
    return results->front().value();
}

}  // namespace till
