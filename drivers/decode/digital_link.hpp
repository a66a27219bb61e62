#pragma once

#include "drivers/decode/element_string.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace till::drivers {

/// Where GS1's own resolver answers: the stem of a canonical Digital Link URI.
inline constexpr std::string_view canonical_stem = "https://id.gs1.org";

/// Whether a text announces itself as a web address; mixed case does not (GS1 Digital Link 1.2).
bool is_web_address(std::string_view text);

/// Reads a GS1 Digital Link URI: the rightmost primary key of the path with its qualifiers, then
/// the attributes of the query. `storage` receives the unescaped elements as a raw element string,
/// and `out` views into it; `ignored` receives the query parameters that are no AIs, as written.
/// Associations between elements are not checked (check_associations()).
Decoded<void> read_digital_link(std::string_view uri, const Dictionary& dictionary,
                                const DecodeOptions& options, std::string& storage,
                                ElementList& out, std::vector<std::string_view>& ignored);

/// Writes the elements under `stem`: the first primary key, the order of qualifiers that takes in
/// most of them, the rest as attributes, those of predefined length first. Fails when there is no
/// key or an element may not be an attribute.
Decoded<std::string> write_digital_link(const ElementList& elements, std::string_view stem,
                                        const DecodeOptions& options);

}  // namespace till::drivers
