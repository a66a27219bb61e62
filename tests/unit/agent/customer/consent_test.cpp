#include "agent/customer/consent.hpp"

#include <catch2/catch.hpp>

using namespace till;

namespace {
v1::CommandConsent grant() {
    v1::CommandConsent consent;
    consent.set_purpose(v1::ConsentSet::PURPOSE_MARKETING);
    consent.set_channel(v1::ConsentSet::CONSENT_CHANNEL_EMAIL);
    consent.set_granted(true);
    consent.set_text_version("2026-03");
    consent.set_proof("signature");
    return consent;
}
}  // namespace

TEST_CASE("customer: a grant needs purpose, channel, the words and a proof", "[customer]") {
    REQUIRE(make_consent(grant(), 5, "consent."));
    CHECK(make_consent(grant(), 5, "consent.")->at_ms() == 5);
    const auto refused = [](auto change) {
        v1::CommandConsent consent = grant();
        change(consent);
        const auto made = make_consent(consent, 5, "consents[1].");
        return made ? std::string{} : made.error().field;
    };
    CHECK(refused([](auto& c) { c.clear_purpose(); }) == "consents[1].purpose");
    CHECK(refused([](auto& c) { c.clear_channel(); }) == "consents[1].channel");
    CHECK(refused([](auto& c) { c.clear_text_version(); }) == "consents[1].text_version");
    CHECK(refused([](auto& c) { c.clear_proof(); }) == "consents[1].proof");
}

TEST_CASE("customer: withdrawing is as easy as saying so", "[customer]") {
    v1::CommandConsent consent = grant();
    consent.set_granted(false);
    consent.clear_proof();
    consent.clear_text_version();
    REQUIRE(make_consent(consent, 5, ""));
    CHECK_FALSE(make_consent(consent, 5, "")->granted());
}
