#pragma once

#include "agent/api/command_table.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace till {

/// Who may call the local doors. A token is 32 random bytes in base64url; only its SHA-256 is kept,
/// one line each: `name role sha256-in-hex`, '#' begins a comment.
class Tokens {
public:
    /// Fails with malformed, naming the line.
    static Result<Tokens> parse(std::string_view file);

    /// Compares with every token in constant time.
    std::optional<Caller> find(std::string_view token) const;

private:
    struct Entry {
        Caller caller;
        Digest digest;
    };
    std::vector<Entry> entries_;
};

/// A fresh token and its line in the file. The token is shown once and kept nowhere.
struct NewToken {
    std::string token;
    std::string line;
};
NewToken make_token(std::string_view name, Role role, Random& random);

}  // namespace till
