#pragma once

#include <string.h>

#include <string_view>
#include <vector>

namespace till {

/// A token, PIN or private key. It can be used but not printed: there is no operator<<, no
/// formatter, no copy; what leaves memory is wiped.
class Secret {
public:
    explicit Secret(std::string_view text) : bytes_(text.begin(), text.end()) {}
    Secret(Secret&&) noexcept = default;  // The vector moves its buffer, leaving nothing behind.
    Secret& operator=(Secret&& other) noexcept {
        wipe();
        bytes_ = std::move(other.bytes_);
        return *this;
    }
    ~Secret() { wipe(); }

    std::string_view reveal() const noexcept { return {bytes_.data(), bytes_.size()}; }

private:
    void wipe() noexcept {
        if (!bytes_.empty()) explicit_bzero(bytes_.data(), bytes_.size());
    }
    std::vector<char> bytes_;
};

}  // namespace till
