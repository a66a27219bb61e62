#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace till {

/// A folder of a test's own, gone with everything in it at the end of the scope.
struct Scratch {
    explicit Scratch(const std::filesystem::path& in = std::filesystem::temp_directory_path()) {
        std::string name = (in / "till-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
        path = name;
    }
    Scratch(const Scratch&) = delete;
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path;
};

}  // namespace till
