#include "sync/gateway/home.hpp"

#include "agent/core/hex.hpp"
#include "agent/runtime/private_file.hpp"

#include <fmt/format.h>

#include <chrono>
#include <sstream>

namespace till::sync {

namespace {

constexpr std::int64_t day_ms = 86'400'000;

Validity years(WallTime now, int count) {
    // A day back, so that a device whose clock is a little slow accepts it at once.
    return {WallTime{now.value() - day_ms}, WallTime{now.value() + count * 365 * day_ms}};
}

Result<void> save_authority(const HomePaths& home, const char* file, const char* common_name,
                            WallTime now) {
    TILL_TRY(const Authority authority, Authority::make(common_name, years(now, 20)));
    return authority.save(home / file);
}

Result<void> save_hex(const std::filesystem::path& file, const Secret& key) {
    return write_private_file(file, Secret{hex(key.reveal()) + "\n"});
}

Result<Secret> load_hex_key(const std::filesystem::path& file) {
    TILL_TRY(const Secret text, read_private_file(file));
    const auto end = text.reveal().find_last_not_of(" \r\n");
    TILL_TRY(const Bytes bytes, unhex(text.reveal().substr(0, end + 1)));
    if (bytes.size() != 32) return Error{Errc::malformed, file.string() + ": a key has 32 bytes"};
    return Secret{bytes};
}

Result<void> issue_server(const HomePaths& home, const HomeSpec& spec, WallTime now) {
    TILL_TRY(const Authority authority, Authority::load(home / "server-ca.pem"));
    Credentials own = Credentials::make();
    TILL_TRY(const std::string request, own.request(spec.server_name));
    Grant grant{
        .common_name = spec.server_name, .use = CertificateUse::server, .validity = years(now, 5)};
    grant.dns_names = {spec.server_name};
    const bool address =
        spec.public_host.find_first_not_of("0123456789.:abcdefABCDEF") == std::string::npos
        && spec.public_host.find_first_of(".:") != std::string::npos;
    if (address) grant.addresses = {spec.public_host};
    TILL_TRY(const std::string certificate, authority.issue(request, grant));
    // With its authority in the chain, for devices that know only the fingerprint.
    TILL_TRY_VOID(own.install(certificate + authority.certificate_pem()));
    return own.save(home / "server.pem");
}

Result<void> make_folder(const HomePaths& home) {
    std::error_code failure;
    if (std::filesystem::exists(home / "gateway.toml", failure))
        return Error{Errc::conflict, home.root.string() + " holds a gateway already"};
    std::filesystem::create_directories(home.root, failure);
    std::filesystem::permissions(home.root, std::filesystem::perms::owner_all, failure);
    if (failure) return Error{Errc::io, home.root.string() + ": " + failure.message()};
    return {};
}

std::string toml_text(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '"' || c == '\\') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

std::string settings_text(const HomeSpec& spec) {
    return fmt::format(
        "# Settings of this gateway. till-gateway --sample-config shows every one there is.\n\n"
        "[listen]\naddress = \"{}\"\nport = {}\nserver_name = \"{}\"\npublic_host = \"{}\"\n",
        spec.listen_address, spec.port, spec.server_name, spec.public_host);
}

Result<std::vector<SealingKeyPair>> load_sealing_keys(const std::filesystem::path& file) {
    TILL_TRY(const Secret text, read_private_file(file));
    std::istringstream lines{std::string{text.reveal()}};
    std::vector<SealingKeyPair> pairs;
    std::uint32_t id = 0;
    std::string public_hex, private_hex;
    while (lines >> id >> public_hex >> private_hex) {
        TILL_TRY(Bytes public_key, unhex(public_hex));
        TILL_TRY(const Bytes private_key, unhex(private_hex));
        if (public_key.size() != 32 || private_key.size() != 32)
            return Error{Errc::malformed, file.string() + ": a sealing key has 32 bytes"};
        pairs.push_back({{id, std::move(public_key)}, Secret{private_key}});
    }
    if (pairs.empty()) return Error{Errc::malformed, file.string() + ": no sealing key"};
    return pairs;
}

Result<void> make_note_key(const std::filesystem::path& file, const Authority& authority) {
    const SigningKeyPair pair = make_signing_key_pair();
    const Bytes certified = authority.vouch(note_key_statement(pair.public_key));
    return write_private_file(
        file, Secret{fmt::format("{} {} {}\n", hex(pair.public_key), hex(pair.private_key.reveal()),
                                 hex(certified))});
}

Result<std::shared_ptr<const NoteSigner>> load_note_key(const std::filesystem::path& file,
                                                        const Authority& authority) {
    if (std::error_code failure; !std::filesystem::exists(file, failure))
        TILL_TRY_VOID(make_note_key(file, authority));
    TILL_TRY(const Secret text, read_private_file(file));
    std::istringstream line{std::string{text.reveal()}};
    std::string public_hex, private_hex, certified_hex;
    line >> public_hex >> private_hex >> certified_hex;
    TILL_TRY(Bytes public_key, unhex(public_hex));
    TILL_TRY(const Bytes private_key, unhex(private_hex));
    TILL_TRY(Bytes certified, unhex(certified_hex));
    // Notes that no device believes would be found out years later.
    const auto vouched = verify_with_certificate(authority.certificate_pem(),
                                                 note_key_statement(public_key), certified);
    if (public_key.size() != 32 || private_key.size() != 64 || !vouched)
        return Error{Errc::malformed, file.string() + ": not a key that server-ca.pem vouches for"};
    return std::make_shared<const NoteSigner>(
        SigningKeyPair{std::move(public_key), Secret{private_key}}, std::move(certified));
}

}  // namespace

Result<void> issue_administrator(const HomePaths& home, const std::string& name,
                                 const std::filesystem::path& folder, const HomeSpec& spec,
                                 WallTime now) {
    TILL_TRY(const Authority authority, Authority::load(home / "admin-ca.pem"));
    TILL_TRY(const Authority server_authority, Authority::load(home / "server-ca.pem"));
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failure);
    if (failure) return Error{Errc::io, folder.string() + ": " + failure.message()};
    Credentials own = Credentials::make();
    TILL_TRY(const std::string request, own.request(name));
    const Grant grant{
        .common_name = name, .use = CertificateUse::client, .validity = years(now, 2)};
    TILL_TRY(const std::string certificate, authority.issue(request, grant));
    TILL_TRY_VOID(own.install(certificate));
    TILL_TRY_VOID(own.save(folder / "credentials.pem"));
    TILL_TRY_VOID(
        write_private_file(folder / "server-ca.pem", Secret{server_authority.certificate_pem()}));
    return write_private_file(
        folder / "gateway",
        Secret{fmt::format("{}\n{}\n{}\n", spec.public_host, spec.port, spec.server_name)});
}

