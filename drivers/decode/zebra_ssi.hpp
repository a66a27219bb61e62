#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace till::drivers {

/// Opcodes of Zebra's Simple Serial Interface that a till uses (Zebra SSI Programmer's Guide,
/// 72E-40451).
enum class SsiOpcode : std::uint8_t {
    request_revision = 0xA3,
    reply_revision = 0xA4,
    parameter_send = 0xC6,
    ack = 0xD0,
    nak = 0xD1,
    beep = 0xE6,
    scan_enable = 0xE9,
    scan_disable = 0xEA,
    decode_data = 0xF3,
};

/// One packet: length, opcode, source, status, data, and a checksum of two bytes.
struct SsiPacket {
    static constexpr std::uint8_t from_decoder = 0;
    static constexpr std::uint8_t from_host = 4;
    static constexpr std::uint8_t status_retransmit = 1;
    static constexpr std::uint8_t status_permanent = 8;
    static constexpr std::size_t data_bytes_max = 251;

    std::uint8_t opcode = 0;
    std::uint8_t source = from_host;
    std::uint8_t status = 0;
    Bytes data;
};

/// The packet's bytes. Fails (out_of_range) where the data do not fit.
Result<Bytes> encode_ssi(const SsiPacket& packet);
Bytes encode_ssi_ack();
Bytes encode_ssi_nak(std::uint8_t cause);  ///< 1: send again; 2: refused.

/// Cuts a stream into packets. After a wrong checksum or an impossible length it begins afresh with
/// what comes next, and says so once: the driver answers NAK and the decoder sends again.
class SsiReader {
public:
    struct Read {
        std::vector<SsiPacket> packets;
        bool damaged = false;
    };
    Read take(BytesView bytes);
    void reset() { pending_.clear(); }  ///< The inter-character time has passed.
    bool is_waiting() const { return !pending_.empty(); }

private:
    Bytes pending_;
};

}  // namespace till::drivers
