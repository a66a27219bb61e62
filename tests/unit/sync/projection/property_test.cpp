#include "tests/unit/sync/projection/fixture.hpp"

#include <algorithm>

using namespace till;
using namespace till::sync;

namespace {

/// Journals of a few tills with sales of their own, foreign sales that several doors repeat, and
/// bodies that nobody can read; and what they must come to, added up without the projection.
struct Shop {
    explicit Shop(Centre& centre) : random{centre.random} {
        for (int i = 0; i < 4; ++i) tills.push_back(centre.journal());
        for (int i = 0; i < 160; ++i) add_one(i);
    }
    void add_one(int i) {
        FakeJournal& till = tills[random.below(tills.size())];
        const auto price = static_cast<std::int64_t>(random.below(50'000)) - 10'000;
        const std::string number = std::to_string(random.below(25));
        if (random.below(10) == 0) {
            till.add(100, "not an event");
        } else if (random.below(4) == 0) {
            // One number has one content, whoever brings it.
            const std::int64_t of_number = 100 + 7 * std::stoll(number);
            Centre::add(till, foreign_sale_of(number, of_number));
            if (foreign.insert(number).second) expected["12/3 2026-11-23"] += of_number;
        } else {
            const std::string workstation = "12/" + std::to_string(random.below(3));
            const std::string day = random.below(2) ? "2026-11-23" : "2026-11-24";
            v1::Event event = sale_of("own " + std::to_string(i), price, 1, workstation, day);
            const bool training = random.below(8) == 0;
            event.mutable_retail_transaction()->set_training(training);
            Centre::add(till, event);
            if (!training) expected[workstation + " " + day] += price;
        }
    }

    SeededRandom& random;
    std::vector<FakeJournal> tills;
    std::set<std::string> foreign;
    std::map<std::string, std::int64_t> expected;
};

}  // namespace

TEST_CASE("projection: any order and repetition of runs gives the totals of an independent sum",
          "[projection]") {
    const auto seed = GENERATE(range(1, 9));
    CAPTURE(seed);
    Centre centre;
    centre.random.engine().seed(static_cast<std::uint64_t>(seed));
    const Shop shop{centre};
    std::vector<std::vector<StoredEnvelope>> all;
    for (const FakeJournal& till : shop.tills) all.push_back(till.stored());
    std::vector<std::size_t> done(all.size());
    for (bool left = true; left;) {
        const std::size_t i = centre.random.below(all.size());
        const std::size_t from =
            done[i] - std::min(done[i], centre.random.below(5));  // Some of it again.
        const std::size_t upto = std::min(all[i].size(), done[i] + centre.random.below(9));
        if (upto > from)
            Centre::must(centre.projector->apply(shop.tills[i].journal,
                                                 std::span{all[i]}.subspan(from, upto - from)));
        done[i] = std::max(done[i], upto);
        if (centre.random.below(6) == 0) centre.reopen();  // Killed between two batches.
        left = !std::ranges::equal(done, all, {}, {},
                                   [](const auto& journal) { return journal.size(); });
    }
    CHECK(centre.totals() == shop.expected);
}

TEST_CASE("projection: rebuilt from the ledger it says the same", "[projection]") {
    Centre centre;
    const Shop shop{centre};
    for (const FakeJournal& till : shop.tills) centre.sync(till);
    CHECK(centre.totals() == shop.expected);
    const auto before = centre.exceptions().size();
    REQUIRE(before > 0);
    REQUIRE(centre.projector->rebuild(*centre.store));
    CHECK(centre.totals().empty());
    while (*centre.projector->catch_up(*centre.store) > 0) {}
    CHECK(centre.totals() == shop.expected);
    CHECK(centre.exceptions().size() == before);
}
