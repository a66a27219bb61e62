#include "sync/gateway/admission.hpp"

#include <catch2/catch.hpp>

#include <list>
#include <string>
#include <vector>

using namespace till::sync;

namespace {

/// A door with strangers that can be told apart by what was called when they were shown out.
struct Door {
    explicit Door(std::size_t places) : admission{places} {}

    Admission::Place& enter(const std::string& who, const std::string& from) {
        const auto show_out = [this, who] { shown_out.push_back(who); };
        return inside.emplace_back(admission.enter(boost::asio::ip::make_address(from), show_out));
    }

    Admission admission;
    std::vector<std::string> shown_out;
    std::list<Admission::Place> inside;
};

std::string origin(const std::string& address) {
    return origin_of(boost::asio::ip::make_address(address)).to_string();
}

}  // namespace

TEST_CASE("admission: while there are places nobody is shown out", "[gateway]") {
    Door door{3};
    for (int i = 0; i < 3; ++i) door.enter("a", "192.0.2.1");
    CHECK(door.shown_out.empty());
    CHECK(door.admission.size() == 3);
}

TEST_CASE("admission: the oldest of the most crowded origin leaves for a newcomer", "[gateway]") {
    Door door{4};
    door.enter("lone", "198.51.100.7");
    door.enter("first", "192.0.2.1");
    door.enter("second", "192.0.2.1");
    door.enter("third", "192.0.2.1");
    door.enter("newcomer", "203.0.113.5");
    CHECK(door.shown_out == std::vector<std::string>{"first"});
    CHECK(door.admission.size() == 4);
}

TEST_CASE("admission: who crowds the door pays with its own places", "[gateway]") {
    Door door{3};
    door.enter("lone", "198.51.100.7");
    door.enter("other", "203.0.113.5");
    door.enter("first", "192.0.2.1");
    for (int i = 0; i < 20; ++i) door.enter("again", "192.0.2.1");
    CHECK(door.shown_out.front() == "first");
    CHECK(door.shown_out.size() == 20);
    for (const auto& who : door.shown_out) CHECK((who == "first" || who == "again"));
}

TEST_CASE("admission: among equals the oldest leaves, never the newcomer", "[gateway]") {
    Door door{2};
    door.enter("one", "192.0.2.1");
    door.enter("two", "192.0.2.2");
    door.enter("three", "192.0.2.3");
    CHECK(door.shown_out == std::vector<std::string>{"one"});
}

TEST_CASE("admission: who gave its place back is not shown out", "[gateway]") {
    Door door{2};
    door.enter("proved", "192.0.2.1").give_back();
    door.enter("one", "192.0.2.1");
    door.enter("two", "192.0.2.1");
    CHECK(door.shown_out.empty());
    door.enter("three", "192.0.2.2");
    CHECK(door.shown_out == std::vector<std::string>{"one"});
    door.inside.clear();
    CHECK(door.admission.size() == 0);
}

TEST_CASE("admission: an origin is an IPv4 address or an IPv6 network of 64 bits", "[gateway]") {
    CHECK(origin("192.0.2.1") == "192.0.2.1");
    CHECK(origin("::ffff:192.0.2.1") == "192.0.2.1");
    CHECK(origin("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::");
    CHECK(origin("2001:db8:1:2:ffff::1") == origin("2001:db8:1:2::9"));
    CHECK(origin("2001:db8:1:3::1") != origin("2001:db8:1:2::1"));
}
