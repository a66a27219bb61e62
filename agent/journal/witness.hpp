#pragma once

#include "agent/core/ids.hpp"

#include <filesystem>
#include <optional>

namespace till {

/// A number beside the database: how far the journal was when a commit last returned. It is written
/// without a sync, so after a power cut it may be behind and never ahead of what was acknowledged. A database
/// that opens further back than that has lost events that were answered: SQLite itself takes a
/// damaged WAL for one that ends earlier.
///
/// Cost: one pwrite of 21 bytes a commit. A file that cannot be written or read says nothing.
class Witness {
public:
    Witness() = default;  ///< Sees nothing.
    explicit Witness(const std::filesystem::path& journal);
    Witness(Witness&& other) noexcept;
    Witness& operator=(Witness&& other) noexcept;
    ~Witness();

    static std::filesystem::path file_of(const std::filesystem::path& journal);
    static std::optional<Seq> seen(const std::filesystem::path& journal);
    void note(Seq head) const;

private:
    int file_ = -1;
};

}  // namespace till
