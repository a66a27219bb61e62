#include "sync/session/backoff.hpp"

#include <catch2/catch.hpp>

using namespace till::sync;
using namespace std::chrono_literals;

TEST_CASE("session: back-off doubles from half a second to a minute and is jittered", "[session]") {
    Backoff backoff{1};
    auto ceiling = Backoff::first;
    for (int i = 0; i < 20; ++i) {
        const auto wait = backoff.next();
        CHECK(wait >= ceiling / 2);
        CHECK(wait <= ceiling);
        ceiling = std::min(ceiling * 2, Backoff::longest);
    }
}

TEST_CASE("session: back-off starts over after a session that came up", "[session]") {
    Backoff backoff{2};
    for (int i = 0; i < 8; ++i) static_cast<void>(backoff.next());
    backoff.reset();
    CHECK(backoff.next() <= Backoff::first);
}

TEST_CASE("session: back-off keeps to the peer's wish, spread, and not for ever", "[session]") {
    Backoff a{3};
    Backoff b{4};
    const auto one = a.next(20s);
    CHECK(one >= 20s);
    CHECK(one <= 21s);
    CHECK(one != b.next(20s));
    CHECK(a.next(std::chrono::hours{1000}) <= 11min);
}

TEST_CASE("session: the same seed gives the same waits", "[session]") {
    Backoff a{9};
    Backoff b{9};
    for (int i = 0; i < 10; ++i) CHECK(a.next() == b.next());
}

TEST_CASE("session: a closed port is knocked at twice a second for a while, then less",
          "[session]") {
    Backoff backoff{5};
    for (int i = 0; i < 100; ++i) CHECK(backoff.knock() <= Backoff::first);
    auto longest = 0ms;
    for (int i = 0; i < 10; ++i) longest = std::max(longest, backoff.knock());
    CHECK(longest > 10s);
    backoff.reset();
    CHECK(backoff.knock() <= Backoff::first);
}