Result<void> init_home(const HomePaths& home, const HomeSpec& spec, WallTime now) {
    TILL_TRY_VOID(make_folder(home));
    TILL_TRY_VOID(save_authority(home, "server-ca.pem", "Tillstream server CA", now));
    TILL_TRY_VOID(save_authority(home, "device-ca.pem", "Tillstream device CA", now));
    TILL_TRY_VOID(save_authority(home, "admin-ca.pem", "Tillstream administrator CA", now));
    TILL_TRY_VOID(issue_server(home, spec, now));
    const SealingKeyPair sealing = make_sealing_key_pair(1);
    TILL_TRY_VOID(write_private_file(
        home / "sealing-keys",
        Secret{fmt::format("{} {} {}\n", sealing.key.id, hex(sealing.key.public_key),
                           hex(sealing.private_key.reveal()))}));
    TILL_TRY(const Authority servers, Authority::load(home / "server-ca.pem"));
    TILL_TRY_VOID(make_note_key(home / "note-key", servers));
    TILL_TRY_VOID(save_hex(home / "token-key", make_key()));
    TILL_TRY_VOID(save_hex(home / "vault-key", make_key()));
    TILL_TRY_VOID(issue_administrator(home, "administrator", home / "admin", spec, now));
    return write_private_file(home / "gateway.toml",
                              Secret{settings_text(spec)});  // Last: it is whole now.
}

Result<void> join_home(const HomePaths& home, const HomePaths& of, const HomeSpec& spec,
                       const std::string& ledger_url, WallTime now) {
    TILL_TRY_VOID(load_keys(of));  // It is whole, and ours to read.
    TILL_TRY_VOID(make_folder(home));
    for (const char* shared : {"server-ca.pem", "device-ca.pem", "admin-ca.pem", "sealing-keys",
                               "token-key", "vault-key", "note-key"}) {
        TILL_TRY(const Secret content, read_private_file(of / shared));
        TILL_TRY_VOID(write_private_file(home / shared, content));
    }
    TILL_TRY_VOID(issue_server(home, spec, now));
    TILL_TRY_VOID(issue_administrator(home, "administrator", home / "admin", spec, now));
    const std::string ledger =
        fmt::format("\n[ledger]\nurl = \"{}\"\nprojects = false\n", toml_text(ledger_url));
    return write_private_file(home / "gateway.toml", Secret{settings_text(spec) + ledger});
}

Result<HomeKeys> load_keys(const HomePaths& home) {
    if (std::error_code failure; !std::filesystem::exists(home / "gateway.toml", failure))
        return Error{Errc::not_found,
                     home.root.string() + " holds no gateway; make one with till-gateway init"};
    TILL_TRY(Authority device, Authority::load(home / "device-ca.pem"));
    TILL_TRY(Authority server_authority, Authority::load(home / "server-ca.pem"));
    TILL_TRY(const Authority admin, Authority::load(home / "admin-ca.pem"));
    TILL_TRY(Credentials server, Credentials::load(home / "server.pem"));
    TILL_TRY(auto sealing, load_sealing_keys(home / "sealing-keys"));
    TILL_TRY(auto notes, load_note_key(home / "note-key", server_authority));
    TILL_TRY(Secret token_key, load_hex_key(home / "token-key"));
    TILL_TRY(Secret vault_key, load_hex_key(home / "vault-key"));
    return HomeKeys{std::move(device),    std::move(server_authority), admin.certificate_pem(),
                    std::move(server),    std::move(sealing),          std::move(notes),
                    std::move(token_key), std::move(vault_key)};
}

}  // namespace till::sync
