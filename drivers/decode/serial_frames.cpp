#include "drivers/decode/serial_frames.hpp"

#include <utility>

namespace till::drivers {

void SerialFramer::finish(std::string_view raw, std::vector<std::string>& out) const {
    if (framing_.suffix.starts_with('\r') && raw.starts_with('\n')) raw.remove_prefix(1);
    if (!framing_.prefix.empty()) {
        const auto at = raw.find(framing_.prefix);
        if (at == raw.npos) return;
        raw.remove_prefix(at + framing_.prefix.size());
    }
    if (!raw.empty()) out.emplace_back(raw);
}

std::vector<std::string> SerialFramer::take(BytesView bytes) {
    std::vector<std::string> out;
    for (const char c : bytes) {
        pending_ += c;
        const bool ends = !framing_.suffix.empty() && pending_.ends_with(framing_.suffix);
        if (ends) {
            const std::string raw = std::exchange(pending_, {});
            if (!std::exchange(too_long_, false))
                finish(std::string_view{raw}.substr(0, raw.size() - framing_.suffix.size()), out);
        } else if (pending_.size() > framing_.bytes_max + framing_.prefix.size()) {
            too_long_ = true;
            // Enough is kept to see the suffix go by.
            pending_.erase(0, pending_.size() - framing_.suffix.size());
        }
    }
    return out;
}

std::vector<std::string> SerialFramer::pause() {
    std::vector<std::string> out;
    const std::string raw = std::exchange(pending_, {});
    const bool too_long = std::exchange(too_long_, false);
    if (framing_.suffix.empty() && !too_long) finish(raw, out);
    return out;
}

}  // namespace till::drivers
