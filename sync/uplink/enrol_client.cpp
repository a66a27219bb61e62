#include "sync/uplink/enrol_client.hpp"

#include "agent/core/hex.hpp"
#include "sync/uplink/https_post.hpp"
#include "sync/wire/enrolment.pb.h"
#include "sync/wire/enrolment_code.hpp"

namespace till::sync {

namespace {

namespace v1 = tillstream::v1;

constexpr std::size_t sealing_key_bytes = 32;

Error contradiction(std::string_view what) {
    return Error{Errc::not_trusted, "the centre's answer is not usable: " + std::string{what}};
}

template <class Keys>
Result<std::vector<SealingKey>> sealing_keys(const Keys& keys) {
    std::vector<SealingKey> all;
    for (const auto& key : keys) {
        if (key.public_key().size() != sealing_key_bytes) return contradiction("a sealing key");
        all.push_back(SealingKey{key.id(), key.public_key()});
    }
    if (all.empty()) return contradiction("it has no sealing key");
    return all;
}

Result<Enrolment> read_enrolment(const v1::EnrolAnswer& answer, GatewayAddress gateway) {
    auto device = Uuid::from_bytes(answer.device_id());
    if (!device) return contradiction("the device id");
    if (answer.store().empty() || answer.workstation().empty())
        return contradiction("it names no store and lane");
    if (answer.first_generation() == 0 || answer.last_generation() < answer.first_generation())
        return contradiction("the receipt generations");
    TILL_TRY(auto keys, sealing_keys(answer.sealing_keys()));
    return Enrolment{std::move(gateway),
                     DeviceId{*device},
                     answer.store(),
                     answer.workstation(),
                     Generation{answer.first_generation()},
                     Generation{answer.last_generation()},
                     answer.server_ca_pem(),
                     std::move(keys)};
}

/// The certificate is ours by key and by name, and the bundle holds together.
Result<void> check(const Credentials& credentials, const Enrolment& enrolment, TimeSource now) {
    TILL_TRY(const auto facts, credentials.facts());
    if (facts.common_name != enrolment.device.value().text())
        return contradiction("the certificate names another device");
    if (!ClientContext::make(enrolment.server_ca_pem, credentials, std::move(now)))
        return contradiction("the server's authorities");
    return {};
}

}  // namespace

asio::awaitable<Result<Enrolled>> enrol(std::string code, std::string agent_version, TimeSource now,
                                        std::chrono::milliseconds limit) {
    TILL_CO_TRY(const auto parsed, parse_enrolment_code(code));
    TILL_CO_TRY(auto name, ServerName::parse(parsed.server_name()));
    TILL_CO_TRY(const auto authority, to_digest(parsed.ca_sha256()));
    TILL_CO_TRY(const auto context, ClientContext::pinned(authority, now));
    GatewayAddress gateway{parsed.host(), static_cast<std::uint16_t>(parsed.port()),
                           std::move(name)};

    auto credentials = Credentials::make();
    v1::EnrolRequest request;
    request.set_secret(parsed.secret());
    request.set_agent_version(agent_version);
    TILL_CO_TRY(*request.mutable_csr_pem(), credentials.request("till-agent"));
    TILL_CO_TRY(const Bytes body, co_await https_post(gateway, context, "/enrol",
                                                      request.SerializeAsString(), limit));
    v1::EnrolAnswer answer;
    if (!answer.ParseFromString(body)) co_return contradiction("not an EnrolAnswer");
    TILL_CO_TRY(auto enrolment, read_enrolment(answer, std::move(gateway)));
    TILL_CO_TRY_VOID(credentials.install(answer.certificate_pem()));
    TILL_CO_TRY_VOID(check(credentials, enrolment, std::move(now)));
    co_return Enrolled{std::move(credentials), std::move(enrolment), WallTime{answer.centre_ms()}};
}

asio::awaitable<Result<Renewal>> renew(const Credentials& own, const Enrolment& enrolment,
                                       TimeSource now, std::chrono::milliseconds limit) {
    TILL_CO_TRY(const auto context, ClientContext::make(enrolment.server_ca_pem, own, now));
    v1::RenewRequest request;
    TILL_CO_TRY(*request.mutable_csr_pem(), own.request(enrolment.device.value().text()));
    TILL_CO_TRY(const Bytes body, co_await https_post(enrolment.gateway, context, "/renew",
                                                      request.SerializeAsString(), limit));
    v1::RenewAnswer answer;
    if (!answer.ParseFromString(body)) co_return contradiction("not a RenewAnswer");
    TILL_CO_TRY(const auto facts, certificate_facts(answer.certificate_pem()));
    if (facts.public_key_fingerprint != own.public_key_fingerprint())
        co_return contradiction("the certificate is for another key");
    if (facts.common_name != enrolment.device.value().text())
        co_return contradiction("the certificate names another device");
    if (!ClientContext::make(answer.server_ca_pem(), own, std::move(now)))
        co_return contradiction("the server's authorities");
    TILL_CO_TRY(auto keys, sealing_keys(answer.sealing_keys()));
    co_return Renewal{answer.certificate_pem(), answer.server_ca_pem(), std::move(keys),
                      WallTime{answer.centre_ms()}};
}

WallTime renewal_due(const CertificateFacts& certificate) {
    const auto life = certificate.not_after.value() - certificate.not_before.value();
    return WallTime{certificate.not_before.value() + life / 3 * 2};
}

}  // namespace till::sync
