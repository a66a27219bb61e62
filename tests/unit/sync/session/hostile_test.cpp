#include "agent/core/limits.hpp"
#include "sync/wire/compression.hpp"
#include "tests/unit/sync/session/ends.hpp"

#include <functional>
#include <random>

using namespace till;
using namespace till::sync;
using namespace till::sync::test;
using Edit = std::function<void(v1::Frame&)>;

namespace {

struct Hostile {
    const char* name;
    Edit edit;
    Reason reason;
};

v1::Frame edited(v1::Frame frame, const Edit& edit) {
    edit(frame);
    return frame;
}

const std::vector<Hostile> hellos = {
    {"on no stream", [](auto& f) { f.set_stream(0); }, Reason::violation},
    {"with a short device id", [](auto& f) { f.mutable_hello()->set_device_id("x"); },
     Reason::violation},
    {"of another device", [](auto& f) { f.mutable_hello()->set_device_id(Bytes(16, 'x')); },
     Reason::not_yours},
    {"with the nil journal", [](auto& f) { f.mutable_hello()->set_journal_id(Bytes(16, '\0')); },
     Reason::violation},
    {"that is its own predecessor",
     [](auto& f) { f.mutable_hello()->set_predecessor(f.hello().journal_id()); },
     Reason::violation},
    {"without a head hash", [](auto& f) { f.mutable_hello()->clear_head_hash(); },
     Reason::violation},
    {"without a clock", [](auto& f) { f.mutable_hello()->clear_clock(); }, Reason::violation},
    {"of a newer protocol only",
     [](auto& f) {
         f.mutable_hello()->set_protocol_min(2);
         f.mutable_hello()->set_protocol_max(9);
     },
     Reason::unsupported},
    {"longer than a hello may be",
     [](auto& f) { f.mutable_hello()->set_agent_version(Bytes(20'000, 'x')); }, Reason::too_large},
    {"with a name longer than any store's",
     [](auto& f) { f.mutable_hello()->set_store(Bytes(100, 'x')); }, Reason::violation},
};

const std::vector<Hostile> batches = {
    {"on an unknown stream", [](auto& f) { f.set_stream(2); }, Reason::violation},
    {"without records", [](auto& f) { f.mutable_batch()->set_count(0); }, Reason::violation},
    {"with another count", [](auto& f) { f.mutable_batch()->set_count(2); }, Reason::violation},
    {"with a count beyond all bounds",
     [](auto& f) { f.mutable_batch()->set_count(4'000'000'000U); }, Reason::too_large},
    {"without a head hash", [](auto& f) { f.mutable_batch()->clear_head_hash(); },
     Reason::violation},
    {"of bytes that are no records",
     [](auto& f) { f.mutable_batch()->set_payload("\xff\xff\xff"); }, Reason::violation},
    {"cut short", [](auto& f) { f.mutable_batch()->mutable_payload()->pop_back(); },
     Reason::violation},
    {"of an unknown codec", [](auto& f) { f.mutable_batch()->set_codec(99); }, Reason::unsupported},
    {"of a codec it does not use",
     [](auto& f) {
         f.mutable_batch()->set_codec(1);
         f.mutable_batch()->set_raw_bytes(10);
     },
     Reason::violation},
    {"that claims to be enormous",
     [](auto& f) {
         f.mutable_batch()->set_codec(1);
         f.mutable_batch()->set_raw_bytes(3'000'000);
     },
     Reason::too_large},
    {"beyond the credit",
     [](auto& f) {
         f.mutable_batch()->set_codec(1);
         f.mutable_batch()->set_raw_bytes(0xffffffff);
     },
     Reason::violation},
    {"from before the beginning", [](auto& f) { f.mutable_batch()->set_first_seq(0); },
     Reason::violation},
    {"with half a branch base", [](auto& f) { f.mutable_batch()->set_branch_base("x"); },
     Reason::violation},
    {"with a branch base that its chain does not begin with",
     [](auto& f) { f.mutable_batch()->set_branch_base(Bytes(32, 'x')); }, Reason::violation},
    {"that is a hello again", [](auto& f) { f = hello_frame(); }, Reason::violation},
    {"that is the centre's to send", [](auto& f) { f.mutable_ack()->set_mark(1); },
     Reason::violation},
    {"that is totals of another journal",
     [](auto& f) { f.mutable_totals()->set_figures("\x0a\x01x"); }, Reason::violation},
    {"that is totals of absurd size",
     [](auto& f) { f.mutable_totals()->set_figures(Bytes(70'000, 'x')); }, Reason::too_large},
    {"that is telemetry of absurd size",
     [](auto& f) { f.mutable_telemetry()->set_agent_version(Bytes(70'000, 'x')); },
     Reason::too_large},
};

const std::vector<Hostile> answers = {
    {"ack of a record never sent", [](auto& f) { f.mutable_ack()->set_mark(9); },
     Reason::violation},
    {"resend of a record never sent", [](auto& f) { f.mutable_resend()->set_from(9); },
     Reason::violation},
    {"resend from nowhere", [](auto& f) { f.mutable_resend()->set_from(0); }, Reason::violation},
    {"second welcome", [](auto& f) { f = welcome_frame(); }, Reason::violation},
    {"hello", [](auto& f) { f = hello_frame(); }, Reason::violation},
    {"frame on an unknown stream",
     [](auto& f) {
         f.set_stream(77);
         f.mutable_credit();
     },
     Reason::violation},
};

/// What stays true of any answer: at most one hang-up, and nothing after it.
template <class Session, class Event>
void feed(Session& session, Event event) {
    const auto actions = session.on(std::move(event));
    for (std::size_t i = 0; i + 1 < actions.size(); ++i)
        CHECK_FALSE(std::holds_alternative<Hangup>(actions[i]));
}

}  // namespace

TEST_CASE("gateway: a hostile hello is refused with its reason", "[session]") {
    for (const Hostile& hostile : hellos) {
        CAPTURE(hostile.name);
        GatewaySession session = accepted();
        const auto actions = session.on(frame(edited(hello_frame(), hostile.edit)));
        const auto hangup = first<Hangup>(actions);
        REQUIRE(hangup);
        CHECK(name(hangup->reason) == name(hostile.reason));
        CHECK(sent(actions, v1::Frame::kBye));
        CHECK(session.on(frame(hello_frame())).empty());
    }
}

TEST_CASE("gateway: a hostile batch is refused with its reason and nothing of it is committed",
          "[session]") {
    for (const Hostile& hostile : batches) {
        CAPTURE(hostile.name);
        GatewaySession session = welcoming();
        const auto actions =
            session.on(frame(edited(batch_frame(start(), record(1)), hostile.edit)));
        const auto hangup = first<Hangup>(actions);
        REQUIRE(hangup);
        CHECK(name(hangup->reason) == name(hostile.reason));
        CHECK_FALSE(first<GatewaySession::Commit>(actions));
        CHECK_FALSE(first<GatewaySession::KeepBranch>(actions));
    }
}

TEST_CASE("gateway: a decompression bomb costs no more than an honest batch", "[session]") {
    GatewaySession session = welcoming();
    v1::Frame bomb = batch_frame(start(), record(1));
    bomb.mutable_batch()->set_payload(*compress(codec_zstd, 3, Bytes(64'000'000, 'x')));
    bomb.mutable_batch()->set_codec(1);
    bomb.mutable_batch()->set_raw_bytes(100'000);
    const auto hangup = first<Hangup>(session.on(frame(bomb)));
    REQUIRE(hangup);
    CHECK(hangup->reason == Reason::violation);
}

TEST_CASE("gateway: more batches at once than the window allows are refused", "[session]") {
    GatewaySession session = welcoming();
    Mark mark = start();
    for (std::uint64_t seq = 1; seq <= limits::batches_in_flight_max; ++seq) {
        REQUIRE(first<GatewaySession::Commit>(session.on(frame(batch_frame(mark, record(seq))))));
        mark = after(mark, record(seq));
    }
    const auto hangup =
        first<Hangup>(session.on(frame(batch_frame(mark, record(next(mark.seq).value())))));
    REQUIRE(hangup);
    CHECK(hangup->reason == Reason::violation);
}

TEST_CASE("gateway: a message longer than any frame is refused unread", "[session]") {
    GatewaySession session = welcoming();
    const auto hangup =
        first<Hangup>(session.on(Received{Bytes(limits::frame_bytes_max + 1, '\0'), at(20)}));
    REQUIRE(hangup);
    CHECK(hangup->reason == Reason::too_large);
}

TEST_CASE("uplink: a hostile answer ends the session with its reason", "[session]") {
    for (const Hostile& hostile : answers) {
        CAPTURE(hostile.name);
        UplinkSession session = welcomed(after(start(), record(1)));
        v1::Frame answer;
        answer.set_stream(1);
        const auto hangup = first<Hangup>(session.on(frame(edited(answer, hostile.edit))));
        REQUIRE(hangup);
        CHECK(name(hangup->reason) == name(hostile.reason));
    }
}

TEST_CASE("session: damaged frames and events in any order never do more than end it",
          "[session]") {
    std::mt19937_64 engine{GENERATE(range<std::uint64_t>(0, 40))};
    std::vector<v1::Frame> seeds = {hello_frame(), welcome_frame(),
                                    batch_frame(start(), record(1))};
    for (const auto* table : {&batches, &answers}) {
        for (const Hostile& hostile : *table)
            seeds.push_back(edited(batch_frame(start(), record(1)), hostile.edit));
    }
    for (int life = 0; life < 50; ++life) {
        GatewaySession gateway = engine() % 2 == 0 ? welcoming() : accepted();
        UplinkSession uplink = welcomed(after(start(), record(1)));
        for (int i = 0; i < 30; ++i) {
            Bytes message = seeds[engine() % seeds.size()].SerializeAsString();
            if (!message.empty() && engine() % 2 == 0)
                message[engine() % message.size()] = static_cast<char>(engine());
            feed(gateway, Received{message, at(20)});
            feed(uplink, Received{message, at(20)});
            feed(gateway, GatewaySession::Committed{Appended{engine() % 4 != 0, {}}, at(21)});
            feed(gateway, GatewaySession::BranchKept{1, at(21)});
            feed(uplink, UplinkSession::RecordsRead{{{record(1 + engine() % 2)}}, at(21)});
            feed(uplink, UplinkSession::HashRead{genesis(journal), at(21)});
        }
    }
}
