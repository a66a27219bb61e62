#include "agent/journal/journal.hpp"

#include "agent/core/limits.hpp"
#include "agent/journal/disk_thread.hpp"
#include "agent/runtime/deadline.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <utility>

namespace till {

namespace {

// A handler with the work that keeps the loop turning until it has been called, as one function.
template <class T, class Handler>
std::move_only_function<void(Result<T>)> completion(Handler handler,
                                                    const asio::any_io_executor& fallback) {
    auto executor = asio::get_associated_executor(handler, fallback);
    return [handler = std::move(handler), executor,
            work = asio::make_work_guard(executor)](Result<T> result) mutable {
        auto call = [handler = std::move(handler), result = std::move(result)]() mutable {
            std::move(handler)(std::move(result));
        };
        asio::dispatch(executor, std::move(call));
        work.reset();
    };
}

}  // namespace

/// The loop's side. Everything here is touched on the loop only; the disk thread has its own.
struct Journal::Impl : std::enable_shared_from_this<Impl> {
    Impl(asio::any_io_executor loop, const JournalCore& core)
        : executor{loop},
          changed{loop, asio::steady_timer::time_point::max()},
          damaged_changed{loop, asio::steady_timer::time_point::max()},
          identity{core.identity()},
          head{core.head()},
          acknowledged{core.acknowledged()},
          notes{core.notes()},
          state{core.state()} {}

    void start(JournalCore core, JournalCore::Options options, Clock& clock);
    void capture(Draft draft, detail::DiskThread::Done done);
    void hand_over();
    void publish(detail::DiskThread::Committed& committed);
    void advance(const Head& to);
    void note_damage();
    template <class T, class Work>
    asio::awaitable<Result<T>> ask(Work work);

    asio::any_io_executor executor;
    asio::steady_timer changed;          // Never expires; cancelled when the head moves.
    asio::steady_timer damaged_changed;  // Likewise, when damage shows.
    bool damaged = false;
    JournalIdentity identity;
    Head head;
    JournalCore::Acknowledged acknowledged;
    std::vector<sync::KeptNote> notes;
    Bytes state;
    detail::DiskThread::Captures staged;
    std::size_t waiting = 0;
    bool closed = false;
    std::optional<detail::DiskThread> disk;
};

void Journal::Impl::start(JournalCore core, JournalCore::Options options, Clock& clock) {
    // Posted, never called: the disk thread must not run the loop's code, and may outlive its interest.
    const auto on_committed = [loop = executor,
                               weak = weak_from_this()](detail::DiskThread::Committed committed) {
        auto deliver = [weak, committed = std::move(committed)]() mutable {
            if (const auto self = weak.lock()) self->publish(committed);
            for (std::size_t i = 0; i < committed.done.size(); ++i)
                committed.done[i](std::move(committed.results[i]));
        };
        asio::post(loop, std::move(deliver));
    };
    const auto on_answered = [loop = executor](detail::DiskThread::Answer answer) {
        asio::post(loop, std::move(answer));
    };
    disk.emplace(std::move(core), std::move(options), clock,
                 detail::DiskThread::Deliver{on_committed, on_answered});
}

void Journal::Impl::publish(detail::DiskThread::Committed& committed) {
    waiting -= committed.done.size();
    if (committed.damaged) note_damage();
    if (committed.state && committed.head.seq > head.seq) state = *std::move(committed.state);
    advance(committed.head);
}

// Also what a commit of unknown outcome turns out to have stored.
void Journal::Impl::advance(const Head& to) {
    if (to.seq <= head.seq) return;
    head = to;
    changed.cancel();
}

void Journal::Impl::note_damage() {
    damaged = true;
    damaged_changed.cancel();
}

// Captures of one turn of the loop go over together. Were each handed over at once, the disk thread
// would wake for the first and commit it alone while the others wait for the next commit.
void Journal::Impl::capture(Draft draft, detail::DiskThread::Done done) {
    ++waiting;
    staged.drafts.push_back(std::move(draft));
    staged.done.push_back(std::move(done));
    if (staged.size() > 1) return;
    const auto later = [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->hand_over();
    };
    asio::post(executor, later);
}

void Journal::Impl::hand_over() {
    if (staged.size() > 0) disk->capture(std::exchange(staged, {}));
}

// Runs `work(core)` on the disk thread and comes back with its answer.
template <class T, class Work>
asio::awaitable<Result<T>> Journal::Impl::ask(Work work) {
    const auto start_asking = [this](auto handler, Work question) {
        auto done = completion<T>(std::move(handler), executor);
        auto run = [question = std::move(question), done = std::move(done),
                    weak =
                        weak_from_this()](JournalCore* core) mutable -> detail::DiskThread::Answer {
            Result<T> result =
                core ? question(*core) : Result<T>{Error{Errc::io, "the journal cannot be opened"}};
            return [done = std::move(done), result = std::move(result), weak,
                    head = core ? core->head() : Head{}]() mutable {
                if (const auto self = weak.lock()) self->advance(head);
                done(std::move(result));
            };
        };
        disk->ask(std::move(run));
    };
    const auto self = shared_from_this();
    auto answer = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<T>)>(
        start_asking, asio::use_awaitable, std::move(work));
    if (!answer && answer.error().code == Errc::corrupt) self->note_damage();
    co_return answer;
}

