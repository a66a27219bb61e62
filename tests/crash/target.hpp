#pragma once

#include "agent/core/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace till::crash {

/// Records are numbered from 0: the same number is the same record, in every run and on both ends.
using Number = std::uint64_t;

/// A record where it lies: "journal seq receipt" at the device, "journal seq hash" at the centre.
struct Held {
    Number record = 0;
    std::string where;
    friend bool operator==(const Held&, const Held&) = default;
};

/// One end of the system as the crash programs see it: the shipped storage code of the device or of
/// the centre, on a disk that they hurt.
class Target {
public:
    virtual ~Target() = default;

    /// As the program does when it starts: opens what lies there, makes what does not.
    virtual Result<void> open() = 0;
    /// Hands over `count` records from `first` on, as tills (or devices) that insist do: everything
    /// before `first` has been answered, and it is open. For each, where it is durable now; or that it was not
    /// answered.
    virtual std::vector<Result<std::string>> store(Number first, std::size_t count) = 0;
    /// What the program does in an idle gap; what fails is tried again in the next.
    virtual void rest() = 0;
    virtual void close() = 0;

    /// Everything that is stored, as a reader finds it; nothing is open. Fails when any of it contradicts
    /// itself: a hole, a link of the chain, a total.
    virtual Result<std::vector<Held>> held() = 0;
};

}  // namespace till::crash
