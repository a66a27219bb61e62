#include "agent/api/settings.hpp"

#include <algorithm>
#include <array>

namespace till {

namespace {

struct Word {
    Role role;
    std::string_view text;
};
constexpr std::array words = {
    Word{Role::pos, "pos"},
    Word{Role::stock, "stock"},
    Word{Role::reader, "reader"},
    Word{Role::foreign_pos, "foreign_pos"},
    Word{Role::administrator, "administrator"},
};

}  // namespace

std::string_view name(Role role) { return std::ranges::find(words, role, &Word::role)->text; }

Result<Role> parse_role(std::string_view text) {
    const auto found = std::ranges::find(words, text, &Word::text);
    if (found == words.end())
        return Error{Errc::malformed,
                     "no such role",
                     {},
                     "pos, stock, reader, foreign_pos or administrator"};
    return found->role;
}

}  // namespace till
