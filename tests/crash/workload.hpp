#pragma once

#include "tests/crash/target.hpp"

#include <functional>
#include <map>

namespace till::crash {

/// What the tills (or devices) were answered, and remember for ever.
class Book {
public:
    /// Fails with corrupt when that record was answered differently before.
    Result<void> note(Number record, const std::string& where);
    Number next() const;  ///< The first record without an answer.
    /// "" when each of them is there exactly once, where it was answered, and nothing was made up;
    /// else what is wrong.
    std::string judge(const std::vector<Held>& held) const;

private:
    std::map<Number, std::string> answered_;
};

/// A fixed run of captures with everything a program does between them: commits of all sizes, idle gaps,
/// restarts. Goes on from where the book ends.
inline constexpr Number workload_records = 28;

struct Run {
    int tries = 3;                                      ///< Of each step, before it gives up.
    std::function<bool()> stop = [] { return false; };  ///< Asked after each answer.
};
/// "" when it came to its end or was stopped; else where it was stuck, or which answer was wrong.
std::string work(Target& target, Book& book, const Run& run = {});

/// As after a start: opens, closes and compares what is there with the book.
std::string examine(Target& target, const Book& book);

}  // namespace till::crash
