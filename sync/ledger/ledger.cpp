#include "sync/ledger/ledger.hpp"

#include "agent/core/limits.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"
#include "sync/ledger/append_queue.hpp"

#include <list>

namespace till::sync {

namespace {

// Who waits for news. The timer never expires; it is cancelled on its own executor.
using Sleeper = std::weak_ptr<asio::steady_timer>;

}  // namespace

struct Ledger::Impl {
    Impl(std::unique_ptr<Store> writing, std::unique_ptr<Store> reading)
        : writer{std::move(writing)}, reader{std::move(reading)}, epoch{writer->epoch()} {
        writer_thread = std::thread{[this] { write(); }};
    }

    void ask(Append append, Answer<Appended> answer);
    template <class T>
    asio::awaitable<Result<T>> on_writer(std::move_only_function<Result<T>(Store&)> work);
    template <class T>
    asio::awaitable<Result<T>> on_reader(std::move_only_function<Result<T>(Store&)> work);

    void write();
    void commit(std::vector<AppendQueue::Waiting> batch);
    void tidy();
    void note_trouble(const Result<std::vector<Appended>>& done);
    void tell(const std::vector<Append>& appends, const std::vector<Appended>& done);
    std::optional<News> news_after(std::uint64_t cursor, const Sleeper& sleeper);

    std::unique_ptr<Store> writer, reader;
    const Bytes epoch;

    std::mutex mutex;
    std::condition_variable asked;
    AppendQueue appends;
    std::deque<std::move_only_function<void()>> jobs;
    bool ending = false;
    std::size_t bytes_to_tidy = 0;  // Of the writer's thread alone.
    std::optional<Trouble> trouble;

    std::mutex news_mutex;
    News all_news;  // The cursor, and nothing else.
    std::map<JournalId, std::pair<std::uint64_t, Mark>> moved;
    std::list<Sleeper> sleepers;

    std::thread writer_thread;
    Worker read_thread;
};

void Ledger::Impl::ask(Append append, Answer<Appended> answer) {
    std::unique_lock lock{mutex};
    if (appends.bytes() > limits::ledger_waiting_bytes_max) {
        lock.unlock();
        return answer(Error{Errc::busy, "the ledger's disk does not keep up"});
    }
    appends.push(std::move(append), std::move(answer));
    lock.unlock();
    asked.notify_one();
}

template <class T>
asio::awaitable<Result<T>> Ledger::Impl::on_writer(
    std::move_only_function<Result<T>(Store&)> work) {
    return answered<T>([this, work = std::move(work)](Answer<T> answer) mutable {
        {
            const std::lock_guard lock{mutex};
            jobs.push_back([this, work = std::move(work), answer = std::move(answer)]() mutable {
                answer(work(*writer));
            });
        }
        asked.notify_one();
    });
}

template <class T>
asio::awaitable<Result<T>> Ledger::Impl::on_reader(
    std::move_only_function<Result<T>(Store&)> work) {
    return read_thread.run<T>([this, work = std::move(work)]() mutable { return work(*reader); });
}

// The writer's thread: commits what waits, all of it at once; tidies when nobody asks.
void Ledger::Impl::write() {
    std::unique_lock lock{mutex};
    for (;;) {
        const auto wanted = [this] { return ending || !jobs.empty() || !appends.empty(); };
        if (bytes_to_tidy == 0) {
            asked.wait(lock, wanted);
        } else if (!asked.wait_for(lock, limits::ledger_idle_gap, wanted)) {
            lock.unlock();
            tidy();
            lock.lock();
            continue;
        }
        if (ending && jobs.empty() && appends.empty()) return;
        auto now = std::exchange(jobs, {});
        auto batch = appends.take();
        lock.unlock();
        for (auto& job : now) job();
        if (!batch.empty()) commit(std::move(batch));
        if (bytes_to_tidy > limits::ledger_wal_bytes_max) tidy();
        lock.lock();
    }
}

void Ledger::Impl::commit(std::vector<AppendQueue::Waiting> batch) {
    std::vector<Append> together;
    together.reserve(batch.size());
    for (auto& waiting : batch) {
        together.push_back(std::move(waiting.append));
        bytes_to_tidy += waiting.bytes + 1;
    }
    const auto done = writer->commit(together);
    note_trouble(done);
    if (done) tell(together, *done);
    for (std::size_t i = 0; i < batch.size(); ++i) {
        if (done) {
            batch[i].answer((*done)[i]);
        } else {
            batch[i].answer(Error{done.error()});
        }
    }
}

void Ledger::Impl::note_trouble(const Result<std::vector<Appended>>& done) {
    const std::lock_guard lock{mutex};
    if (done.has_value() != trouble.has_value()) return;
    if (done) {
        trouble.reset();
        log(LogLevel::info, "ledger", "stores again");
    } else {
        trouble = {done.error(), std::chrono::steady_clock::now()};
        log(LogLevel::error, "ledger", "stores nothing: devices are told to hold",
            {{"code", name(done.error().code)}, {"cause", done.error().detail}});
    }
}

// A checkpoint that fails is tried again after the next commit; nothing is lost but room.
void Ledger::Impl::tidy() {
    static_cast<void>(writer->tidy());
    bytes_to_tidy = 0;
}

void Ledger::Impl::tell(const std::vector<Append>& stored, const std::vector<Appended>& done) {
    std::list<Sleeper> awake;
    {
        const std::lock_guard lock{news_mutex};
        ++all_news.cursor;
        for (std::size_t i = 0; i < done.size(); ++i)
            if (done[i].won) moved[stored[i].journal] = {all_news.cursor, done[i].mark};
        awake.swap(sleepers);
    }
    for (const Sleeper& sleeper : awake)
        if (auto timer = sleeper.lock())
            asio::post(timer->get_executor(), [timer] { timer->cancel(); });
}

std::optional<News> Ledger::Impl::news_after(std::uint64_t cursor, const Sleeper& sleeper) {
    const std::lock_guard lock{news_mutex};
    News news{.cursor = all_news.cursor, .journals = {}};
    for (const auto& [journal, moved_to] : moved)
        if (moved_to.first > cursor) news.journals.emplace_back(journal, moved_to.second);
    if (!news.journals.empty()) return news;
    sleepers.remove_if([](const Sleeper& gone) { return gone.expired(); });
    sleepers.push_back(sleeper);
    return std::nullopt;
}

Ledger::Ledger(std::unique_ptr<Store> writing, std::unique_ptr<Store> reading)
    : impl_{std::make_unique<Impl>(std::move(writing), std::move(reading))} {}

Ledger::~Ledger() {
    {
        const std::lock_guard lock{impl_->mutex};
        impl_->ending = true;
    }
    impl_->asked.notify_all();
    impl_->writer_thread.join();
}

Bytes Ledger::epoch() const { return impl_->epoch; }

std::optional<Ledger::Trouble> Ledger::trouble() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->trouble;
}

