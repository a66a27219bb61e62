#include "agent/api/call_door.hpp"

#include "agent/api/problem.hpp"
#include "agent/core/hex.hpp"
#include "agent/runtime/log.hpp"

namespace till {

namespace {

/// What the call asks for; null when it asks for nothing this build knows.
const google::protobuf::Message* command_of(const v1::Call& call) {
    const auto* oneof = v1::Call::descriptor()->FindOneofByName("command");
    const auto* reflection = v1::Call::GetReflection();
    const auto* field = reflection->GetOneofFieldDescriptor(call, oneof);
    return field ? &reflection->GetMessage(call, field) : nullptr;
}

v1::Answer refusal(unsigned status, const Error& error, BytesView trace_id) {
    if (status >= 500)
        log(LogLevel::error, "call", "request failed",
            {{"code", name(error.code)}, {"why", error.detail}, {"trace", hex(trace_id)}});
    v1::Answer answer;
    *answer.mutable_problem() = problem_of(status, error, trace_id);
    return answer;
}

}  // namespace

asio::awaitable<v1::Answer> CallDoor::answer(const v1::Call& call, const Bytes& trace_id) {
    auto caller = tokens_.find(call.token());
    if (!caller) {
        const Error error{Errc::not_trusted, "a token is needed", "token", "a token of this agent"};
        co_return refusal(401, error, trace_id);
    }
    const auto* command = command_of(call);
    if (!command) {
        const Error error{Errc::not_found, "there is no such command", "command",
                          "one of commands.proto"};
        co_return refusal(404, error, trace_id);
    }
    const bool is_capture = find_command(command->GetDescriptor())->is_capture();
    if (is_capture && call.idempotency_key().empty()) {
        const Error error{Errc::malformed, "a capture needs a key of its own", "idempotency_key",
                          "one, of 1 to 128 printable ASCII characters"};
        co_return refusal(428, error, trace_id);
    }
    Request request{.caller = *std::move(caller),
                    .idempotency_key = call.idempotency_key(),
                    .trace_id = call.trace_id()};
    auto answered = co_await table_.call(std::move(request), *command);
    if (!answered) {
        const Error& error = answered.error();
        co_return refusal(http_status(error), error, trace_id);
    }
    co_return *std::move(answered);
}

asio::awaitable<Bytes> CallDoor::handle(Bytes bytes) {
    v1::Call call;
    const bool parsed = call.ParseFromString(bytes);
    Bytes trace_id = call.trace_id();
    if (trace_id.size() != 16) trace_id = Bytes{random_.uuid().bytes()};
    if (!parsed) {
        const Error error{Errc::malformed, "not a Call of commands.proto"};
        co_return refusal(400, error, trace_id).SerializeAsString();
    }
    const v1::Answer answered = co_await answer(call, trace_id);
    co_return answered.SerializeAsString();
}

}  // namespace till
