#pragma once

#include "agent/api/master_gate.hpp"
#include "agent/customer/identifier.hpp"
#include "drivers/decode/scan_facts.hpp"
#include "sync/wire/commands.pb.h"

#include <optional>
#include <set>
#include <string>

namespace till {

/// The scan that a question is about.
v1::Scan scan_of(const v1::ReadScan& question);

/// What a scan is to this shop: GS1's facts, the shop's cards and its product list.
class ScanDesk {
public:
    explicit ScanDesk(const IdentifierRules& identifiers);

    /// Fills `facts` and takes an AIM identifier from the front of the data. `gate` may be null. Fails with
    /// unsupported for what looks like a payment card, which is kept nowhere; malformed for nothing at all.
    Result<void> read(v1::Scan& scan, WallTime now, MasterGate* gate) const;

    /// What to journal of an article that the list does not have, the first time it is scanned on that day.
    std::optional<v1::RecordUnknownScan> first_of(const v1::Scan& scan, const std::string& day);

private:
    drivers::FactRules rules_;
    std::string day_;
    std::set<std::string> told_;
};

}  // namespace till
