#pragma once

#include "agent/core/result.hpp"
#include "sync/session/uplink_session.hpp"
#include "sync/wire/append.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace till {

/// Writes what a dead till still owed the centre into one file: the frames the device itself would
/// have sent (WIRE.md, "The rescue file"), sealed parts as they lie, a checksum at the end.
///
/// The file (mode 0600) appears under its name when finish() returns, whole and on stable storage.
/// Errors: conflict when it exists, io, disk_full. Thread: one at a time.
class RescueWriter {
public:
    static Result<RescueWriter> create(std::filesystem::path file);

    /// From here on, records of that journal, the first after `before`. `hello.head` is its last.
    Result<void> begin(const sync::UplinkSession::Options& hello, const sync::Mark& before);
    /// The next records, at most one batch. malformed unless they follow the ones before.
    Result<void> add(std::span<const sync::Envelope> records);
    Result<void> finish();

    RescueWriter(RescueWriter&&) noexcept;
    ~RescueWriter();  ///< Without finish() nothing is left behind.

private:
    struct Impl;
    explicit RescueWriter(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

struct RescuedJournal {
    sync::UplinkSession::Options hello;  ///< As the device would say it.
    sync::Mark before;                   ///< The chain before its first record in the file.
};

/// Such a file, looked through whole when it is opened: checksum, frames and every link of the
/// chains. Memory does not depend on the number of records. Thread: one at a time.
class RescueFile {
public:
    /// Fails with malformed (with what is wrong), unsupported (a codec of a newer version) or not_found.
    static Result<RescueFile> open(const std::filesystem::path& file);

    const std::vector<RescuedJournal>& journals() const;
    /// Records of `journals()[index]` after `from`, some, oldest first. not_found when the file
    /// begins later.
    Result<std::vector<sync::Envelope>> read(std::size_t index, Seq from);
    /// The chain after `seq`; not_found outside of the file.
    Result<Digest> hash_at(std::size_t index, Seq seq);

    RescueFile(RescueFile&&) noexcept;
    ~RescueFile();

private:
    struct Impl;
    explicit RescueFile(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace till
