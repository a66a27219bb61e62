#include "agent/api/command_table.hpp"
#include "agent/api/json.hpp"
#include "agent/api/zmq_client.hpp"
#include "agent/crypto/system_random.hpp"
#include "agent/runtime/private_file.hpp"
#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

// Any command of an agent over its ZeroMQ door, from JSON: for scripts, and to try it out.
namespace till {

namespace {

struct Wanted {
    std::string command, body, key, role = "pos";
    std::filesystem::path socket;
};

/// Puts the command into the call, where its type belongs; false when a Call cannot say it.
bool put(v1::Call& call, const google::protobuf::Message& command) {
    const auto* oneof = v1::Call::descriptor()->FindOneofByName("command");
    for (int i = 0; i < oneof->field_count(); ++i) {
        if (oneof->field(i)->message_type() != command.GetDescriptor()) continue;
        v1::Call::GetReflection()->MutableMessage(&call, oneof->field(i))->CopyFrom(command);
        return true;
    }
    return false;
}

class Caller {
public:
    Caller(ZmqClient client, const CommandInfo& command, Secret token)
        : client_{std::move(client)}, command_{command}, token_{std::move(token)} {}

    /// One call; its answer is one line of JSON.
    Exit call(std::string_view json, std::string key) {
        const std::unique_ptr<google::protobuf::Message> message{command_.prototype->New()};
        if (const auto parsed = from_json(json, *message); !parsed) return report(parsed.error());
        v1::Call call;
        call.set_token(std::string{token_.reveal()});
        if (command_.is_capture())
            call.set_idempotency_key(key.empty() ? random_.uuid().text() : std::move(key));
        if (!put(call, *message))
            return report(Error{Errc::unsupported, "this command is not for ZeroMQ"});
        // With the same key: what was stored and not answered is found again.
        Result<Bytes> bytes;
        for (int attempt = 0; attempt < 3; ++attempt) {
            bytes = client_.ask(call.SerializeAsString(), std::chrono::seconds{5});
            if (bytes || bytes.error().code != Errc::timed_out) break;
        }
        if (!bytes) return report(bytes.error());
        v1::Answer answer;
        if (!answer.ParseFromString(*bytes))
            return report(Error{Errc::malformed, "the answer is no Answer of commands.proto"});
        const auto* field = v1::Answer::GetReflection()->GetOneofFieldDescriptor(
            answer, v1::Answer::descriptor()->FindOneofByName("result"));
        if (!field) return report(Error{Errc::malformed, "the answer is empty"});
        std::cout << to_json(v1::Answer::GetReflection()->GetMessage(answer, field)) << '\n';
        if (!answer.has_problem()) return Exit::ok;
        return answer.problem().status() >= 500 ? Exit::failed : Exit::refused;
    }

private:
    ZmqClient client_;
    const CommandInfo& command_;
    Secret token_;
    SystemRandom random_;
};

Exit run(const Common& common, const Wanted& wanted) {
    if (common.agent.empty())
        return report(Error{Errc::malformed, "which agent?", "--agent", "an agent's home"});
    const auto rows = commands();
    const auto row = std::ranges::find(rows, wanted.command, &CommandInfo::name);
    if (row == rows.end()) {
        std::string names;
        for (const auto& each : rows) names.append(names.empty() ? "" : ", ").append(each.name);
        return report(Error{Errc::malformed, "no such command", "COMMAND", names});
    }
    auto token = read_private_file(common.agent / ("token-" + wanted.role));
    if (!token) return report(token.error());
    const auto socket = wanted.socket.empty() ? common.agent / "agent.sock" : wanted.socket;
    auto client = ZmqClient::open(socket);
    if (!client) {
        std::cerr << "tillctl: " << client.error().detail << '\n';
        return Exit::unreachable;
    }
    std::string word{token->reveal()};
    while (word.ends_with('\n')) word.pop_back();
    Caller caller{*std::move(client), *row, Secret{std::move(word)}};
    if (wanted.body != "-") return caller.call(wanted.body, wanted.key);
    Exit worst = Exit::ok;
    std::size_t count = 0;
    for (std::string line; std::getline(std::cin, line);) {
        if (line.empty()) continue;
        const auto key = wanted.key.empty() ? "" : wanted.key + "-" + std::to_string(++count);
        worst = std::max(worst, caller.call(line, key));
    }
    return worst;
}

}  // namespace

void add_call_commands(CLI::App& app, const Common& common, Exit& outcome) {
    const auto wanted = std::make_shared<Wanted>();
    auto* call = app.add_subcommand("call", "Any command of an agent (--agent), over ZeroMQ");
    call->add_option("COMMAND", wanted->command, "As in the table: record_count, status and so on")
        ->required();
    call->add_option("BODY", wanted->body, "JSON; - reads one from each line of standard input")
        ->default_val("{}");
    call->add_option("--key", wanted->key,
                     "Idempotency key; with -, lines are KEY-1, KEY-2 and so on");
    call->add_option("--role", wanted->role, "Whose token of the home")
        ->check(CLI::IsMember{{"pos", "stock", "reader", "administrator"}});
    call->add_option("--socket", wanted->socket,
                     "Its socket, where it is not agent.sock in the home");
    call->callback([&common, &outcome, wanted] { outcome = run(common, *wanted); });
}

}  // namespace till
