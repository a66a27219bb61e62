#include "sync/gateway/settings.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;

TEST_CASE("gateway: listens on this machine alone until it is told otherwise", "[gateway]") {
    const auto settings =
        parse_gateway_settings("[listen]\nserver_name='g.test'\npublic_host='10.0.0.1'\n", "f");
    REQUIRE(settings);
    CHECK(settings->address == "127.0.0.1");
    CHECK(settings->port == 8443);
    CHECK(settings->code_life == std::chrono::hours{72});
    CHECK(settings->backup_age == std::chrono::hours{48});
}

TEST_CASE("gateway: every fault of its settings is named with its line", "[gateway]") {
    const auto settings =
        parse_gateway_settings("[listen]\nport = 70000\n[log]\nlevel = 'loud'\n", "gateway.toml");
    REQUIRE_FALSE(settings);
    const auto& text = settings.error().detail;
    CHECK(text.find("gateway.toml:2: listen.port: 70000 is out of range") != std::string::npos);
    CHECK(text.find("gateway.toml:4: log.level: \"loud\" is not known") != std::string::npos);
    CHECK(text.find("listen.server_name: is missing") != std::string::npos);
}

TEST_CASE("gateway: a ledger's address is checked, and its password is never repeated",
          "[gateway]") {
    const std::string listen = "[listen]\nserver_name='g.test'\npublic_host='10.0.0.1'\n[ledger]\n";
    const auto parse = [&](const char* ledger) {
        return parse_gateway_settings(listen + ledger, "gateway.toml");
    };
    CHECK_FALSE(parse("")->ledger);
    const auto good = parse("url='postgresql://till:hush@db.test:5433/centre'\nprojects=false");
    REQUIRE(good);
    CHECK(good->ledger->text() == "till@db.test:5433/centre");
    CHECK_FALSE(good->projects);
    const auto bad = parse("url='postgresql://till:hush%zz@db.test/centre'");
    REQUIRE_FALSE(bad);
    CHECK(bad.error().detail.find("ledger.url") != std::string::npos);
    CHECK(bad.error().detail.find("hush") == std::string::npos);
    CHECK(parse("projects=false").error().detail.find("ledger.projects") != std::string::npos);
}
