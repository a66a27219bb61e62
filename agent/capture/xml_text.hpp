#pragma once

#include <string>
#include <string_view>

namespace till {

/// `text` (UTF-8) as XML 1.0 has it where characters stand, or between quotation marks. What XML cannot say at
/// all, such as U+0001, is left out.
std::string xml_escaped(std::string_view text);

}  // namespace till
