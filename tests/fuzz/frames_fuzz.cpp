// Any bytes as frames: libFuzzer gives them (clang++ -fsanitize=fuzzer,address), frames_corpus_test
// gives its own. The first byte chooses who hears them; messages are cut at 16-bit lengths.
#include "sync/session/gateway_session.hpp"
#include "sync/session/uplink_session.hpp"
#include "sync/wire/batch.hpp"
#include "sync/wire/chain.hpp"
#include "sync/wire/compression.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace till;
using namespace till::sync;

/// The next message: a big-endian length, then so many bytes, or what is left.
Bytes take_message(BytesView& rest) {
    if (rest.size() < 2) return Bytes{std::exchange(rest, {})};
    const auto octet = [&](std::size_t i) {
        return static_cast<std::size_t>(static_cast<unsigned char>(rest[i]));
    };
    const Bytes message{rest.substr(2, octet(0) * 256 + octet(1))};
    rest.remove_prefix(2 + message.size());
    return message;
}

void gateway_hears(BytesView rest) {
    GatewaySession session{{}};
    for (std::uint64_t i = 1; !rest.empty(); ++i) {
        const Times now{WallTime{0}, BootTime{i}, BootId{Uuid{}}};
        for (const auto& action : session.on(Received{take_message(rest), now})) {
            if (const auto* bind = std::get_if<GatewaySession::Bind>(&action)) {
                JournalRow row = bind->first_hello;
                static_cast<void>(session.on(GatewaySession::Bound{row, now}));
            }
            if (std::holds_alternative<GatewaySession::Commit>(action)) {
                static_cast<void>(session.on(GatewaySession::Committed{Appended{true, {}}, now}));
            }
        }
    }
}

void uplink_hears(BytesView rest) {
    const JournalId journal{Uuid{}};
    Envelope record;
    record.seq = Seq{1};
    UplinkSession::Options options;
    options.head = {Seq{1}, chain_hash(genesis(journal), journal, record)};
    UplinkSession session{std::move(options)};
    static_cast<void>(session.on(UplinkSession::Connected{}));
    for (std::uint64_t i = 1; !rest.empty(); ++i) {
        const Times now{WallTime{0}, BootTime{i}, BootId{Uuid{}}};
        for (const auto& action : session.on(Received{take_message(rest), now})) {
            if (std::holds_alternative<UplinkSession::ReadRecords>(action)) {
                static_cast<void>(session.on(UplinkSession::RecordsRead{{{record}}, now}));
            }
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const BytesView rest{reinterpret_cast<const char*>(data) + 1, size - 1};
    switch (data[0] % 4) {
        case 0:
            gateway_hears(rest);
            break;
        case 1:
            uplink_hears(rest);
            break;
        case 2:
            static_cast<void>(decode_records(rest, Seq{1}, data[0] / 4U));
            break;
        default:
            static_cast<void>(decompress(Codec{data[0] / 4U % 4}, rest, size * 8));
            break;
    }
    return 0;
}
