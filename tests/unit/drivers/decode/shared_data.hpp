#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

/// A file of the shared data folder, whole; empty where the folder is not there.
inline std::optional<std::string> shared_file(const std::string& path) {
    const char* named = std::getenv("TILL_SHARED");
    std::ifstream in{std::string{named != nullptr ? named : TILL_SHARED_BESIDE} + "/data/" + path,
                     std::ios::binary};
    if (!in) return {};
    return std::string{std::istreambuf_iterator<char>{in}, {}};
}
