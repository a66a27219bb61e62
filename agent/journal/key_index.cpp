#include "agent/journal/key_index.hpp"

#include "agent/crypto/hash.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace till::detail {

KeyHash key_hash(std::string_view caller, std::string_view key) {
    // The length in front keeps ("ab", "c") and ("a", "bc") apart.
    const Digest digest =
        Sha256{}.add_u32(static_cast<std::uint32_t>(caller.size())).add(caller).add(key).finish();
    KeyHash hash{};
    std::copy_n(digest.begin(), hash.size(), hash.begin());
    return hash;
}

std::size_t KeyIndex::First8::operator()(const KeyHash& key) const {
    std::size_t value = 0;
    std::memcpy(&value, key.data(), sizeof value);
    return value;
}

Result<KeyIndex> KeyIndex::load(Database& database, Seq derived) {
    KeyIndex index;
    TILL_TRY(index.find_, database.prepare("SELECT seq FROM key_index WHERE key = ?"));
    TILL_TRY(index.insert_, database.prepare("INSERT INTO key_index(key, seq) VALUES(?, ?)"));
    TILL_TRY(Statement recent, database.prepare("SELECT key, seq FROM event WHERE seq > ?"));
    const auto read = [&](const Row& row) -> Result<void> {
        KeyHash key{};
        if (row.bytes(0).size() != key.size())
            return Error{Errc::corrupt, "journal: a key is not 16 bytes"};
        std::memcpy(key.data(), row.bytes(0).data(), key.size());
        index.remember(key, Seq{row.unsigned_integer(1)});
        return {};
    };
    TILL_TRY_VOID(recent.each(read, derived.value()));
    return index;
}

Result<std::optional<Seq>> KeyIndex::find(const KeyHash& key) {
    if (const auto found = recent_.find(key); found != recent_.end())
        return std::optional{found->second};
    return find_.one([](const Row& row) { return Seq{row.unsigned_integer(0)}; }, Blob{view(key)});
}

Result<void> KeyIndex::write() {
    std::vector<std::pair<KeyHash, Seq>> sorted(recent_.begin(), recent_.end());
    std::sort(sorted.begin(), sorted.end());
    for (const auto& [key, seq] : sorted) TILL_TRY_VOID(insert_.run(Blob{view(key)}, seq.value()));
    return {};
}

}  // namespace till::detail