Journal::Journal(asio::any_io_executor executor, JournalCore core, JournalCore::Options options,
                 Clock& clock)
    : impl_{std::make_shared<Impl>(executor, core)} {
    impl_->start(std::move(core), std::move(options), clock);
}

Journal::~Journal() {
    impl_->hand_over();
    impl_->disk.reset();
    impl_->closed = true;
    impl_->changed.cancel();
}

asio::awaitable<Result<Stored>> Journal::append(Draft draft) {
    if (impl_->waiting >= limits::waiting_captures_max)
        co_return Error{Errc::busy, "too many captures wait for the disk"};
    const auto start_append = [impl = impl_.get()](auto handler, Draft given) {
        impl->capture(std::move(given), completion<Stored>(std::move(handler), impl->executor));
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<Stored>)>(
        start_append, asio::use_awaitable, std::move(draft));
}

asio::awaitable<Result<std::optional<Stored>>> Journal::find(std::string caller, std::string key) {
    impl_->hand_over();  // What this turn of the loop has captured goes first.
    const auto work = [caller = std::move(caller), key = std::move(key)](JournalCore& core) {
        return core.find(caller, key);
    };
    co_return co_await impl_->ask<std::optional<Stored>>(work);
}

asio::awaitable<Result<sync::Envelope>> Journal::event(Stored stored) {
    const auto work = [stored = std::move(stored)](JournalCore& core) {
        return core.event(stored);
    };
    co_return co_await impl_->ask<sync::Envelope>(work);
}

asio::awaitable<Result<std::vector<sync::Envelope>>> Journal::read(Seq from, std::size_t bytes_max,
                                                                   std::size_t records_max) {
    const auto work = [=](JournalCore& core) { return core.read(from, bytes_max, records_max); };
    co_return co_await impl_->ask<std::vector<sync::Envelope>>(work);
}

asio::awaitable<Result<Digest>> Journal::hash_at(Seq seq) {
    const auto work = [seq](JournalCore& core) { return core.hash_at(seq); };
    co_return co_await impl_->ask<Digest>(work);
}

asio::awaitable<Result<void>> Journal::acknowledge(JournalCore::Acknowledged acknowledged) {
    const auto work = [acknowledged](JournalCore& core) { return core.acknowledge(acknowledged); };
    const auto impl = impl_;
    auto written = co_await impl->ask<void>(work);
    if (written) impl->acknowledged = std::move(acknowledged);
    co_return written;
}

asio::awaitable<Result<void>> Journal::keep_note(sync::KeptNote kept) {
    using Notes = std::vector<sync::KeptNote>;
    const auto work = [kept = std::move(kept)](JournalCore& core) -> Result<Notes> {
        TILL_TRY_VOID(core.keep_note(kept));
        return core.notes();
    };
    const auto impl = impl_;
    auto notes = co_await impl->ask<Notes>(work);
    if (!notes) co_return std::move(notes).error();
    impl->notes = *std::move(notes);
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Journal::let_go(JournalCore::Retention what) {
    const auto work = [what](JournalCore& core) -> Result<void> {
        core.let_go(what);
        return {};
    };
    co_return co_await impl_->ask<void>(work);
}

asio::awaitable<Result<void>> Journal::erase_sealed(std::vector<Seq> events) {
    const auto work = [events = std::move(events)](JournalCore& core) {
        return core.erase_sealed(events);
    };
    co_return co_await impl_->ask<void>(work);
}

asio::awaitable<Result<Head>> Journal::kept_from() {
    const auto work = [](JournalCore& core) -> Result<Head> { return core.kept_from(); };
    co_return co_await impl_->ask<Head>(work);
}

const std::vector<sync::KeptNote>& Journal::notes() const { return impl_->notes; }
Head Journal::head() const { return impl_->head; }
JournalCore::Acknowledged Journal::acknowledged() const { return impl_->acknowledged; }
const JournalIdentity& Journal::identity() const { return impl_->identity; }
Bytes Journal::state() const { return impl_->state; }
std::size_t Journal::waiting() const { return impl_->waiting; }

asio::awaitable<Result<Bytes>> Journal::read_state() {
    impl_->hand_over();
    const auto impl = impl_;
    const auto work = [](JournalCore& core) -> Result<Bytes> { return core.state(); };
    TILL_CO_TRY(Bytes stored, co_await impl->ask<Bytes>(work));
    impl->state = stored;
    co_return stored;
}

asio::awaitable<Result<void>> Journal::wait_damaged() {
    const auto impl = impl_;
    while (!impl->damaged) {
        co_await impl->damaged_changed.async_wait(nothrow);
        const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
        if (cancelled != asio::cancellation_type::none)
            co_return Error{Errc::abandoned, "waiting for damage"};
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Journal::wait_beyond(Seq seq) {
    const auto impl = impl_;
    while (impl->head.seq <= seq) {
        if (impl->closed) co_return Error{Errc::closed, "the journal is closed"};
        co_await impl->changed.async_wait(nothrow);
        const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
        if (cancelled != asio::cancellation_type::none)
            co_return Error{Errc::abandoned, "waiting for the next event"};
    }
    co_return Result<void>{};
}

}  // namespace till
