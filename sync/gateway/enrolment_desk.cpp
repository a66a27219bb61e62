#include "sync/gateway/enrolment_desk.hpp"

#include "agent/crypto/hash.hpp"
#include "sync/wire/enrolment_code.hpp"

namespace till::sync {

namespace v1 = tillstream::v1;

namespace {

template <class Answer>
void add_sealing_keys(Answer& answer, const std::vector<SealingKeyPair>& pairs) {
    for (const SealingKeyPair& pair : pairs) {
        auto& key = *answer.add_sealing_keys();
        key.set_id(pair.key.id);
        key.set_public_key(pair.key.public_key);
    }
}

Result<DeviceId> device_of(const PeerIdentity& peer) {
    if (peer.role != PeerRole::device) return Error{Errc::forbidden, "not a device's certificate"};
    TILL_TRY(const Uuid id, Uuid::parse(peer.certificate.common_name));
    return DeviceId{id};
}

}  // namespace

Result<std::unique_ptr<EnrolmentDesk>> EnrolmentDesk::open(std::unique_ptr<Registry> registry,
                                                           const HomeKeys& keys,
                                                           const GatewaySettings& settings,
                                                           Clock& clock, Random& random) {
    std::unique_ptr<EnrolmentDesk> desk{
        new EnrolmentDesk{std::move(registry), keys, settings, clock, random}};
    TILL_TRY_VOID(desk->refresh());
    return desk;
}

Result<EnrolmentDesk::NewCode> EnrolmentDesk::new_code(const std::string& store,
                                                       const std::string& workstation,
                                                       std::uint16_t port) {
    const auto fits = [](const std::string& text) {
        return !text.empty() && text.size() <= 16
               && text.find_first_not_of(
                      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
                      == std::string::npos;
    };
    // Store and lane are part of each receipt number, so they must be short and plain.
    if (!fits(store))
        return Error{Errc::out_of_range, "store", "store", "1 to 16 letters and digits"};
    if (!fits(workstation))
        return Error{Errc::out_of_range, "lane", "lane", "1 to 16 letters and digits"};
    const std::scoped_lock lock{mutex_};
    const WallTime now = clock_.now().wall;
    TILL_TRY(const auto authority, keys_.server_authority.facts());
    std::array<std::uint8_t, 16> secret{};
    random_.fill(secret);
    const WallTime expires{now.value() + settings_.code_life.count()};
    TILL_TRY_VOID(
        registry_->add_code(sha256(view(secret)), {store, workstation, now, expires, {}}));
    v1::EnrolmentCode code;
    code.set_host(settings_.public_host);
    code.set_port(port);
    code.set_server_name(settings_.server_name);
    code.set_ca_sha256(Bytes{view(authority.fingerprint)});
    code.set_secret(Bytes{view(secret)});
    return NewCode{enrolment_code_text(code), expires};
}

Result<std::string> EnrolmentDesk::issue(const DeviceId& device, const std::string& csr_pem,
                                         WallTime now) const {
    constexpr std::int64_t day_ms = 86'400'000;
    const Grant grant{.common_name = device.value().text(),
                      .use = CertificateUse::client,
                      .validity = {WallTime{now.value() - day_ms},
                                   WallTime{now.value() + settings_.certificate_life.count()}}};
    return keys_.device_authority.issue(csr_pem, grant);
}

Result<v1::EnrolAnswer> EnrolmentDesk::enrol(const v1::EnrolRequest& request) {
    const std::scoped_lock lock{mutex_};
    const WallTime now = clock_.now().wall;
    const Digest code = sha256(request.secret());
    TILL_TRY_VOID(registry_->check_code(code, now));
    const DeviceId id{random_.uuid()};
    TILL_TRY(const std::string certificate, issue(id, request.csr_pem(), now));
    TILL_TRY(const auto facts, certificate_facts(certificate));
    Registry::Device device{.id = id,
                            .certificate_pem = certificate,
                            .serial = facts.serial,
                            .key_sha256 = Bytes{view(facts.public_key_fingerprint)},
                            .not_after = facts.not_after};
    TILL_TRY(device, registry_->enrol(code, std::move(device), settings_.generations, now));
    v1::EnrolAnswer answer;
    answer.set_device_id(Bytes{id.value().bytes()});
    answer.set_certificate_pem(certificate);
    answer.set_server_ca_pem(keys_.server_authority.certificate_pem());
    answer.set_store(device.store);
    answer.set_workstation(device.workstation);
    answer.set_first_generation(device.first_generation);
    answer.set_last_generation(device.last_generation);
    add_sealing_keys(answer, keys_.sealing);
    answer.set_centre_ms(now.value());
    return answer;
}

Result<v1::RenewAnswer> EnrolmentDesk::renew(const PeerIdentity& peer,
                                             const v1::RenewRequest& request) {
    TILL_TRY(const DeviceId id, device_of(peer));
    const std::scoped_lock lock{mutex_};
    const WallTime now = clock_.now().wall;
    TILL_TRY(const auto device, registry_->find(id));
    if (!device) return Error{Errc::forbidden, "the device is not enrolled here"};
    if (device->revoked) return Error{Errc::forbidden, "the device is revoked"};
    TILL_TRY(const std::string certificate, issue(id, request.csr_pem(), now));
    TILL_TRY(const auto facts, certificate_facts(certificate));
    const bool same_key = facts.public_key_fingerprint == peer.certificate.public_key_fingerprint
                          && view(facts.public_key_fingerprint) == BytesView{device->key_sha256};
    if (!same_key) return Error{Errc::forbidden, "a renewal must be for the device's own key"};
    TILL_TRY_VOID(registry_->renew(id, certificate, facts.serial, facts.not_after));
    v1::RenewAnswer answer;
    answer.set_certificate_pem(certificate);
    answer.set_server_ca_pem(keys_.server_authority.certificate_pem());
    add_sealing_keys(answer, keys_.sealing);
    answer.set_centre_ms(now.value());
    return answer;
}

Result<void> EnrolmentDesk::revoke(const DeviceId& device, const std::string& reason) {
    const std::scoped_lock lock{mutex_};
    TILL_TRY_VOID(registry_->revoke(device, reason, clock_.now().wall));
    const std::scoped_lock revoked{revoked_mutex_};
    revoked_.insert(device);
    return {};
}

Result<void> EnrolmentDesk::refresh() {
    const std::scoped_lock lock{mutex_};  // Else a revocation in between would be forgotten.
    TILL_TRY(auto fresh, registry_->revoked());
    const std::scoped_lock revoked{revoked_mutex_};
    revoked_ = std::move(fresh);
    return {};
}

bool EnrolmentDesk::is_revoked(const DeviceId& device) const {
    const std::scoped_lock lock{revoked_mutex_};
    return revoked_.contains(device);
}

Result<Registry::Device> EnrolmentDesk::admit(const PeerIdentity& peer) {
    TILL_TRY(const DeviceId id, device_of(peer));
    TILL_TRY(Registry::Device device, find(id));
    if (device.revoked) return Error{Errc::forbidden, "the device is revoked"};
    return device;
}

Result<Registry::Device> EnrolmentDesk::find(const DeviceId& id) {
    const std::scoped_lock lock{mutex_};
    TILL_TRY(auto device, registry_->find(id));
    if (!device) return Error{Errc::not_found, "the device is not enrolled here"};
    return *std::move(device);
}

Result<std::vector<Registry::Device>> EnrolmentDesk::devices() {
    const std::scoped_lock lock{mutex_};
    return registry_->devices();
}

Result<std::vector<Registry::Code>> EnrolmentDesk::codes() {
    const std::scoped_lock lock{mutex_};
    return registry_->codes();
}

}  // namespace till::sync
