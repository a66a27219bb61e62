#pragma once

#include "tests/crash/target.hpp"

#include <filesystem>
#include <memory>

namespace till::crash {

/// The device's journal as till-agent has it: its home, its journal's shell and disk thread.
std::unique_ptr<Target> device_shell(const std::filesystem::path& folder);
/// The centre's ledger as till-gateway has it: its shell, its writing and its reading thread.
std::unique_ptr<Target> centre_shell(const std::filesystem::path& folder);

}  // namespace till::crash
