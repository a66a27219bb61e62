#pragma once

#include "agent/api/command_table.hpp"
#include "agent/crypto/system_random.hpp"
#include "tests/support/scratch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <catch2/catch.hpp>

#include <google/protobuf/text_format.h>

#include <optional>
#include <string>

namespace till {

/// Stands still unless it is moved.
struct HandClock final : Clock {
    Times now() override { return {WallTime{ms}, BootTime{1}, BootId{Uuid::from_random({7})}}; }
    std::int64_t ms = 1'795'478'400'000;  // 2026-11-24T00:00:00Z
};

inline WorkstationSettings shop_settings(const SealingKey& key) {
    return {.store = "12",
            .workstation = "3",
            .drawer = "A",
            .sale = {.currency = *Currency::parse("GBP"),
                     .taxes = {{"S", Decimal{20, 0}, true}},
                     .default_tax = "S"},
            .limits = {},
            .time_zone = "Europe/London",
            .cut_over = std::chrono::hours{4},
            .identifiers = {.default_country = "GB", .loyalty_prefixes = {}},
            .sealing_key = key};
}

/// A till with a real journal in a folder of its own. Restarting it keeps only what is on disk.
struct Shop {
    explicit Shop(std::string vfs = {}) : options{.file = scratch.path / "journal.db"} {
        options.vfs = std::move(vfs);
        begin_journal(1);
    }

    void begin_journal(std::uint32_t generation) {
        const JournalIdentity identity{.journal = JournalId{random.uuid()},
                                       .device = device,
                                       .predecessor = {},
                                       .receipt_prefix = "12-3",
                                       .generation = Generation{generation}};
        start(JournalCore::create(options, identity, clock));
    }
    /// As after a fork or a damaged disk.
    void begin_next_journal() {
        table.reset();
        journal.reset();
        options.earlier.push_back(options.file);
        options.file += ".next";
        begin_journal(2);
    }

    void start(Result<JournalCore> core) {
        if (!core) FAIL(core.error().detail);
        journal.emplace(loop.get_executor(), *std::move(core), options, clock);
        auto opened = CommandTable::open(*journal, clock, random, shop_settings(centre.key));
        if (!opened) FAIL(opened.error().detail);
        table = *std::move(opened);
    }
    void restart() {
        table.reset();
        journal.reset();
        start(JournalCore::open(options, clock));
    }

    template <class T>
    T wait(asio::awaitable<T> work) {
        std::optional<T> out;
        const auto on_done = [&](std::exception_ptr failure, T value) {
            if (failure) std::rethrow_exception(failure);
            out.emplace(std::move(value));
        };
        asio::co_spawn(loop, std::move(work), on_done);
        loop.restart();
        loop.run();
        return *std::move(out);
    }

    template <class Command>
    Result<v1::Captured> call(const std::string& text, std::string key = {},
                              Role role = Role::pos) {
        Command command;
        REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &command));
        if (key.empty()) key = "key-" + std::to_string(++keys);
        Request request{
            .caller = {"pos-1", role}, .idempotency_key = std::move(key), .trace_id = {}};
        return wait(table->execute(std::move(request), command));
    }
    Result<v1::Captured> sale(std::string key = {}) {
        return call<v1::RecordTransaction>(R"(lines { sku: "A" unit_price: "2.50" }
            tenders { type: TENDER_TYPE_CASH amount: "5" })",
                                           std::move(key));
    }
    Result<v1::Captured> control(const std::string& type, const std::string& more = {},
                                 std::string key = {}) {
        return call<v1::RecordControl>("type: TYPE_" + type + " " + more, std::move(key));
    }
    v1::EventPage events() {
        auto page = wait(table->read_events(Caller{"audit", Role::reader}, v1::ReadEvents{}));
        if (!page) FAIL(page.error().detail);
        return *std::move(page);
    }
    v1::Event last_event() {
        const v1::EventPage page = events();
        return page.events(page.events_size() - 1).event();
    }

    Scratch scratch;
    HandClock clock;
    SystemRandom random;
    DeviceId device{random.uuid()};
    asio::io_context loop;
    SealingKeyPair centre = make_sealing_key_pair(9);
    JournalCore::Options options;
    std::optional<Journal> journal;
    std::unique_ptr<CommandTable> table;
    int keys = 0;
};

}  // namespace till
