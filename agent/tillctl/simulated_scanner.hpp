#pragma once

#include "agent/core/bytes.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace till {

/// A serial scanner for someone who has none: it answers menu commands like one of Honeywell's and
/// beeps in words. It knows no line: bytes and words in, bytes and words out.
class SimulatedScanner {
public:
    struct Outcome {
        Bytes sent;                      ///< To the till.
        std::vector<std::string> words;  ///< To whoever holds it.
    };

    /// What a person types: the digits of an EAN or UPC, "(01)…(10)…" for a GS1 DataMatrix, or any text; "<GS>"
    /// is the control character. Beginning with "]" it has its own AIM identifier.
    Outcome scan(std::string_view typed);
    /// What the till says.
    Outcome take(BytesView bytes);

private:
    void obey(const std::string& command, Outcome& outcome);

    std::string begun_;
    std::map<std::string, bool, std::less<>> reads_;  // Tags of symbologies that were switched.
    bool aim_identifiers_ = true;
};

}  // namespace till
