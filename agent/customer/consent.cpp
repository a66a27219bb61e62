#include "agent/customer/consent.hpp"

namespace till {

Result<v1::ConsentSet> make_consent(const v1::CommandConsent& said, std::int64_t now_ms,
                                    const std::string& field) {
    const auto refuse = [&](const char* name, const char* detail, const char* allowed) {
        return Error{Errc::out_of_range, detail, field + name, allowed};
    };
    if (!v1::ConsentSet::Purpose_IsValid(said.purpose())
        || said.purpose() == v1::ConsentSet::PURPOSE_UNSPECIFIED)
        return refuse("purpose", "missing",
                      "PURPOSE_MARKETING, PURPOSE_PROFILING or PURPOSE_TRANSACTIONAL");
    if (!v1::ConsentSet::ConsentChannel_IsValid(said.channel())
        || said.channel() == v1::ConsentSet::CONSENT_CHANNEL_UNSPECIFIED)
        return refuse("channel", "missing", "CONSENT_CHANNEL_EMAIL, _SMS, _PHONE, _POST or _PUSH");
    if (said.granted() && said.text_version().empty())
        return refuse("text_version", "a grant needs the version of the words she saw",
                      "e.g. 2026-03");
    if (said.granted() && said.proof().empty())
        return refuse("proof", "a grant needs the customer's own proof",
                      "e.g. signature, double-opt-in, paper");
    v1::ConsentSet consent;
    consent.set_purpose(said.purpose());
    consent.set_channel(said.channel());
    consent.set_granted(said.granted());
    consent.set_text_version(said.text_version());
    consent.set_proof(said.proof());
    consent.set_at_ms(now_ms);
    return consent;
}

}  // namespace till