asio::awaitable<Result<Appended>> Ledger::commit(Append append) {
    return answered<Appended>(
        [impl = impl_.get(), append = std::move(append)](Answer<Appended> answer) mutable {
            impl->ask(std::move(append), std::move(answer));
        });
}

asio::awaitable<Result<JournalRow>> Ledger::bind(JournalRow first_hello) {
    return impl_->on_writer<JournalRow>([hello = std::move(first_hello)](Store& store) {
        auto bound = store.bind(hello);
        if (bound || bound.error().code != Errc::disk_full) return bound;
        const auto known = store.find(hello.journal);  // Only its last_seen_ms is behind.
        if (known && *known && (*known)->device == hello.device) bound = **known;
        return bound;
    });
}

asio::awaitable<Result<std::uint32_t>> Ledger::keep_branch(JournalId journal, Mark fork_point,
                                                           std::vector<Envelope> envelopes,
                                                           std::int64_t received_ms) {
    return impl_->on_writer<std::uint32_t>([=, envelopes = std::move(envelopes)](Store& store) {
        return store.keep_branch(journal, fork_point, envelopes, received_ms);
    });
}

asio::awaitable<Result<void>> Ledger::let_go(KeptNote checkpoint) {
    return impl_->on_writer<void>(
        [kept = std::move(checkpoint)](Store& store) { return store.let_go(kept); });
}

asio::awaitable<Result<void>> Ledger::erase_sealed(JournalId journal, std::vector<Seq> events) {
    return impl_->on_writer<void>([journal, events = std::move(events)](Store& store) {
        return store.erase_sealed(journal, events);
    });
}

asio::awaitable<Result<std::optional<JournalRow>>> Ledger::find(JournalId journal) {
    return impl_->on_reader<std::optional<JournalRow>>(
        [=](Store& store) { return store.find(journal); });
}

asio::awaitable<Result<std::vector<JournalRow>>> Ledger::journals() {
    return impl_->on_reader<std::vector<JournalRow>>([](Store& store) { return store.journals(); });
}

asio::awaitable<Result<std::vector<Store::Branch>>> Ledger::branches(JournalId journal) {
    return impl_->on_reader<std::vector<Store::Branch>>(
        [=](Store& store) { return store.branches(journal); });
}

asio::awaitable<Result<std::vector<StoredEnvelope>>> Ledger::read(JournalId journal, Seq from,
                                                                  std::size_t bytes_max,
                                                                  std::size_t records_max) {
    return impl_->on_reader<std::vector<StoredEnvelope>>(
        [=](Store& store) { return store.read(journal, from, bytes_max, records_max); });
}

asio::awaitable<Result<Digest>> Ledger::hash_at(JournalId journal, Seq seq) {
    return impl_->on_reader<Digest>([=](Store& store) { return store.hash_at(journal, seq); });
}

asio::awaitable<Result<News>> Ledger::wait_for_news(std::uint64_t cursor) {
    const auto timer = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor,
                                                            asio::steady_timer::time_point::max());
    for (;;) {
        if (auto news = impl_->news_after(cursor, timer)) co_return *std::move(news);
        static_cast<void>(co_await timer->async_wait(nothrow));
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            co_return Error{Errc::abandoned, "nobody waits for news any more"};
    }
}

std::uint64_t Ledger::news_cursor() const {
    const std::lock_guard lock{impl_->news_mutex};
    return impl_->all_news.cursor;
}

}  // namespace till::sync
