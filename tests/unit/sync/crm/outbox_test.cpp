// An outbox against a CRM whose every fault is at hand; the real HTTP is e2e/webhook's.

#include "sync/crm/outbox.hpp"
#include "tests/support/scratch.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace till;
using namespace till::sync;
using namespace std::chrono_literals;

namespace {

using Said = CrmOutcome::Kind;

struct StillClock final : Clock {
    Times now() override { return {WallTime{1000}, BootTime{boot}, BootId{Uuid{}}}; }
    std::uint64_t boot = 1;
};

const JournalId one{*Uuid::parse("0194f3a2-5c3e-4b1d-8a77-2f6b1c9d0e42")},
    other{*Uuid::parse("7b2e9c10-41d8-4f6a-9e35-d0c1b2a39485")};

/// Journals whose every event is a sale; some of them do not count, or not yet.
struct Tables final : OutboxSource {
    std::map<JournalId, std::uint64_t> upto;
    std::map<std::pair<JournalId, std::uint64_t>, Verdict> verdicts;  ///< Others count.

    Result<std::vector<std::pair<JournalId, Seq>>> projected() override {
        std::vector<std::pair<JournalId, Seq>> all;
        for (const auto& [journal, seq] : upto) all.emplace_back(journal, Seq{seq});
        return all;
    }
    Result<std::vector<Candidate>> read(const JournalId& journal, Seq after, Seq to,
                                        std::size_t most, bool) override {
        std::vector<Candidate> found;
        for (auto seq = after.value() + 1; seq <= to.value() && found.size() < most; ++seq) {
            Candidate& each = found.emplace_back();
            each.seq = each.event.seq = Seq{seq};
            each.event.journal = journal;
            each.event.event.mutable_retail_transaction();
            const auto known = verdicts.find({journal, seq});
            each.verdict = known == verdicts.end() ? Verdict::counts : known->second;
        }
        return found;
    }
};

/// A CRM that keeps what it is given, and does not always say so.
struct Crm final : CrmConnector {
    std::vector<std::string> has;  ///< In the order in which it came; nothing drops a repetition.
    std::set<std::string> hates;   ///< Ids that it refuses.
    std::set<std::string> chokes;  ///< Ids that it cannot take now, nor what comes behind them.
    std::function<Said()> mood = [] { return Said::applied; };  ///< For each call.
    bool keeps_when_unknown = true;
    bool can_look = true;
    int look_ups = 0;

    const std::string& name() const override { return name_; }
    std::size_t batch_max() const override { return 7; }
    bool wants_person() const override { return false; }
    std::chrono::milliseconds settle() const override { return 5000ms; }
    bool wants(const v1::Event&) const override { return true; }
    std::vector<CrmOutcome> apply(std::span<const CrmEvent> events) override {
        Said said = mood();
        std::vector<CrmOutcome> outcomes;
        for (const auto& event : events) {
            if (chokes.contains(event.id())) said = Said::later;
            if (hates.contains(event.id())) {
                outcomes.push_back({.kind = Said::refused, .field = "sku", .cause = "never"});
                continue;
            }
            const bool takes =
                said == Said::applied || (said == Said::unknown && keeps_when_unknown);
            if (takes) has.push_back(event.id());
            outcomes.push_back({.kind = said, .cause = "a mood"});
        }
        // After the first that is open the rest is, too.
        bool open = false;
        for (auto& outcome : outcomes) {
            open |= outcome.kind == Said::later || outcome.kind == Said::unknown;
            if (open && outcome.kind == Said::refused) outcome = {.kind = said};
        }
        return outcomes;
    }
    Result<std::vector<bool>> look_up(std::span<const CrmEvent> events) override {
        ++look_ups;
        if (!can_look) return Error{Errc::closed, "away"};
        std::vector<bool> there;
        for (const auto& event : events)
            there.push_back(std::ranges::find(has, event.id()) != has.end());
        return there;
    }
    void stop() override {}

    std::string name_ = "crm";
};

struct Office {
    Scratch folder;
    StillClock clock;
    Tables tables;
    Crm crm;
    std::unique_ptr<OutboxState> state = *OutboxState::open(folder.path / "outbox.db");
    std::optional<Outbox> outbox;

    Office() { begin(); }
    void begin() { outbox.emplace(tables, *state, crm, clock, Outbox::Options{}); }
    /// As after a crash.
    void restart() {
        outbox.reset();
        state.reset();
        state = *OutboxState::open(folder.path / "outbox.db");
        begin();
    }
    Outbox::Step step() {
        clock.boot += 5000;
        auto done = outbox->step();
        if (!done) FAIL(done.error().detail);
        return *done;
    }
    void drain() {
        for (int i = 0; i < 1000; ++i)
            if (const auto done = step();
                !done.busy && done.trouble.empty() && done.pause.count() == 0)
                return;
        FAIL("it never ends");
    }
    std::vector<std::string> ids(const JournalId& journal) const {
        std::vector<std::string> found;
        for (const auto& id : crm.has)
            if (id.starts_with(journal.value().text())) found.push_back(id);
        return found;
    }
};

std::vector<std::string> first(const JournalId& journal, std::uint64_t count) {
    std::vector<std::string> ids;
    for (std::uint64_t seq = 1; seq <= count; ++seq)
        ids.push_back(journal.value().text() + "/" + std::to_string(seq));
    return ids;
}

}  // namespace

