#pragma once

#include "agent/api/command_table.hpp"
#include "agent/api/tokens.hpp"

namespace till {

/// The table in protobuf: a `Call` in, an `Answer` out, whatever carries them (ZeroMQ does). What it
/// answers is what the HTTP door answers to the same command, field by field, problems and their
/// status included.
///
/// References must outlive it. Thread: the loop's.
class CallDoor {
public:
    CallDoor(CommandTable& table, const Tokens& tokens, Random& random)
        : table_{table}, tokens_{tokens}, random_{random} {}

    /// `call` is the serialised message; bytes that are none are answered with a problem, too.
    asio::awaitable<Bytes> handle(Bytes call);

private:
    asio::awaitable<v1::Answer> answer(const v1::Call& call, const Bytes& trace_id);

    CommandTable& table_;
    const Tokens& tokens_;
    Random& random_;
};

}  // namespace till
