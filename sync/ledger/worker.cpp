#include "sync/ledger/worker.hpp"

namespace till::sync {

Worker::~Worker() {
    {
        const std::lock_guard lock{mutex_};
        ending_ = true;
    }
    asked_.notify_all();
    thread_.join();
}

void Worker::push(std::move_only_function<void()> job) {
    {
        const std::lock_guard lock{mutex_};
        jobs_.push_back(std::move(job));
    }
    asked_.notify_one();
}

void Worker::turn() {
    std::unique_lock lock{mutex_};
    for (;;) {
        asked_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        lock.lock();
    }
}

}  // namespace till::sync
