#include "sync/gateway/home.hpp"

#include "sync/gateway/settings.hpp"
#include "tests/unit/sync/gateway/support.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace till;
using namespace till::sync;
using namespace till::sync::test;
namespace fs = std::filesystem;

namespace {
const HomeSpec spec{.server_name = "gateway.test", .public_host = "127.0.0.1"};
const WallTime now{1'795'392'000'000};
}  // namespace

TEST_CASE("gateway: a new home opens again and nobody else may read it", "[gateway]") {
    const Folder folder;
    const HomePaths home{folder / "gateway"};
    REQUIRE(init_home(home, spec, now));
    const auto keys = load_keys(home);
    REQUIRE(keys);
    CHECK(keys->sealing.size() == 1);
    CHECK(keys->token_key.reveal().size() == 32);
    CHECK(keys->token_key.reveal() != keys->vault_key.reveal());
    for (const auto& entry : fs::recursive_directory_iterator(home.root)) {
        CAPTURE(entry.path());
        CHECK((entry.status().permissions() & fs::perms{0077}) == fs::perms::none);
    }
    CHECK(init_home(home, spec, now).error().code == Errc::conflict);
}

TEST_CASE("gateway: an init that died half-way may be done again", "[gateway]") {
    const Folder folder;
    const HomePaths home{folder / "gateway"};
    REQUIRE(init_home(home, spec, now));
    fs::remove(home / "gateway.toml");  // Written last: without it the home is not finished.
    CHECK(load_keys(home).error().code == Errc::not_found);
    REQUIRE(init_home(home, spec, now));
    CHECK(load_keys(home));
}

TEST_CASE("gateway: a damaged or readable key is refused by name", "[gateway]") {
    const Folder folder;
    const HomePaths home{folder / "gateway"};
    REQUIRE(init_home(home, spec, now));
    fs::permissions(home / "token-key", fs::perms::others_read, fs::perm_options::add);
    CHECK(load_keys(home).error().code == Errc::forbidden);
    fs::permissions(home / "token-key", fs::perms{0600});
    std::ofstream{home / "token-key"} << "abcd\n";
    const auto broken = load_keys(home);
    REQUIRE_FALSE(broken);
    CHECK(broken.error().detail.find("token-key") != std::string::npos);
}

TEST_CASE("gateway: a home's note key is vouched for by the authority that devices know",
          "[gateway]") {
    const Folder folder;
    const HomePaths home{folder / "gateway"};
    REQUIRE(init_home(home, spec, now));
    const auto first = load_keys(home);
    REQUIRE(first);
    const NoteKey key = first->notes->key();
    CHECK(verify_with_certificate(first->server_authority.certificate_pem(),
                                  note_key_statement(key.public_key), key.certified));
    CHECK_FALSE(verify_with_certificate(first->device_authority.certificate_pem(),
                                        note_key_statement(key.public_key), key.certified));
    CHECK(load_keys(home)->notes->key() == key);
}

TEST_CASE("gateway: a home made before there were notes gets a key, once", "[gateway]") {
    const Folder folder;
    const HomePaths home{folder / "gateway"};
    REQUIRE(init_home(home, spec, now));
    fs::remove(home / "note-key");
    const auto made = load_keys(home);
    REQUIRE(made);
    CHECK(load_keys(home)->notes->key() == made->notes->key());
    std::ofstream{home / "note-key"} << std::string(64, 'a') << ' ' << std::string(128, 'b')
                                     << " 30\n";
    CHECK(load_keys(home).error().code == Errc::malformed);
}

TEST_CASE("gateway: a home that joins trusts the same devices with the same keys", "[gateway]") {
    const Folder folder;
    const HomePaths first{folder / "first"}, second{folder / "second"};
    const char* const url = "postgresql://till:a\"b@db.test/centre";
    CHECK(join_home(second, first, spec, url, now).error().code == Errc::not_found);
    REQUIRE(init_home(first, spec, now));
    REQUIRE(join_home(second, first, spec, url, now));
    const auto one = load_keys(first), two = load_keys(second);
    REQUIRE(two);
    CHECK(two->device_authority.certificate_pem() == one->device_authority.certificate_pem());
    CHECK(two->server_authority.certificate_pem() == one->server_authority.certificate_pem());
    CHECK(two->admin_authority_pem == one->admin_authority_pem);
    CHECK(two->sealing.back().key.public_key == one->sealing.back().key.public_key);
    CHECK(two->token_key.reveal() == one->token_key.reveal());
    CHECK(two->server.public_key_fingerprint() != one->server.public_key_fingerprint());
    std::ifstream stream{second / "gateway.toml"};
    const std::string text{std::istreambuf_iterator<char>{stream}, {}};
    const auto settings = parse_gateway_settings(text, "gateway.toml");
    REQUIRE(settings);
    CHECK(settings->ledger_url == url);
    CHECK_FALSE(settings->projects);
    CHECK(join_home(second, first, spec, url, now).error().code == Errc::conflict);
}
