#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "agent/core/secret.hpp"
#include "agent/crypto/sealing.hpp"
#include "sync/tls/authority.hpp"
#include "sync/wire/note.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace till::sync {

/// The gateway's folder (mode 0700): everything the centre must not lose, and nothing else.
///
///   gateway.toml               settings, written by init, edited by people
///   server-ca.pem device-ca.pem admin-ca.pem   one authority for each role, with its key
///   server.pem                 the gateway's own key and chain (its authority included)
///   sealing-keys               what personal data is sealed to: "id public private", hex, a line each
///   note-key                   what notes of stored events are signed with: "public private certified", hex
///   token-key vault-key        32 bytes each, hex: customer tokens; wrapping of customers' data keys
///   registry.db ledger.db projection.db vault.db feeds.db outbox.db
///   admin/                     what an administrator's tillctl needs: copy it to her machine
struct HomePaths {
    explicit HomePaths(std::filesystem::path folder) : root{std::move(folder)} {}
    std::filesystem::path root;
    std::filesystem::path operator/(const char* name) const { return root / name; }
};

/// What init needs to know.
struct HomeSpec {
    std::string server_name;  ///< DNS name in the server's certificate.
    std::string public_host;  ///< Where devices connect: a name or an IP address.
    std::string listen_address = "127.0.0.1";
    std::uint16_t port = 8443;
};

/// Makes keys, authorities, certificates and settings. Fails with conflict when the folder holds a
/// gateway already; a crash half-way leaves a folder without gateway.toml, which init may finish.
Result<void> init_home(const HomePaths& home, const HomeSpec& spec, WallTime now);

/// Makes the home of one more gateway of the same centre from the home of the first, `of`, or a copy
/// of it: the same authorities and keys, a certificate for its own address, the same ledger in
/// `ledger_url`. Nothing that is stored is copied: that is in the database. The new one does not
/// project. Fails like init_home.
Result<void> join_home(const HomePaths& home, const HomePaths& of, const HomeSpec& spec,
                       const std::string& ledger_url, WallTime now);

/// The secrets of a running gateway.
struct HomeKeys {
    Authority device_authority;
    Authority server_authority;
    std::string admin_authority_pem;
    Credentials server;
    std::vector<SealingKeyPair> sealing;  ///< The newest last; never empty.
    std::shared_ptr<const NoteSigner> notes;
    Secret token_key;
    Secret vault_key;
};

/// A home of before there were notes gets its note-key now. Fails with not_found (with how to make
/// one), forbidden (others may read it) or malformed.
Result<HomeKeys> load_keys(const HomePaths& home);

/// A certificate for one more administrator, in `folder`: credentials, trust anchor and address.
Result<void> issue_administrator(const HomePaths& home, const std::string& name,
                                 const std::filesystem::path& folder, const HomeSpec& spec,
                                 WallTime now);

}  // namespace till::sync
