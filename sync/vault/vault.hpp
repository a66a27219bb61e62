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
/// A person is found by any identifier; identifiers seen together are linked. When they name two customers
/// and nothing known of the two contradicts (one_person.hpp), they are one from then on; else a suggestion is
/// kept for a person to decide. Either can be undone: each identifier stays with the customer it came to.
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
        std::vector<CustomerId> merged;  ///< The same, and they are one person from now on.
        bool erased =
            false;  ///< It is of somebody who was erased since: nobody; delete the sealed part.
    };
    /// Opens a sealed part (a serialised Personal) and finds or makes its customer; `known` is she, where the
    /// event says so itself. Nothing when it holds no identifier and none is known. Fails with not_found (no
    /// such key), not_trusted (does not open) or malformed (opens to something else).
    Result<std::optional<Identified>> identify(std::uint32_t key_id, BytesView sealed,
                                               std::int64_t at_ms,
                                               std::optional<CustomerId> known = {});
    /// Whether a sealed part holds an identifier of any of these.
    Result<bool> is_about(std::uint32_t key_id, BytesView sealed,
                          const std::vector<CustomerId>& customers);

    /// customer_token() of an identifier.
    Digest token(const v1::Identifier& identifier) const;
    /// By a normalised identifier: as who she is by now.
    Result<std::optional<CustomerId>> find(v1::IdentifierType type, BytesView value);
    /// Everything known of a customer, in clear: for the desk that may see it. Never log it. Fails with
    /// not_found when there is none, or none any more.
    Result<v1::Personal> show(const CustomerId& customer);

    /// Who this customer is by now: itself, or whom it was merged into.
    Result<CustomerId> present(const CustomerId& customer);
    /// All that are she: as who she is by now first, then those merged into it.
    Result<std::vector<CustomerId>> family(const CustomerId& customer);
    /// Fails with not_found or conflict (they are one already, or one was erased).
    Result<void> merge(const CustomerId& kept, const CustomerId& merged);
    /// Undoes it. Fails with conflict when `merged` was not merged into `kept`.
    Result<void> separate(const CustomerId& kept, const CustomerId& merged);
    /// Destroys the data keys of her family and deletes all else that was known; returns whom. What was
    /// captured before `at_ms` cannot bring her back. Again is harmless.
    Result<std::vector<CustomerId>> erase(const CustomerId& customer, std::int64_t at_ms);
    Result<std::optional<std::int64_t>> erased_ms(const CustomerId& customer);

    struct Merge {
        CustomerId kept{Uuid{}};
        CustomerId merged{Uuid{}};
    };
    Result<std::vector<Merge>> merges();

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
