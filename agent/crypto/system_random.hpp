#pragma once

#include "agent/core/clock.hpp"

namespace till {

/// The kernel's randomness (getrandom), for programs.
class SystemRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> bytes) override;
};

}  // namespace till
