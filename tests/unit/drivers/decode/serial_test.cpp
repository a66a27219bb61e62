#include "agent/core/hex.hpp"
#include "drivers/decode/scanner_settings.hpp"
#include "drivers/decode/serial_frames.hpp"
#include "drivers/decode/serial_session.hpp"
#include "drivers/decode/zebra_ssi.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::drivers;
using Scans = std::vector<std::string>;

TEST_CASE("serial: a suffix ends a scan however the bytes arrive", "[decode]") {
    SerialFramer framer{{}};
    CHECK(framer.take("]E04006").empty());
    CHECK(framer.take("381333931\r\n]C101") == Scans{"]E04006381333931"});
    CHECK(framer.take("\x1d"
                      "21A\r")
          == Scans{"]C101\x1d"
                   "21A"});
    CHECK(framer.take("\n\r\r").empty());
}

TEST_CASE("serial: a pause drops half a scan where a suffix was promised", "[decode]") {
    SerialFramer framer{{}};
    CHECK(framer.take("400").empty());
    CHECK(framer.is_waiting());
    CHECK(framer.pause().empty());
    CHECK(framer.take("123\r") == Scans{"123"});
    SerialFramer open{{.suffix = ""}};
    CHECK(open.take("400").empty());
    CHECK(open.pause() == Scans{"400"});
}

TEST_CASE("serial: what stands before the prefix is noise, what is too long is dropped",
          "[decode]") {
    SerialFramer framer{{.prefix = "\x02", .suffix = "\x03", .bytes_max = 16}};
    CHECK(framer.take("xx\x02"
                      "12\x03")
          == Scans{"12"});
    CHECK(framer.take("12\x03").empty());
    CHECK(framer.take("\x02" + std::string(1000, 'a') + "\x03").empty());
    CHECK(framer.take("\x02"
                      "34\x03")
          == Scans{"34"});
}

TEST_CASE("ssi: packets are cut out of the stream, and damage asks for another", "[decode]") {
    const auto packet = encode_ssi({.opcode = 0xF3,
                                    .source = 0,
                                    .data = "\x0b"
                                            "4006381333931"});
    REQUIRE(packet);
    SsiReader reader;
    CHECK(reader.take(packet->substr(0, 5)).packets.empty());
    const auto read = reader.take(packet->substr(5) + encode_ssi_ack());
    REQUIRE(read.packets.size() == 2);
    CHECK(read.packets[0].data == "\x0b""4006381333931");
    CHECK(read.packets[1].opcode == static_cast<std::uint8_t>(SsiOpcode::ack));
    Bytes damaged = *packet;
    damaged[6] = 'X';
    CHECK(reader.take(damaged).damaged);
    CHECK(reader.take("\x01").damaged);
    CHECK(reader.take(*packet).packets.size() == 1);
    CHECK_FALSE(encode_ssi({.data = Bytes(252, 'x')}));
}

TEST_CASE("ssi: an acknowledgement is the bytes of the guide", "[decode]") {
    CHECK(hex(encode_ssi_ack()) == "04d00400ff28");
    CHECK(hex(encode_ssi_nak(1)) == "05d1040001ff25");
}

TEST_CASE("settings: each dialect says the same thing in its own words, to RAM", "[decode]") {
    const ScannerSettings settings{
        .symbologies = {{Symbology::ean_13, true}, {Symbology::qr, false}},
        .aim_identifiers = true,
        .beeper = BeeperVolume::low,
        .trigger = TriggerMode::manual};
    const auto menu = honeywell_menu().encode(settings);
    REQUIRE(menu);
    CHECK(*menu
          == std::vector<Bytes>{"\x16M\rE13ENA1!", "\x16M\rQRCENA0!", "\x16M\rPREBK2995C80!",
                                "\x16M\rBEPLVL1!", "\x16M\rTRGMOD0!"});
    const auto ssi = zebra_ssi().encode(settings);
    REQUIRE(ssi);
    REQUIRE(ssi->size() == 6);
    CHECK(hex((*ssi)[0]).substr(0, 14) == "07c60400ff0301");
    CHECK(hex((*ssi)[1]).substr(0, 16) == "08c60400fff02500");
    const auto cannot = zebra_ssi().encode({.symbologies = {{Symbology::dot_code, true}}});
    REQUIRE_FALSE(cannot);
    CHECK(cannot.error().code == Errc::unsupported);
}

