#pragma once

#include "sync/session/gateway_session.hpp"
#include "sync/session/uplink_session.hpp"
#include "sync/wire/batch.hpp"
#include "sync/wire/chain.hpp"
#include "sync/wire/frames.pb.h"

#include <catch2/catch.hpp>

#include <optional>
#include <string>

// One end under test, the other spoken by hand.
namespace till::sync::test {

namespace v1 = tillstream::v1;

inline const JournalId journal{*Uuid::parse("0194f3a2-5c3e-4b1d-8a77-2f6b1c9d0e42")};
inline const DeviceId device{*Uuid::parse("7b2e9c10-41d8-4f6a-9e35-d0c1b2a39485")};
inline const Bytes epoch = "0123456789abcdef";

inline Times at(std::uint64_t ms) {
    return {WallTime{static_cast<std::int64_t>(ms)}, BootTime{ms}, BootId{device.value()}};
}

inline Envelope record(std::uint64_t seq, BytesView body = "body") {
    Envelope made;
    made.seq = Seq{seq};
    made.kind = Kind{100};
    made.times = at(1000 + seq);
    made.body = body;
    return made;
}

inline Mark after(const Mark& mark, const Envelope& next_record) {
    return {next_record.seq, chain_hash(mark.hash, journal, next_record)};
}
inline Mark start() { return {Seq{0}, genesis(journal)}; }

inline Received frame(const v1::Frame& made, std::uint64_t ms = 10) {
    return {made.SerializeAsString(), at(ms)};
}

inline v1::Frame hello_frame() {
    v1::Frame made;
    made.set_stream(1);
    v1::Hello& hello = *made.mutable_hello();
    hello.set_device_id(Bytes{device.value().bytes()});
    hello.set_journal_id(Bytes{journal.value().bytes()});
    hello.set_head_hash(Bytes{view(genesis(journal))});
    hello.set_protocol_min(1);
    hello.set_protocol_max(1);
    hello.add_codecs(0);
    hello.mutable_clock()->set_boot_id(Bytes{device.value().bytes()});
    return made;
}

/// One stored record, following `before`.
inline v1::Frame batch_frame(const Mark& before, const Envelope& one) {
    v1::Frame made;
    made.set_stream(1);
    v1::Batch& batch = *made.mutable_batch();
    batch.set_first_seq(one.seq.value());
    batch.set_count(1);
    batch.set_head_hash(Bytes{view(after(before, one).hash)});
    batch.set_payload(*encode_records({&one, 1}));
    return made;
}

inline v1::Frame welcome_frame(const Mark& mark = start()) {
    v1::Frame made;
    made.set_stream(1);
    v1::Welcome& welcome = *made.mutable_welcome();
    welcome.set_protocol(1);
    welcome.set_store_epoch(epoch);
    welcome.set_mark(mark.seq.value());
    welcome.set_mark_hash(Bytes{view(mark.hash)});
    welcome.set_credit_bytes(1'000'000);
    return made;
}

template <class Wanted, class Actions>
std::optional<Wanted> first(const Actions& actions) {
    for (const auto& action : actions) {
        if (const auto* wanted = std::get_if<Wanted>(&action)) return *wanted;
    }
    return std::nullopt;
}

/// The first frame of this kind that was sent.
template <class Actions>
std::optional<v1::Frame> sent(const Actions& actions, v1::Frame::KindCase kind) {
    for (const auto& action : actions) {
        const auto* send = std::get_if<Send>(&action);
        v1::Frame parsed;
        if (send && parsed.ParseFromString(send->message) && parsed.kind_case() == kind)
            return parsed;
    }
    return std::nullopt;
}

inline GatewaySession accepted() {
    GatewaySession::Options options;
    options.peer = device;
    options.store_epoch = epoch;
    options.accepted = at(0);
    return GatewaySession{std::move(options)};
}

inline JournalRow row(const Mark& mark = start()) {
    JournalRow made;
    made.journal = journal;
    made.device = device;
    made.mark = mark;
    return made;
}

/// A gateway session that has welcomed the device at `mark`.
inline GatewaySession welcoming(const Mark& mark = start()) {
    GatewaySession session = accepted();
    REQUIRE(first<GatewaySession::Bind>(session.on(frame(hello_frame()))));
    REQUIRE(sent(session.on(GatewaySession::Bound{row(mark), at(12)}), v1::Frame::kWelcome));
    return session;
}

inline UplinkSession::Options uplink_options(const Mark& head) {
    UplinkSession::Options options;
    options.journal = journal;
    options.device = device;
    options.head = head;
    return options;
}

/// An uplink session that has been welcomed at `mark`.
inline UplinkSession welcomed(const Mark& head, const Mark& mark = start()) {
    UplinkSession session{uplink_options(head)};
    REQUIRE(sent(session.on(UplinkSession::Connected{at(1)}), v1::Frame::kHello));
    REQUIRE(first<UplinkSession::Welcomed>(session.on(frame(welcome_frame(mark)))));
    return session;
}

}  // namespace till::sync::test
