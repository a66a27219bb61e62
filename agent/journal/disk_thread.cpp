#include "agent/journal/disk_thread.hpp"

#include "agent/core/limits.hpp"
#include "agent/runtime/log.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace till::detail {

namespace {

using namespace std::chrono_literals;

// A clerk's next scan comes within seconds, a burst's next record within a millisecond.
constexpr auto idle_after = 50ms;

template <class T>
void move_to(std::vector<T>& from, std::size_t count, std::vector<T>& into) {
    const auto end = from.begin() + static_cast<std::ptrdiff_t>(count);
    into.insert(into.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(end));
    from.erase(from.begin(), end);
}

}  // namespace

DiskThread::DiskThread(JournalCore core, JournalCore::Options options, Clock& clock,
                       Deliver deliver)
    : options_{std::move(options)},
      clock_{clock},
      deliver_{std::move(deliver)},
      core_{std::move(core)},
      thread_{[this] { run(); }} {}

DiskThread::~DiskThread() {
    {
        const std::lock_guard lock{mutex_};
        stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void DiskThread::capture(Captures&& captures) {
    {
        const std::lock_guard lock{mutex_};
        handed_over_ += captures.size();
        if (waiting_.size() == 0) {
            std::swap(waiting_, captures);
        } else {
            move_to(captures.drafts, captures.drafts.size(), waiting_.drafts);
            move_to(captures.done, captures.done.size(), waiting_.done);
        }
    }
    wake_.notify_one();
}

void DiskThread::ask(Question question) {
    {
        const std::lock_guard lock{mutex_};
        questions_.push_back({std::move(question), handed_over_});
    }
    wake_.notify_one();
}

bool DiskThread::wait_for_work(std::unique_lock<std::mutex>& lock) {
    const auto has_work = [this] { return waiting_.size() > 0 || !questions_.empty() || stop_; };
    if (core_ && core_->maintenance() != JournalCore::Maintenance::none)
        return wake_.wait_until(lock, last_capture_ + idle_after, has_work);
    wake_.wait(lock, has_work);
    return true;
}

DiskThread::Captures DiskThread::take_captures() {
    Captures taken;
    if (waiting_.size() <= limits::group_commit_records_max) {
        std::swap(taken, waiting_);
    } else {
        move_to(waiting_.drafts, limits::group_commit_records_max, taken.drafts);
        move_to(waiting_.done, limits::group_commit_records_max, taken.done);
    }
    taken_ += taken.size();
    return taken;
}

bool DiskThread::next_is_due() const {
    return !questions_.empty() && questions_.front().behind <= taken_;
}

void DiskThread::run() {
    std::unique_lock lock{mutex_};
    for (;;) {
        if (!wait_for_work(lock)) {
            lock.unlock();
            keep(core_->maintain());
            lock.lock();
            continue;
        }
        if (stop_ && waiting_.size() == 0 && questions_.empty()) return;
        Captures captures = take_captures();
        Question question;
        if (next_is_due()) {
            question = std::move(questions_.front().question);
            questions_.pop_front();
        }
        lock.unlock();
        if (captures.size() > 0) commit(std::move(captures));
        if (question) deliver_.answered(question(reopen() ? &*core_ : nullptr));
        question = nullptr;  // What it holds is let go of outside the lock.
        if (core_ && core_->maintenance() == JournalCore::Maintenance::checkpoint)
            keep(core_->checkpoint());
        lock.lock();
    }
}

// After a failed commit nothing is answered from the journal before it has been made durable: until
// then a record may be read that a power cut would take away.
bool DiskThread::reopen() {
    const auto refuse = [this](const Error& error) {
        damaged_ |= error.code == Errc::corrupt;
        log(LogLevel::error, "journal", "cannot be opened again",
            {{"why", error.detail}, {"code", name(error.code)}});
        core_.reset();
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

void DiskThread::commit(Captures captures) {
    Committed out{.results = {}, .done = std::move(captures.done), .head = {}, .state = {}};
    if (!reopen()) {
        // An earlier attempt with the same key may be stored: only the journal could say.
        out.results.assign(captures.size(),
                           Error{Errc::outcome_unknown, "the journal cannot be opened"});
    } else if (auto results = core_->append(captures.drafts)) {
        out.results = *std::move(results);
    } else {
        damaged_ |= results.error().code == Errc::corrupt;
        log(LogLevel::error, "journal", "commit failed",
            {{"why", results.error().detail}, {"code", name(results.error().code)}});
        out.results = look_up(captures.drafts, results.error());
    }
    if (core_) {
        out.head = core_->head();
        const auto changes_state = [](const Draft& draft) { return draft.state_after.has_value(); };
        if (std::ranges::any_of(captures.drafts, changes_state)) out.state = core_->state();
    }
    last_capture_ = std::chrono::steady_clock::now();
    out.damaged = damaged_;
    deliver_.committed(std::move(out));
}

// After a failed commit only the database, opened anew and made durable, can say what became of
// each draft.
std::vector<Result<Stored>> DiskThread::look_up(const std::vector<Draft>& drafts,
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
    unsure_ = !known;
    return results;
}

void DiskThread::keep(const Result<void>& done) {
    if (done) return;
    damaged_ |= done.error().code == Errc::corrupt;
    log(LogLevel::warning, "journal", "maintenance failed",
        {{"why", done.error().detail}, {"code", name(done.error().code)}});
    core_.reset();  // Opened again by the next capture or question, so this does not spin.
}

}  // namespace till::detail
