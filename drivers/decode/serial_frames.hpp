#pragma once

#include "agent/core/bytes.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace till::drivers {

/// How a serial scanner marks where a scan begins and ends.
struct SerialFraming {
    std::string prefix;         ///< Left out of the scan; what comes before it is noise.
    std::string suffix = "\r";  ///< Left out too. Empty: a pause ends a scan.
    std::size_t bytes_max = 8192;
};

/// Cuts a serial line's bytes into scans. A line feed after the suffix CR is taken as part of it,
/// because half of all scanners send CR LF.
class SerialFramer {
public:
    explicit SerialFramer(SerialFraming framing) : framing_{std::move(framing)} {}

    /// The scans that these bytes complete. Empty ones, and ones longer than any symbol, are dropped.
    std::vector<std::string> take(BytesView bytes);
    /// No byte came for the inter-character time. With a suffix, what was begun is dropped: half a
    /// scan must not become the beginning of the next. Without one, it is the scan.
    std::vector<std::string> pause();
    bool is_waiting() const { return !pending_.empty(); }

private:
    void finish(std::string_view raw, std::vector<std::string>& out) const;

    SerialFraming framing_;
    std::string pending_;
    bool too_long_ = false;
};

}  // namespace till::drivers
