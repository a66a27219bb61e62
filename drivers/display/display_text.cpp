#include "drivers/display/display_text.hpp"

#include <iconv.h>

#include <algorithm>
#include <array>

namespace till::drivers {

namespace {

constexpr char cannot_be_shown = '?';
constexpr std::size_t columns_of_one_max = 2;

std::uint8_t octet(char each) { return static_cast<std::uint8_t>(each); }

/// Bytes of the character that `text` begins with, or of what is left of one.
std::size_t character_bytes(std::string_view text) {
    const std::uint8_t lead = octet(text.front());
    const std::size_t most = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::size_t bytes = 1;
    while (bytes < std::min(most, text.size()) && (octet(text[bytes]) & 0xc0) == 0x80) ++bytes;
    return bytes;
}

/// C0, DEL and C1.
bool is_control(std::string_view character) {
    const std::uint8_t lead = octet(character.front());
    if (lead < 0x20 || lead == 0x7f) return true;
    return lead == 0xc2 && character.size() == 2 && octet(character[1]) < 0xa0;
}

}  // namespace

void DisplayText::Close::operator()(void* handle) const { iconv_close(handle); }

Result<DisplayText> DisplayText::make(DisplayModel model) {
    void* const handle = iconv_open(model.charset.c_str(), "UTF-8");
    if (handle == reinterpret_cast<iconv_t>(-1))
        return Error{Errc::unsupported, "no charset is called " + model.charset};
    return DisplayText{std::move(model), handle};
}

Bytes DisplayText::convert(std::string_view text) const {
    Bytes shown;
    while (!text.empty()) {
        std::string character{text.substr(0, character_bytes(text))};
        text.remove_prefix(character.size());
        std::array<char, 8> out{};
        char* from = character.data();
        char* to = out.data();
        std::size_t in_left = character.size(), out_left = out.size();
        iconv(iconv_.get(), nullptr, nullptr, nullptr, nullptr);
        const bool done = iconv(iconv_.get(), &from, &in_left, &to, &out_left) == 0;
        const std::size_t bytes = out.size() - out_left;
        const bool fits = done && bytes > 0 && bytes <= columns_of_one_max && !is_control(character)
                          && octet(out.front()) >= 0x20;
        if (fits)
            shown.append(out.data(), bytes);
        else
            shown += cannot_be_shown;
    }
    return shown;
}

Result<std::vector<Bytes>> DisplayText::lay_out(const std::vector<std::string>& lines) const {
    if (lines.size() > model_.rows)
        return Error{Errc::out_of_range, "more lines than the display has", "lines",
                     "at most " + std::to_string(model_.rows)};
    std::vector<Bytes> rows;
    for (const std::string& line : lines) {
        rows.push_back(convert(line));
        if (rows.back().size() > model_.columns)
            return Error{
                Errc::out_of_range, "it takes " + std::to_string(rows.back().size()) + " columns",
                "lines[" + std::to_string(rows.size() - 1) + "]",
                "at most " + std::to_string(model_.columns) + "; a full-width character takes two"};
    }
    rows.resize(model_.rows);
    for (Bytes& row : rows) row.resize(model_.columns, ' ');
    return rows;
}

}  // namespace till::drivers
