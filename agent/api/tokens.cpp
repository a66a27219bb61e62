#include "agent/api/tokens.hpp"

#include "agent/core/base64.hpp"
#include "agent/core/hex.hpp"
#include "agent/crypto/hash.hpp"

#include <sstream>

namespace till {

Result<Tokens> Tokens::parse(std::string_view file) {
    Tokens tokens;
    std::istringstream lines{std::string{file}};
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        line.erase(std::min(line.find('#'), line.size()));
        std::istringstream words{line};
        std::string caller, role, digest, more;
        if (!(words >> caller)) continue;
        words >> role >> digest;
        const auto bytes = unhex(digest);
        const auto parsed_role = parse_role(role);
        if (!parsed_role || !bytes || bytes->size() != sizeof(Digest) || (words >> more))
            return Error{Errc::malformed,
                         "tokens file, line " + std::to_string(number),
                         {},
                         "name, role, SHA-256 in hexadecimal"};
        tokens.entries_.push_back({{caller, *parsed_role}, *to_digest(*bytes)});
    }
    return tokens;
}

std::optional<Caller> Tokens::find(std::string_view token) const {
    const Digest digest = sha256(token);
    const Entry* found = nullptr;
    for (const Entry& entry : entries_)
        if (equal_in_constant_time(view(entry.digest), view(digest))) found = &entry;
    if (!found) return std::nullopt;
    return found->caller;
}

NewToken make_token(std::string_view name, Role role, Random& random) {
    std::array<std::uint8_t, 32> bytes{};
    random.fill(bytes);
    NewToken made{.token = base64url(view(bytes)), .line = std::string{name}};
    made.line.append(" ").append(till::name(role)).append(" ").append(hex(sha256(made.token)));
    return made;
}

}  // namespace till
