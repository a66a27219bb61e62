#pragma once

#include "agent/api/builders.hpp"

namespace till {

/// One row with its inside.
struct CommandRow {
    CommandInfo info;
    Builder build = nullptr;
    /// It changes what the workstation remembers, or reads the journal before it is judged: one at a
    /// time, and its key is looked up first.
    bool exclusive = false;
    bool reverses_receipt = false;
    bool opens_drawer = false;
};

/// The row of a message type; null when there is none.
const CommandRow* find_row(const google::protobuf::Descriptor* type);

}  // namespace till
