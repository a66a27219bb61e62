#include "agent/daemon/home.hpp"

#include "agent/daemon/enrolment_file.hpp"
#include "fixture.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <fstream>

using namespace till;

namespace fs = std::filesystem;

TEST_CASE("daemon: an enrolment is read back as it was saved", "[daemon]") {
    EnrolledHome at;
    CHECK(at.home.is_enrolled());
    const auto read = at.home.enrolment();
    REQUIRE(read);
    const auto& saved = at.enrolled.enrolment;
    CHECK(read->store == saved.store);
    CHECK(read->gateway.host == saved.gateway.host);
    CHECK(read->gateway.name.text() == "gateway.test");
    CHECK(read->device == saved.device);
    CHECK(read->last_generation == saved.last_generation);
    CHECK(read->server_ca_pem == saved.server_ca_pem);
    REQUIRE(read->sealing_keys.size() == 2);
    CHECK(read->sealing_keys[1].public_key == Bytes(32, '\0'));
    CHECK(at.home.credentials()->public_key_fingerprint()
          == at.enrolled.credentials.public_key_fingerprint());
    CHECK(*at.home.time_floor() == sync::TimeFloor::State{at.enrolled.centre_time, {}});
}

TEST_CASE("daemon: the last verified time is kept with the boot clock that heard it", "[daemon]") {
    EnrolledHome at;
    const sync::TimeFloor::Heard heard{WallTime{-5}, BootId{at.random.uuid()}, BootTime{7}};
    REQUIRE(at.home.save_time_floor({WallTime{9}, heard}));
    CHECK(*at.home.time_floor() == sync::TimeFloor::State{WallTime{9}, heard});
}

TEST_CASE("daemon: a crash before the last file of an enrolment leaves a home to enrol",
          "[daemon]") {
    EnrolledHome at;
    fs::remove(at.home / "enrolment.toml");  // Written last: this is how every earlier crash looks.
    CHECK_FALSE(at.home.is_enrolled());
    const auto again = some_enrolment(at.random.uuid());
    REQUIRE(at.home.save(again));
    CHECK(at.home.credentials()->facts()->common_name == again.enrolment.device.value().text());
}

TEST_CASE("daemon: a home that is enrolled is not enrolled over", "[daemon]") {
    EnrolledHome at;
    const auto refused = at.home.save(some_enrolment(at.random.uuid()));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::conflict);
    CHECK(at.home.enrolment()->device == DeviceId{at.device});
}

TEST_CASE("daemon: two agents do not share a home", "[daemon]") {
    Scratch scratch;
    {
        const auto first = Home::open(scratch.path / "home");
        REQUIRE(first);
        const auto second = Home::open(scratch.path / "home");
        REQUIRE_FALSE(second);
        CHECK(second.error().code == Errc::busy);
    }
    CHECK(Home::open(scratch.path / "home"));
}

TEST_CASE("daemon: nobody else may read what is in a home", "[daemon]") {
    EnrolledHome at;
    REQUIRE(at.home.token("pos"));
    struct stat facts{};
    REQUIRE(::stat(at.home.root().c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0700);
    for (const auto& entry : fs::directory_iterator{at.home.root()}) {
        REQUIRE(::stat(entry.path().c_str(), &facts) == 0);
        CAPTURE(entry.path());
        CHECK((facts.st_mode & 0077) == 0);
    }
}

TEST_CASE("daemon: a token is made once and is its role's own", "[daemon]") {
    EnrolledHome at;
    const auto pos = at.home.token("pos");
    REQUIRE(pos);
    CHECK(pos->reveal().size() == 43);
    CHECK(at.home.token("pos")->reveal() == pos->reveal());
    CHECK(at.home.token("stock")->reveal() != pos->reveal());
}

TEST_CASE("daemon: a generation is taken once, and they run out with words", "[daemon]") {
    EnrolledHome at;
    const auto& enrolment = at.enrolled.enrolment;
    for (const std::uint32_t expected : {5U, 6U, 7U}) {
        const auto begun = at.home.begin_journal(enrolment, JournalId{at.random.uuid()});
        REQUIRE(begun);
        CHECK(begun->generation == Generation{expected});
    }
    CHECK(at.home.begun()->size() == 3);
    const auto none = at.home.begin_journal(enrolment, JournalId{at.random.uuid()});
    REQUIRE_FALSE(none);
    CHECK(none.error().code == Errc::out_of_range);
    CHECK_THAT(none.error().detail, Catch::Contains("enrol"));
}

TEST_CASE("daemon: damaged files are named, not guessed at", "[daemon]") {
    EnrolledHome at;
    const auto damage = [&](const char* name) {
        std::ofstream{at.home / name} << "nonsense\n";
        fs::permissions(at.home / name, fs::perms::owner_read | fs::perms::owner_write);
    };
    damage("generations");
    damage("time-floor");
    damage("retired");
    damage("enrolment.toml");
    CHECK(at.home.begun().error().code == Errc::corrupt);
    CHECK(at.home.time_floor().error().code == Errc::corrupt);
    const auto enrolment = at.home.enrolment();
    CHECK(enrolment.error().code == Errc::corrupt);
    CHECK_THAT(enrolment.error().detail, Catch::Contains("enrolment.toml:1"));
}

TEST_CASE("daemon: a retired journal is remembered with the store that keeps it", "[daemon]") {
    EnrolledHome at;
    const JournalId one{at.random.uuid()};
    const JournalId other{at.random.uuid()};
    REQUIRE(at.home.save_retired(one, "first"));
    REQUIRE(at.home.save_retired(other, "first"));
    REQUIRE(at.home.save_retired(one, "second"));
    const auto all = *at.home.retired();
    REQUIRE(all.size() == 2);
    CHECK(all[0].journal == other);
    CHECK(all[1].store_epoch == "second");
}
