#pragma once

#include "agent/journal/record.hpp"
#include "agent/store/database.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace till::detail {

/// (caller, key) as it is indexed: the first 16 bytes of a SHA-256 over both.
using KeyHash = std::array<std::uint8_t, 16>;
KeyHash key_hash(std::string_view caller, std::string_view key);

/// Which event a key belongs to. Recent keys are in memory (and in their events), older ones in the
/// table key_index, moved there many at a time in key order: writing them one by one would dirty a
/// random page for each (cross/decisions/0020).
class KeyIndex {
public:
    static Result<KeyIndex> load(Database& database, Seq derived);

    Result<std::optional<Seq>> find(const KeyHash& key);
    void remember(const KeyHash& key, Seq seq) { recent_.emplace(key, seq); }
    std::size_t recent() const { return recent_.size(); }

    Result<void> write();                ///< In the caller's transaction.
    void written() { recent_.clear(); }  ///< It committed.

private:
    struct First8 {
        std::size_t operator()(const KeyHash& key) const;
    };
    std::unordered_map<KeyHash, Seq, First8> recent_;
    Statement find_, insert_;
};

}  // namespace till::detail
