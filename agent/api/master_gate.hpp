#pragma once

#include "agent/api/settings.hpp"
#include "agent/api/state.pb.h"
#include "agent/core/clock.hpp"
#include "agent/masterdata/master_data.hpp"
#include "sync/wire/commands.pb.h"

#include <map>
#include <optional>
#include <string>

namespace till {

/// What master data asks of this register's own commands, and adds to them. A sale of another system has
/// happened: it passes as it is, and so does everything where there is no master data of its kind.
///
/// Thread: the loop's. Cost: a look-up for each line; ten milliseconds for a PIN.
class MasterGate {
public:
    explicit MasterGate(MasterData& data) : data_{data} {}

    const MasterData& data() const { return data_; }

    /// Fills in what the command leaves to the catalogue: unit price, tax code, class, unit. Refuses with
    /// forbidden an operator who is unknown, disabled or shows a wrong PIN (after five of those: everyone of
    /// that name, for a minute); with out_of_range a tender type or reason that is not listed.
    Result<void> pass(google::protobuf::Message& command, const v1::WorkstationState& state,
                      WallTime now);

    /// Whose limits count: the role of the operator who is named or signed on; none for one unknown.
    Result<std::optional<Role>> role_of(const std::string& operator_id);

    Result<v1::MasterProduct> product(const v1::FindProduct& wanted);

private:
    struct Tries {
        int wrong = 0;
        WallTime last{0};
    };
    Result<void> pass(v1::RecordTransaction& command);
    Result<void> complete(v1::CommandLine& line);
    Result<void> check_lines(const v1::RecordTransaction& command) const;
    Result<void> check_tenders(const v1::RecordTransaction& command) const;
    Result<void> check_reason(std::string_view use, const std::string& reason,
                              const std::string& field) const;
    Result<void> check_operator(const std::string& operator_id);
    Result<void> check_pin(const v1::RecordControl& sign_on, WallTime now);

    MasterData& data_;
    std::map<std::string, Tries> tries_;  // Of operators that there are.
};

}  // namespace till
