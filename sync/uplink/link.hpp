#pragma once

#include "agent/runtime/task_group.hpp"
#include "sync/uplink/message_pipe.hpp"
#include "sync/uplink/uplink.hpp"

#include <deque>
#include <optional>

namespace till::sync {

/// One connection, from the open WebSocket to its end: performs what UplinkSession decides.
class Link {
public:
    Link(Uplink& uplink, MessagePipe pipe, UplinkSession::Options hello,
         asio::any_io_executor executor);

    /// Why the connection ended. Cancelled, it says goodbye (about a second at most) and answers
    /// abandoned.
    asio::awaitable<Result<Hangup>> run();

    void feed(UplinkSession::Event event);
    bool retired() const { return retired_; }

private:
    // Children of run().
    asio::awaitable<void> receive();
    asio::awaitable<void> send();
    asio::awaitable<void> tick();
    asio::awaitable<void> watch_growth(Seq known);
    asio::awaitable<void> read_records(UplinkSession::ReadRecords wanted);
    asio::awaitable<void> read_hash(UplinkSession::ReadHash wanted);
    asio::awaitable<void> acknowledge();
    asio::awaitable<void> keep_note(KeptNote kept);

    asio::awaitable<void> finish_sending();
    asio::awaitable<Result<void>> say_goodbye();
    void end(Result<Hangup> how);

    // One for each action of the session.
    void perform(Send action);
    void perform(Hangup action);
    void perform(UplinkSession::ReadRecords action);
    void perform(UplinkSession::ReadHash action);
    void perform(UplinkSession::Acknowledge action);
    void perform(const UplinkSession::Welcomed& action);
    void perform(const UplinkSession::Forked& action);
    void perform(const UplinkSession::Retired& action);
    void perform(const UplinkSession::TotalsStored& action);
    void perform(const UplinkSession::Noticed& action);
    void perform(const UplinkSession::FeedCame& action);
    void perform(const UplinkSession::CustomerAnswered& action);
    void perform(UplinkSession::Noted action);

    Uplink& uplink_;
    MessagePipe pipe_;
    UplinkSession session_;
    Seq head_;
    TaskGroup children_;
    std::deque<UplinkSession::Event>
        events_;  // Fed and not yet taken; longer than one only inside feed().
    bool feeding_ = false;
    std::deque<Bytes> outgoing_;                              // The front one is being written.
    std::optional<UplinkSession::Acknowledge> acknowledged_;  // The newest not yet handed on.
    bool acknowledging_ = false;
    bool retired_ = false;
    std::optional<Result<Hangup>> ended_;
    asio::steady_timer changed_;  // Never expires; cancelled when any of the above moved.
};

}  // namespace till::sync
