#pragma once

#include "sync/projection/queries.hpp"
#include "sync/vault/vault.hpp"

#include <functional>
#include <map>
#include <set>

namespace till::sync {

/// On what of a customer a CRM and the centre last agreed. Whoever differs from it has changed something, so
/// that neither undoes what the other did: the common ancestor of a three-way merge. Hashes only.
struct Agreement {
    std::set<Bytes> tokens;                        ///< Of identifiers, and of her name.
    std::map<std::pair<int, int>, bool> consents;  ///< By purpose and channel.

    Bytes serialised() const;
    static Result<Agreement> parse(BytesView bytes);
};

using TokenOf = std::function<Digest(const v1::Identifier&)>;

/// Her name and company as one identifier, which like any other is agreed on or not.
v1::Identifier name_of(const v1::Personal& person);
bool agreed(const Agreement& on, const v1::Identifier& identifier, const TokenOf& token);
bool agreed(const Agreement& on, const ConsentState& consent);
/// Both have all of this now.
void agree(Agreement& on, const v1::Personal& person, const std::vector<ConsentState>& consents,
           const TokenOf& token);

}  // namespace till::sync
