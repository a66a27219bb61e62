#pragma once

#include "agent/capture/sink.hpp"
#include "agent/runtime/task_group.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <variant>
#include <vector>

namespace till {

/// One command on its way to the sink, and what became of it.
struct PendingCapture {
    Request request;
    std::variant<tillstream::v1::RecordTransaction, tillstream::v1::RecordAdjustment,
                 tillstream::v1::RecordRowsSetAside>
        command;
    std::vector<std::uint64_t> rows;  ///< Lines of the file that it holds.
    std::size_t group = 0;            ///< The owner's: where those rows are kept.
    Result<tillstream::v1::Captured> outcome;
};

/// How long to wait before a sink that could not store is asked again: doubles from first to most.
struct RetryPause {
    std::chrono::milliseconds first{100}, most{30'000};
};

/// Hands batches of captures to the sink: all of a batch at once, begun in order, so that they share
/// commits. What the sink cannot store now (busy, disk full, no answer) is offered again until it
/// can; the outcome of each is therefore a Captured, `conflict` (this key is stored already), or a
/// refusal that is final. One batch at a time.
class Submission {
public:
    Submission(asio::any_io_executor executor, CaptureSink& sink, RetryPause pause);

    /// The captures begin when the loop next turns, and run while the caller prepares the next batch.
    void start(std::vector<PendingCapture> batch);
    /// The batch with every outcome, in its order. abandoned when cancelled.
    asio::awaitable<Result<std::vector<PendingCapture>>> settle();
    /// Ends what is in flight; the object may go when it returns.
    asio::awaitable<void> stop();

private:
    asio::awaitable<void> capture(std::size_t at);
    CaptureSink::Answer call(const PendingCapture& capture);
    asio::awaitable<bool> wait_for_flight();
    asio::awaitable<bool> pause(std::chrono::milliseconds length, std::size_t waiting, Errc why);
    void launch(const std::vector<std::size_t>& which);

    asio::any_io_executor executor_;
    CaptureSink& sink_;
    RetryPause retry_;
    TaskGroup children_;
    asio::steady_timer landed_;  // Cancelled when nothing is in flight any more.
    std::size_t in_flight_ = 0;
    std::vector<PendingCapture> batch_;
};

}  // namespace till