TEST_CASE("crm: every event arrives once and each journal in its order, whatever fails and when",
          "[crm]") {
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::mt19937 random{seed};
        INFO("seed " << seed);
        Office office;
        office.crm.mood = [&] {
            const auto dice = random() % 4;
            office.crm.keeps_when_unknown = random() % 2 == 0;
            office.crm.can_look = random() % 3 != 0;
            return dice < 2 ? Said::applied : dice == 2 ? Said::later : Said::unknown;
        };
        for (int i = 0; i < 60; ++i) {
            if (random() % 2 == 0)
                office.tables.upto[random() % 2 == 0 ? one : other] += random() % 9;
            office.step();
            if (random() % 8 == 0) office.restart();
        }
        office.crm.mood = [] { return Said::applied; };
        office.crm.can_look = true;
        office.drain();
        REQUIRE(office.ids(one) == first(one, office.tables.upto[one]));
        REQUIRE(office.ids(other) == first(other, office.tables.upto[other]));
    }
}

TEST_CASE("crm: what may have arrived is waited out and looked up before it is sent again",
          "[crm]") {
    Office office;
    office.tables.upto[one] = 3;
    office.crm.mood = [] { return Said::unknown; };
    const auto step = office.step();
    CHECK(step.trouble == "a mood");
    CHECK(step.pause >= 5000ms);
    CHECK(office.crm.look_ups == 0);
    office.crm.mood = [] { return Said::applied; };
    office.restart();  // The note that it was being sent is on the disk.
    office.drain();
    CHECK(office.crm.look_ups == 1);
    CHECK(office.crm.has == first(one, 3));
}

TEST_CASE(
    "crm: what is refused is kept with its cause, holds up nobody, and goes again when asked to",
    "[crm]") {
    Office office;
    office.tables.upto[one] = 9;
    office.crm.hates = {first(one, 9)[3]};
    office.drain();
    CHECK(office.crm.has.size() == 8);
    const auto refused = office.state->refused("crm", 10);
    REQUIRE(refused);
    REQUIRE(refused->size() == 1);
    CHECK(refused->front().seq == Seq{4});
    CHECK(refused->front().field == "sku");
    CHECK(refused->front().cause == "never");
    office.crm.hates.clear();
    CHECK(office.state->retry("crm").value() == 1);
    office.drain();
    CHECK(office.crm.has.back() == first(one, 9)[3]);
    CHECK(office.state->refused_count("crm").value() == 0);
    office.drain();
    CHECK(office.crm.has.size() == 9);
}

TEST_CASE("crm: what is held waits and goes when it counts; what never counts does not go",
          "[crm]") {
    Office office;
    office.tables.upto[one] = 5;
    office.tables.verdicts[{one, 2}] = OutboxSource::Verdict::waits;
    office.tables.verdicts[{one, 4}] = OutboxSource::Verdict::never;
    office.drain();
    CHECK(office.crm.has.size() == 3);
    office.restart();
    office.drain();
    CHECK(office.crm.has.size() == 3);
    office.tables.verdicts.erase({one, 2});
    office.drain();
    REQUIRE(office.crm.has.size() == 4);
    CHECK(office.crm.has.back() == first(one, 5)[1]);
}

TEST_CASE("crm: a CRM that is away is asked less and less often, up to a minute", "[crm]") {
    Office office;
    office.tables.upto[one] = 1;
    office.crm.mood = [] { return Said::later; };
    std::chrono::milliseconds last{0};
    for (int i = 0; i < 12; ++i) {
        const auto step = office.step();
        CHECK_FALSE(step.busy);
        CHECK(step.pause >= last);
        last = step.pause;
    }
    CHECK(last == 60'000ms);
    office.crm.mood = [] { return Said::applied; };
    office.drain();
    CHECK(office.crm.has.size() == 1);
}

TEST_CASE("crm: a look-up that fails leaves the doubt", "[crm]") {
    Office office;
    office.tables.upto[one] = 3;
    office.crm.mood = [] { return Said::unknown; };
    office.step();
    office.crm.mood = [] { return Said::applied; };
    office.crm.can_look = false;
    CHECK(office.step().trouble == "away");
    CHECK(office.step().trouble == "away");
    office.crm.can_look = true;
    office.drain();
    CHECK(office.crm.has == first(one, 3));
}

TEST_CASE("crm: an event that a CRM chokes on holds up its own journal only", "[crm]") {
    for (const auto& [bad, good] : {std::pair{one, other}, std::pair{other, one}}) {
        Office office;
        office.tables.upto = {{bad, 9}, {good, 40}};
        office.tables.verdicts[{good, 1}] = OutboxSource::Verdict::waits;
        office.crm.chokes = {first(bad, 3)[2]};
        for (int i = 0; i < 20; ++i) office.step();
        CHECK(office.ids(bad) == first(bad, 2));
        CHECK(office.ids(good).size() == 39);
        office.tables.verdicts.clear();  // Nor what was late.
        for (int i = 0; i < 4; ++i) office.step();
        CHECK(office.ids(good).size() == 40);
        office.crm.chokes.clear();
        office.drain();
        CHECK(office.ids(bad) == first(bad, 9));
    }
}

TEST_CASE("crm: however many are held, each that counts goes", "[crm]") {
    Office office;
    office.tables.upto[one] = 450;
    for (std::uint64_t seq = 1; seq <= 450; ++seq)
        office.tables.verdicts[{one, seq}] = OutboxSource::Verdict::waits;
    office.drain();
    CHECK(office.crm.has.empty());
    office.tables.verdicts.erase({one, 449});
    for (int i = 0; i < 4; ++i) office.step();
    CHECK(office.crm.has == std::vector{first(one, 449).back()});
}
