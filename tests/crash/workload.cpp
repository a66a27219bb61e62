#include "tests/crash/workload.hpp"

#include <algorithm>
#include <array>

namespace till::crash {

namespace {

constexpr std::array<std::size_t, 6> commits = {1, 4, 2, 8, 1, 3};
constexpr std::size_t rest_after = 3, restart_after = 7;

std::string named(Number record) { return "record " + std::to_string(record); }

/// Answers go into the book; how many there were.
Result<std::size_t> store(Target& target, Book& book, std::size_t count) {
    const Number first = book.next();
    const auto answers =
        target.store(first, std::min<std::size_t>(count, workload_records - first));
    std::size_t answered = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (!answers[i]) continue;
        ++answered;
        TILL_TRY_VOID(book.note(first + i, *answers[i]));
    }
    return answered;
}

}  // namespace

Result<void> Book::note(Number record, const std::string& where) {
    const auto [known, added] = answered_.try_emplace(record, where);
    if (known->second == where) return {};
    return Error{Errc::corrupt,
                 named(record) + " was answered as " + known->second + ", and then as " + where};
}

Number Book::next() const {
    Number first = 0;
    while (answered_.contains(first)) ++first;
    return first;
}

std::string Book::judge(const std::vector<Held>& held) const {
    std::map<Number, std::string> found;
    for (const auto& [record, where] : held)
        if (!found.emplace(record, where).second) return named(record) + " is there twice";
    for (const auto& [record, where] : answered_) {
        const auto at = found.find(record);
        if (at == found.end()) return named(record) + " was answered and is lost";
        if (at->second != where) return named(record) + " is " + at->second + ", was " + where;
    }
    return {};
}

std::string work(Target& target, Book& book, const Run& run) {
    std::string why = "never opened";
    bool is_open = false;
    int failures = 0;
    for (std::size_t step = 0; book.next() < workload_records && failures < run.tries;) {
        if (!is_open) {
            const auto opened = target.open();
            is_open = opened.has_value();
            if (!opened) why = opened.error().detail;
            if (!opened) ++failures;
            continue;
        }
        const auto answered = store(target, book, commits[step % commits.size()]);
        if (!answered) return answered.error().detail;
        if (*answered > 0 && run.stop()) return {};
        failures = *answered > 0 ? 0 : failures + 1;
        if (*answered == 0) why = "nothing is answered any more";
        ++step;
        if (step % rest_after == 0) target.rest();
        if (step % restart_after == 0) is_open = false;
    }
    const bool done = book.next() == workload_records;
    return done ? std::string{} : "stuck at " + named(book.next()) + ": " + why;
}

std::string examine(Target& target, const Book& book) {
    const auto opened = target.open();
    target.close();
    if (!opened) return "does not start: " + opened.error().detail;
    const auto held = target.held();
    return held ? book.judge(*held) : held.error().detail;
}

}  // namespace till::crash
