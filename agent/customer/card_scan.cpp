#include "agent/customer/card_scan.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <vector>

namespace till {

namespace {

constexpr std::size_t pan_min = 13, pan_max = 19;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_separator(char c) {
    return c == ' ' || c == '-' || c == '.' || c == '_' || c == '/' || c == '\t' || c == '\n'
           || c == '\r';
}

/// Digits that belong together: no more than two separators between any two of them.
struct Run {
    std::string digits;
    std::vector<std::size_t> places;  ///< Of each digit in the text.

    bool begins_group(std::size_t i) const { return i == 0 || places[i - 1] + 1 != places[i]; }
    bool ends_group(std::size_t i) const {
        return i + 1 == digits.size() || places[i] + 1 != places[i + 1];
    }
};

int leading(std::string_view digits, std::size_t count) {
    int value = 0;
    for (const char c : digits.substr(0, count)) value = value * 10 + (c - '0');
    return value;
}

/// Begins as the cards of a brand do, and is as long (ISO 7812 issuer ranges in use).
bool is_branded(std::string_view digits) {
    const std::size_t n = digits.size();
    const int two = leading(digits, 2), four = leading(digits, 4);
    if (digits[0] == '4') return n == 13 || n == 16 || n == 19;
    if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return n == 16;
    if (two == 34 || two == 37) return n == 15;
    if (two == 30 || two == 36 || two == 38 || two == 39) return n >= 14;
    if (two == 35) return n >= 16;
    return n >= 16 && (two == 50 || (two >= 56 && two <= 69) || two == 81 || four == 9792);
}

/// Written as cards are: in one piece, in fours, or 4-6-5 and 4-6-4.
bool is_grouped_like_a_card(const Run& run, std::size_t from, std::size_t length) {
    std::vector<std::size_t> groups;
    for (std::size_t i = from; i < from + length; ++i) {
        if (i == from || run.begins_group(i)) groups.push_back(0);
        ++groups.back();
    }
    if (groups.size() == 1) return true;
    if (groups.front() != 4) return false;
    if (groups.size() == 3 && groups[1] == 6) return groups[2] == 5 || groups[2] == 4;
    const auto is_four = [](std::size_t group) { return group == 4; };
    return std::all_of(groups.begin(), groups.end() - 1, is_four) && groups.back() <= 4;
}

bool is_one_piece(const Run& run, std::size_t from, std::size_t length) {
    return run.places[from + length - 1] - run.places[from] + 1 == length;
}

/// No letter touches it, as in a UUID or other hexadecimal key.
bool stands_alone(const Run& run, std::size_t from, std::size_t length, std::string_view text) {
    const auto is_word = [&](std::size_t at) {
        return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at])) != 0;
    };
    const std::size_t first = run.places[from], last = run.places[from + length - 1];
    return (first == 0 || !is_word(first - 1)) && !is_word(last + 1);
}

/// A window counts where it is a number of its own; inside a longer group of digits (a card number
/// and its expiry run together) only when it looks like a brand's, or every long number would.
bool is_card(const Run& run, std::size_t from, std::size_t length, CardScan scan,
             std::string_view text) {
    const std::string_view window = std::string_view{run.digits}.substr(from, length);
    if (!passes_luhn(window)) return false;
    const bool whole = run.begins_group(from) && run.ends_group(from + length - 1);
    // A date and a counter with dashes between them are no card, whatever their digits add up to.
    if (scan != CardScan::free_text)
        return whole && is_branded(window) && is_grouped_like_a_card(run, from, length)
               && ((scan == CardScan::number && is_one_piece(run, from, length))
                   || stands_alone(run, from, length, text));
    return whole || is_branded(window);
}

bool mask_run(const Run& run, CardScan scan, std::string_view original, std::string& text) {
    bool masked = false;
    const std::size_t n = run.digits.size();
    for (std::size_t from = 0; from + pan_min <= n; ++from)
        for (std::size_t length = std::min(pan_max, n - from); length >= pan_min; --length) {
            if (!is_card(run, from, length, scan, original)) continue;
            for (std::size_t i = from + 6; i + 4 < from + length; ++i) text[run.places[i]] = '*';
            masked = true;
        }
    return masked;
}

}  // namespace

bool passes_luhn(std::string_view digits) {
    int sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const int digit = digits[digits.size() - 1 - i] - '0';
        const int doubled = i % 2 == 1 ? digit * 2 : digit;
        sum += doubled > 9 ? doubled - 9 : doubled;
    }
    return sum % 10 == 0;
}

bool mask_cards(std::string& text, CardScan scan) {
    bool masked = false;
    Run run;
    const std::string original = text;  // Masking writes into `text` while it is being scanned.
    const auto finish = [&] {
        if (run.digits.size() >= pan_min) masked = mask_run(run, scan, original, text) || masked;
        run.digits.clear();
        run.places.clear();
    };
    std::size_t gap = 0;
    for (std::size_t i = 0; i < original.size(); ++i) {
        if (is_digit(original[i])) {
            run.digits += original[i];
            run.places.push_back(i);
            gap = 0;
        } else if (!is_separator(original[i]) || ++gap > 2) {
            finish();
        }
    }
    finish();
    return masked;
}

bool has_track_data(std::string_view text) {
    std::size_t digits = 0, group = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        digits = is_digit(c) ? digits + 1 : (c == ' ' ? digits : 0);
        if (!is_digit(c) && c != ' ' && group >= 12) {
            // Behind the number: track 1 goes on with '^', track 2 with '=' or 'D' and an expiry.
            std::size_t after = i + 1, following = 0;
            while (after < text.size() && is_digit(text[after])) ++after, ++following;
            if (c == '^' || ((c == '=' || c == 'D' || c == 'd') && following >= 4)) return true;
        }
        group = digits;
    }
    return false;
}

}  // namespace till
