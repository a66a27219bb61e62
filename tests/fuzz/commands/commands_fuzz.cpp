// Any bytes as a command at a door: libFuzzer gives them (clang++ -fsanitize=fuzzer,address),
// commands_corpus_test gives its own. The first byte says which door: below 0x80 it is the row of the table,
// and JSON follows; 0x80 is a Call in protobuf; 0x81 a query.

#include "agent/api/command_rows.hpp"
#include "agent/api/json.hpp"
#include "agent/api/query.hpp"
#include "agent/api/request_hash.hpp"
#include "agent/customer/card_guard.hpp"

#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace till;

struct Shop {
    Shop() {
        google::protobuf::SetLogHandler(nullptr);
        state.set_business_day("2026-11-23");
        state.set_operator_id("7");
        state.set_shift(1);
    }

    SealingKeyPair centre = make_sealing_key_pair(1);
    WorkstationSettings settings{.store = "12",
                                 .workstation = "3",
                                 .drawer = "A",
                                 .sale = {.currency = *Currency::parse("GBP"),
                                          .taxes = {{"S", Decimal{20, 0}, true}},
                                          .default_tax = "S",
                                          .cash_step = 5},
                                 .limits = {},
                                 .time_zone = "Europe/London",
                                 .identifiers = {.default_country = "GB", .loyalty_prefixes = {}},
                                 .sealing_key = centre.key};
    StoreCalendar calendar = *StoreCalendar::make("Europe/London", std::chrono::hours{4});
    v1::WorkstationState state;
    JournalIdentity journal{.receipt_prefix = "12-3"};
    FoundReceipt reversed;
};

/// As the table does it, up to the journal.
void judge(const Shop& shop, const google::protobuf::Message& command, Role role) {
    const CommandRow* row = find_row(command.GetDescriptor());
    if (!row || !row->build) return;
    const std::unique_ptr<google::protobuf::Message> ours{command.New()};
    ours->CopyFrom(command);
    if (!guard_cards(*ours, shop.settings.identifiers)) return;
    if (request_hash(row->info.name, *ours).size() != 16) std::abort();
    const Caller caller{"fuzz", role};
    const CounterDevices::Drawer drawer{.port = "1-3", .sensed = true};
    const Situation situation{.settings = shop.settings,
                              .calendar = shop.calendar,
                              .state = shop.state,
                              .caller = caller,
                              .journal = shop.journal,
                              .now = WallTime{1'795'478'400'000},
                              .beside = {.reversed = &shop.reversed, .drawer = &drawer}};
    const auto built = row->build(situation, *ours);
    if (!built) {
        if (built.error().detail.empty()) std::abort();  // A refusal says why.
        return;
    }
    // What is stored can be read again, shown, and has a kind.
    v1::Event again;
    if (!again.ParseFromString(built->event.SerializeAsString())) std::abort();
    if (again.fact_case() == v1::Event::FACT_NOT_SET || to_json(again).empty()) std::abort();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Shop shop;
    if (size == 0) return 0;
    const BytesView rest{reinterpret_cast<const char*>(data) + 1, size - 1};
    if (data[0] == 0x80) {
        v1::Call call;
        if (!call.ParseFromArray(rest.data(), static_cast<int>(rest.size()))) return 0;
        const auto* oneof = v1::Call::descriptor()->FindOneofByName("command");
        const auto* field = v1::Call::GetReflection()->GetOneofFieldDescriptor(call, oneof);
        if (field) judge(shop, v1::Call::GetReflection()->GetMessage(call, field), Role::pos);
        return 0;
    }
    if (data[0] == 0x81) {
        v1::FollowFeed query;
        static_cast<void>(from_query(rest, query));
        return 0;
    }
    const auto table = commands();
    const CommandInfo& command = table[data[0] % table.size()];
    const std::unique_ptr<google::protobuf::Message> message{command.prototype->New()};
    const auto parsed = from_json(rest, *message);
    if (!parsed && parsed.error().detail.empty()) std::abort();
    const bool foreign = (data[0] & 0x40) != 0;
    if (parsed) judge(shop, *message, foreign ? Role::foreign_pos : Role::pos);
    return 0;
}
