#pragma once

#include "agent/core/result.hpp"
#include "drivers/decode/lint.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace till::drivers {

/// One part of an AI's value: so many characters of a set, checked by linters.
struct AiComponent {
    Linter charset = nullptr;
    std::uint8_t min = 0;
    std::uint8_t max = 0;
    bool optional = false;
    std::vector<Linter> linters;
};

/// An AI or a family of them: "01" or "35nn".
struct AiPattern {
    std::string prefix;      ///< The digits in front.
    std::size_t length = 0;  ///< Of the whole AI.
    bool matches(std::string_view ai) const noexcept {
        return ai.size() == length && ai.starts_with(prefix);
    }
};

/// `req=01+21,02`: any of the groups, and of a group every member.
struct AiRequirement {
    std::string text;
    std::vector<std::vector<AiPattern>> any_of;
};

/// What the dictionary says of one Application Identifier.
struct AiEntry {
    std::string ai;
    bool needs_separator = true;    ///< FNC1 must follow unless the value ends the data.
    bool may_be_attribute = false;  ///< Allowed as attribute of a Digital Link URI.
    bool known = true;  ///< False for the stand-ins of AIs the dictionary does not have.
    std::vector<AiComponent> components;
    std::size_t length_min = 0;
    std::size_t length_max = 0;
    std::vector<AiRequirement> requirements;  ///< All must hold.
    std::vector<AiPattern> exclusions;
    bool is_key = false;                               ///< Primary key of a Digital Link URI.
    std::vector<std::vector<std::string>> qualifiers;  ///< Alternative orders of qualifiers.
    std::string title;
};

/// The rules of all Application Identifiers, in the format in which GS1 publishes them (GS1 Barcode
/// Syntax Dictionary). Immutable and free of locks: share one object between threads.
class Dictionary {
public:
    /// Reads a dictionary. Fails with `malformed` and the number of the line. A linter that this
    /// build does not have is not an error, or a newer release could not be used before a newer
    /// build: it is skipped and named in unknown_linters().
    static Result<Dictionary> parse(std::string_view text);

    /// The table that comes with the program (drivers/decode/data/ai-table.txt).
    static const Dictionary& builtin();

    Dictionary(Dictionary&&) noexcept = default;
    Dictionary& operator=(Dictionary&&) noexcept = default;

    /// The entry of exactly this AI; nullptr when there is none. With `permit_unknown` an AI that
    /// the table does not have gets a stand-in, unless its first two digits belong to AIs of
    /// another length.
    const AiEntry* find(std::string_view ai, bool permit_unknown = false) const;

    /// The entry of the AI that `data` begins with. With `permit_unknown` only AIs whose length
    /// the first two digits tell get a stand-in.
    const AiEntry* match(std::string_view data, bool permit_unknown = false) const;

    const std::string& release() const noexcept { return release_; }  ///< "2026-01-27", or empty.
    const std::vector<AiEntry>& entries() const noexcept { return entries_; }
    const std::vector<std::string>& unknown_linters() const noexcept { return unknown_linters_; }

private:
    friend class DictionaryReader;
    Dictionary() = default;
    const AiEntry* at(std::string_view ai) const;
    const AiEntry* stand_in(std::string_view prefix, std::size_t length) const;

    std::string release_;
    std::vector<AiEntry> entries_;
    std::vector<AiEntry> stand_ins_;
    std::vector<std::string> unknown_linters_;
    std::array<std::uint8_t, 100> ai_length_{};  // By the first two digits; 0: not known.
    std::vector<std::uint16_t> index_;           // By the AI, padded to four digits; 0: none.
};

}  // namespace till::drivers
