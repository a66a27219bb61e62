#include "agent/journal/committer.hpp"

#include "agent/runtime/log.hpp"

#include <utility>

namespace till::detail {

std::vector<Result<Stored>> Committer::commit(std::span<const Draft> drafts) {
    // An earlier attempt with the same key may be stored: only the journal could say.
    if (!reopen())
        return {drafts.size(), Error{Errc::outcome_unknown, "the journal cannot be opened"}};
    if (auto results = core_->append(drafts)) {
        return *std::move(results);
    } else {
        damaged_ |= results.error().code == Errc::corrupt;
        log(LogLevel::error, "journal", "commit failed",
            {{"why", results.error().detail}, {"code", name(results.error().code)}});
        return look_up(drafts, results.error());
    }
}

JournalCore* Committer::ready() { return reopen() ? &*core_ : nullptr; }

// Nothing is answered, and nothing written behind it, before what can be read has been made durable:
// until then a record may be read that a power cut would take away, and all that follow it in the WAL.
bool Committer::reopen() {
    const auto refuse = [this](const Error& error) {
        damaged_ |= error.code == Errc::corrupt;
        log(LogLevel::error, "journal", "cannot be opened again",
            {{"why", error.detail}, {"code", name(error.code)}});
        core_.reset();
        unsure_ = true;
        return false;
    };
    if (!core_) {
        auto opened = JournalCore::open(options_, clock_);
        if (!opened) return refuse(opened.error());
        core_.emplace(*std::move(opened));
    }
    if (!unsure_) return true;
    if (const auto secured = core_->secure(); !secured) return refuse(secured.error());
    unsure_ = false;
    return true;
}

// After a failed commit only the database, opened anew and made durable, can say what became of
// each draft.
std::vector<Result<Stored>> Committer::look_up(std::span<const Draft> drafts,
                                               const Error& failure) {
    core_.reset();
    unsure_ = true;
    bool known = reopen();
    std::vector<Result<Stored>> results;
    for (const Draft& draft : drafts) {
        using Found = Result<std::optional<Stored>>;
        const Found found = known ? core_->find(draft.caller, draft.key) : Found{failure};
        if (!found) {
            known = false;
            results.push_back(Error{Errc::outcome_unknown, "the commit failed: " + failure.detail});
        } else if (!*found) {
            results.push_back(failure);  // Known not to be stored.
        } else {
            // A known key is answered from what is stored, without a write: a replay or a conflict.
            auto answer = core_->append({&draft, 1});
            known = answer.has_value();
            results.push_back(known ? std::move(answer->front()) : std::move(answer).error());
        }
    }
    if (!known) core_.reset();
    unsure_ |= !known;
    return results;
}

JournalCore::Maintenance Committer::maintenance() const {
    return core_ ? core_->maintenance() : JournalCore::Maintenance::none;
}

void Committer::maintain() {
    if (core_) keep(core_->maintain());
}

void Committer::checkpoint() {
    if (core_) keep(core_->checkpoint());
}

void Committer::keep(const Result<void>& done) {
    if (done) return;
    damaged_ |= done.error().code == Errc::corrupt;
    log(LogLevel::warning, "journal", "maintenance failed",
        {{"why", done.error().detail}, {"code", name(done.error().code)}});
    core_.reset();  // Opened again by the next capture or question, so this does not spin.
    unsure_ = true;
}

}  // namespace till::detail
