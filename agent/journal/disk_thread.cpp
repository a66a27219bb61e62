#include "agent/journal/disk_thread.hpp"

#include "agent/core/limits.hpp"

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
    : deliver_{std::move(deliver)},
      journal_{std::move(core), std::move(options), clock},
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
    if (journal_.maintenance() != JournalCore::Maintenance::none)
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
            journal_.maintain();
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
        if (question) deliver_.answered(question(journal_.ready()));
        question = nullptr;  // What it holds is let go of outside the lock.
        if (journal_.maintenance() == JournalCore::Maintenance::checkpoint) journal_.checkpoint();
        lock.lock();
    }
}

void DiskThread::commit(Captures captures) {
    Committed out{.results = journal_.commit(captures.drafts),
                  .done = std::move(captures.done),
                  .head = {},
                  .state = {},
                  .damaged = journal_.damaged()};
    if (const auto* core = journal_.peek()) {
        out.head = core->head();
        const auto changes_state = [](const Draft& draft) { return draft.state_after.has_value(); };
        if (std::ranges::any_of(captures.drafts, changes_state)) out.state = core->state();
    }
    last_capture_ = std::chrono::steady_clock::now();
    deliver_.committed(std::move(out));
}

}  // namespace till::detail