TEST_CASE("settings: answers are understood", "[decode]") {
    using enum SettingsDialect::Verdict;
    CHECK(honeywell_menu().judge("E13ENA1\x06!") == accepted);
    CHECK(honeywell_menu().judge("E13ENX1\x05!") == refused);
    CHECK(honeywell_menu().judge("E13ENA9\x15!") == refused);
    CHECK(honeywell_menu().judge("E13") == unfinished);
    CHECK(zebra_ssi().judge(encode_ssi_ack()) == accepted);
    CHECK(zebra_ssi().judge(encode_ssi_nak(2)) == refused);
    CHECK(zebra_ssi().judge("") == unfinished);
}

namespace {

Bytes decoded(BytesView text, std::uint8_t status = 0) {
    return *encode_ssi({.opcode = static_cast<std::uint8_t>(SsiOpcode::decode_data),
                        .source = SsiPacket::from_decoder,
                        .status = status,
                        .data = Bytes{"\x0b"} + Bytes{text}});
}

}  // namespace

TEST_CASE("session: a scanner that does not answer is asked twice, and its scans are kept",
          "[decode]") {
    SerialSession session{{}, SerialDialect::honeywell_menu};
    session.tell({"\x16M\rE13ENA1!", "\x16M\rEA8ENA1!"});
    CHECK(session.to_send() == "\x16M\rE13ENA1!");
    CHECK(session.expects_answer());
    session.take("]E0400");
    CHECK(session.scans().empty());
    session.take("6381333931\r");
    CHECK(session.scans().size() == 1);
    session.pause();
    CHECK(session.to_send() == "\x16M\rE13ENA1!");
    CHECK_FALSE(session.trouble());
    session.pause();
    CHECK(session.trouble()->code == Errc::timed_out);
    CHECK_FALSE(session.expects_answer());
    CHECK(session.to_send().empty());
    session.take("]E096385074\r");
    CHECK(session.scans().at(0).data == "96385074");
}

TEST_CASE("session: SSI scans are acknowledged, and one sent again is one scan", "[decode]") {
    SerialSession session{{}, SerialDialect::zebra_ssi};
    session.take(decoded("]E04006381333931").substr(0, 9));
    CHECK(session.is_waiting());
    session.take(decoded("]E04006381333931").substr(9));
    CHECK(session.to_send() == encode_ssi_ack());
    session.take(decoded("]E04006381333931", SsiPacket::status_retransmit));
    CHECK(session.to_send() == encode_ssi_ack());
    const auto scans = session.scans();
    REQUIRE(scans.size() == 1);
    CHECK(scans[0].aim == "]E0");
    session.take(decoded("]E04006381333931"));  // The same article again is another scan.
    CHECK(session.scans().size() == 1);
    Bytes damaged = decoded("]E096385074");
    damaged[7] = 'X';
    (void)session.to_send();
    session.take(damaged);
    CHECK(session.to_send() == encode_ssi_nak(1));
    CHECK(session.scans().empty());
}

TEST_CASE("session: SSI settings wait for their acknowledgement among scans", "[decode]") {
    SerialSession session{{}, SerialDialect::zebra_ssi};
    const auto messages =
        *zebra_ssi().encode({.aim_identifiers = true, .trigger = TriggerMode::manual});
    session.tell(messages);
    CHECK(session.to_send() == messages[0]);
    session.take(decoded("1") + encode_ssi_nak(1));
    CHECK(session.to_send() == encode_ssi_ack() + messages[0]);
    session.take(encode_ssi_ack());
    CHECK(session.to_send() == messages[1]);
    session.take(encode_ssi_nak(2));
    CHECK(session.trouble()->code == Errc::unsupported);
    CHECK(session.scans().size() == 1);
    CHECK_FALSE(session.expects_answer());
}
