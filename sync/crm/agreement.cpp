#include "sync/crm/agreement.hpp"

#include "agent/core/hex.hpp"
#include "sync/wire/customers.pb.h"

namespace till::sync {

// A CustomerCard holds what it takes; its identifiers' values are tokens here.
Bytes Agreement::serialised() const {
    v1::CustomerCard card;
    for (const Bytes& token : tokens) card.add_identifiers()->set_value(hex(token));
    for (const auto& [what, granted] : consents) {
        v1::ConsentSet& consent = *card.add_consents();
        consent.set_purpose(static_cast<v1::ConsentSet::Purpose>(what.first));
        consent.set_channel(static_cast<v1::ConsentSet::ConsentChannel>(what.second));
        consent.set_granted(granted);
    }
    return card.SerializeAsString();
}

Result<Agreement> Agreement::parse(BytesView bytes) {
    v1::CustomerCard card;
    if (!card.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
        return Error{Errc::corrupt, "what a CRM last agreed on cannot be read"};
    Agreement read;
    for (const auto& each : card.identifiers()) {
        TILL_TRY(auto token, unhex(each.value()));
        read.tokens.insert(std::move(token));
    }
    for (const auto& each : card.consents())
        read.consents[{each.purpose(), each.channel()}] = each.granted();
    return read;
}

v1::Identifier name_of(const v1::Personal& person) {
    v1::Identifier name;
    const char unit_separator = '\x1f';
    name.set_value(person.given_name() + unit_separator + person.family_name() + unit_separator
                   + person.company());
    return name;
}

bool agreed(const Agreement& on, const v1::Identifier& identifier, const TokenOf& token) {
    return on.tokens.contains(Bytes{view(token(identifier))});
}

bool agreed(const Agreement& on, const ConsentState& consent) {
    const auto known = on.consents.find({consent.purpose, consent.channel});
    return known != on.consents.end() && known->second == consent.granted;
}

void agree(Agreement& on, const v1::Personal& person, const std::vector<ConsentState>& consents,
           const TokenOf& token) {
    for (const auto& each : person.identifiers()) on.tokens.insert(Bytes{view(token(each))});
    on.tokens.insert(Bytes{view(token(name_of(person)))});
    for (const ConsentState& each : consents)
        on.consents[{each.purpose, each.channel}] = each.granted;
}

}  // namespace till::sync
