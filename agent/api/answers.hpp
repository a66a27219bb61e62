#pragma once

#include "agent/api/command_table.hpp"

namespace till {

/// What a capture that is stored is answered with.
v1::Captured captured_of(const v1::Event& event, const Stored& stored);

}  // namespace till
