#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"
#include "drivers/decode/symbology.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace till::drivers {

enum class BeeperVolume : std::uint8_t { off, low, medium, high };
enum class TriggerMode : std::uint8_t { manual, presentation };

/// What a shop wants of its scanners, whoever made them. What is left out stays as it is.
struct ScannerSettings {
    std::vector<std::pair<Symbology, bool>> symbologies;
    std::optional<bool> aim_identifiers;
    std::optional<BeeperVolume> beeper;
    std::optional<TriggerMode> trigger;

    bool empty() const { return symbologies.empty() && !aim_identifiers && !beeper && !trigger; }
};

/// A maker's language for settings: pure text to bytes; a driver sends them one after another and
/// waits for each answer. Settings go to the scanner's RAM, because its flash wears out, and are sent
/// again whenever it is plugged in.
class SettingsDialect {
public:
    enum class Verdict : std::uint8_t { accepted, refused, unfinished };

    virtual ~SettingsDialect() = default;
    /// One message for each command. Fails (unsupported, with the field's name) for a symbology the
    /// dialect has no word for: a setting that is silently not made would be found at the till.
    virtual Result<std::vector<Bytes>> encode(const ScannerSettings& settings) const = 0;
    /// What the scanner's answer to one message means.
    virtual Verdict judge(BytesView answer) const = 0;
    /// Makes the scanner sound, so that a lost one is found.
    virtual Bytes page() const = 0;
};

const SettingsDialect& honeywell_menu();  ///< SYN M CR, tags, `!` (RAM).
const SettingsDialect& zebra_ssi();       ///< Simple Serial Interface packets.

}  // namespace till::drivers
