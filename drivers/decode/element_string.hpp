#pragma once

#include "drivers/decode/dictionary.hpp"
#include "drivers/decode/fault.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace till::drivers {

/// What may be asked to be laxer or stricter than GS1's standards. The defaults are the standards'.
struct DecodeOptions {
    bool permit_unknown_ais = false;
    bool requisite_ais = true;             ///< Check `req=` of the dictionary.
    bool unknown_ai_not_attribute = true;  ///< Refuse AIs not in the dictionary as URI attributes.
    bool zero_suppressed_gtin = false;     ///< Take GTIN-8, -12 and -13 in Digital Link paths.
    bool convenience_alphas = false;       ///< Take /gtin/ for /01/, which GS1 has withdrawn.
    bool add_check_digit = false;          ///< Compute the check digit when writing a scan.
    bool data_titles = false;              ///< "GTIN (01) …" in the human-readable text.
};

/// FNC1 where data is written down: at its beginning and between elements. `^` is in no GS1
/// character set, so that it cannot be data.
inline constexpr char fnc1 = '^';
/// FNC1 between elements as a scanner sends it. The first one it does not send.
inline constexpr char group_separator = '\x1d';

/// One AI with its value, both views into the text they were read from.
struct Element {
    const AiEntry* entry;  ///< In the Dictionary, which must outlive the element. Never null.
    std::string_view ai;
    std::string_view value;
};

/// The elements of one message. Has room for as many as GS1's reference engine takes, inside, so
/// that reading allocates nothing: keep one and clear it.
class ElementList {
public:
    static constexpr std::size_t capacity = 64;

    ElementList() {}  // Leaves the room uninitialised on purpose: it is 2.5 KiB.
    bool push(const Element& element) noexcept {
        if (size_ == capacity) return false;
        items_[size_++] = element;
        return true;
    }
    void clear() noexcept { size_ = 0, composite_at_ = capacity; }
    void begin_composite() noexcept { composite_at_ = size_; }
    /// Where the composite part begins; `capacity` when there is none.
    std::size_t composite_at() const noexcept { return composite_at_; }
    bool empty() const noexcept { return size_ == 0; }
    std::span<const Element> all() const noexcept { return {items_.data(), size_}; }
    /// The first element of this AI; nullptr when there is none.
    const Element* find(std::string_view ai) const noexcept {
        for (const auto& element : all())
            if (element.ai == ai) return &element;
        return nullptr;
    }

private:
    std::array<Element, capacity> items_;
    std::size_t size_ = 0;
    std::size_t composite_at_ = capacity;
};

/// Checks length and content of one value by its AI's rules.
Decoded<void> check_value(const Element& element);

/// Reads what follows the first FNC1, with `separator` where others are, and appends to `out`.
/// A superfluous separator after a value of predefined length and one at the very end are
/// tolerated; everything else must be as the dictionary says. Allocates only to report a fault.
Decoded<void> read_elements(std::string_view data, char separator, const Dictionary& dictionary,
                            const DecodeOptions& options, ElementList& out);

/// Reads "(01)09506000134352(10)A\(B": an AI in brackets before each value, `\(` for a bracket in
/// a value, `|` before a composite part when `composite`. `storage` receives the data as
/// write_raw() would write it, and `out` views into it.
Decoded<void> read_bracketed(std::string_view text, const Dictionary& dictionary,
                             const DecodeOptions& options, bool composite, std::string& storage,
                             ElementList& out);

/// "^0109506000134352…", with FNC1 only where it is needed, and `|^` before a composite part.
std::string write_raw(const ElementList& elements);
/// "(01)09506000134352(10)…", with `|` before a composite part.
std::string write_bracketed(const ElementList& elements);
/// Human-readable interpretation of one element: "(01) 09506000134352".
std::string write_hri(const Element& element, bool with_title);

/// The rules between elements, each checkable alone.
enum class Association : std::uint8_t { exclusions, requisites, repeats, signature_serial };

Decoded<void> check_association(Association rule, const ElementList& elements);
/// All of them, in the order above; requisites only if the options ask for it.
Decoded<void> check_associations(const ElementList& elements, const DecodeOptions& options);

}  // namespace till::drivers
