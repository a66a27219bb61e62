#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "agent/core/secret.hpp"
#include "agent/crypto/sealing.hpp"
#include "sync/wire/events.pb.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace till::sync {

namespace v1 = tillstream::v1;

/// A person or company at the centre: a random UUID that says nothing.
using CustomerId = Id<struct CustomerTag, Uuid>;

/// What the vault needs to open, find and keep personal data. They live with the projector, never in
/// ingest.
struct VaultKeys {
    std::vector<SealingKeyPair> sealing;  ///< Every key that devices may still seal to.
    Secret token_key;                     ///< 32 bytes, for customer tokens.
    Secret master_key;                    ///< 32 bytes, wraps the customers' data keys.
};

/// Where customers' names and identifiers are: the only database that holds them, encrypted with a
/// data key per customer. Everything else knows a CustomerId.
///
/// A person is found by any identifier; identifiers seen together are linked. When they name two
/// customers, nothing is merged: a suggestion is kept for a person to decide.
///
/// What begin() to commit() did is durable as one; calls outside are durable each. Doing the same
/// again changes nothing, so a caller may repeat a batch it is not sure of. Thread: one at a time.
class Vault {
public:
    enum class Access { writing, reading };
    /// One writing vault per file, the projector's; those that answer questions only read.
    static Result<std::unique_ptr<Vault>> open(const std::filesystem::path& file, VaultKeys keys,
                                               Random& random, Access access = Access::writing,
                                               const std::string& vfs = {});
    ~Vault();

    Result<void> begin();
    Result<void> commit();
    void roll_back();  ///< Harmless when nothing was begun.

    struct Identified {
        CustomerId customer{Uuid{}};
        std::vector<CustomerId> others;  ///< Also named by these identifiers: a merge is suggested.
    };
    /// Opens a sealed part (a serialised Personal) and finds or makes its customer; nothing when it
    /// holds no identifier. Fails with not_found (no such key), not_trusted (does not open) or
    /// malformed (opens to something else).
    Result<std::optional<Identified>> identify(std::uint32_t key_id, BytesView sealed,
                                               std::int64_t at_ms);

    /// By a normalised identifier.
    Result<std::optional<CustomerId>> find(v1::IdentifierType type, BytesView value);
    /// Everything known of a customer, in clear: for the desk that may see it. Never log it.
    Result<v1::Personal> show(const CustomerId& customer);

    struct MergeSuggestion {
        CustomerId one{Uuid{}};
        CustomerId other{Uuid{}};
        std::int64_t seen_ms = 0;
    };
    Result<std::vector<MergeSuggestion>> merge_suggestions();
    Result<void> checkpoint();

private:
    struct Impl;
    explicit Vault(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// HMAC-SHA-256(token key, type u32 big-endian ‖ normalised value): how a customer is found without
/// the value being stored. The key never leaves the centre, since phone numbers can be enumerated.
Digest customer_token(const Secret& token_key, v1::IdentifierType type, BytesView value);

}  // namespace till::sync
