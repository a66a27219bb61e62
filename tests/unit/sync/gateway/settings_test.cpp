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
