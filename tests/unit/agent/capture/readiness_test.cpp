#include "agent/capture/readiness.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace std::chrono_literals;

namespace {
const Readiness::Time t0{};
const FileStamp small{1, 10, 100}, grown{1, 20, 101}, older{2, 10, 50};
}  // namespace

TEST_CASE("capture: a file is read once it has kept its size and time", "[capture]") {
    Readiness readiness{500ms};
    CHECK_FALSE(readiness.next());
    readiness.see({{"a.csv", small}}, t0);
    CHECK_FALSE(readiness.ready(t0 + 499ms));
    CHECK(*readiness.next() == t0 + 500ms);
    CHECK(readiness.ready(t0 + 500ms)->name == "a.csv");
}

TEST_CASE("capture: a file that grows starts waiting anew", "[capture]") {
    Readiness readiness{500ms};
    readiness.see({{"a.csv", small}}, t0);
    readiness.see({{"a.csv", grown}}, t0 + 400ms);
    CHECK_FALSE(readiness.ready(t0 + 899ms));
    CHECK(readiness.ready(t0 + 900ms)->stamp == grown);
    CHECK(readiness.unchanged("a.csv", t0 + 900ms) == 500ms);
}

TEST_CASE("capture: the file written first is read first, one put off later", "[capture]") {
    Readiness readiness{1ms};
    readiness.see({{"a.csv", small}, {"b.csv", older}}, t0);
    CHECK(readiness.ready(t0 + 1s)->name == "b.csv");
    readiness.put_off("b.csv", t0 + 5s);
    CHECK(readiness.ready(t0 + 1s)->name == "a.csv");
    readiness.see({{"b.csv", older}}, t0 + 2s);
    CHECK_FALSE(readiness.ready(t0 + 2s));
    CHECK(readiness.ready(t0 + 5s)->name == "b.csv");
}
