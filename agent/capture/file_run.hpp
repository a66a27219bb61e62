#pragma once

#include "agent/capture/drop_files.hpp"
#include "agent/capture/file_drop.hpp"
#include "agent/capture/intake.hpp"

#include <optional>

namespace till {

/// One dropped file on its way from bytes to captures. Private to the module.
class FileRun {
public:
    FileRun(const FileDropOptions& options, std::string name, DropMemory& memory,
            Submission& submission, Spool spool);
    FileRun(FileRun&&) = delete;

    /// All of the file into the spool. Errors are Intake's and the disk's; abandoned when cancelled.
    asio::awaitable<Result<void>> read(const DroppedFile& file);
    /// Every transaction and adjustment to the sink. What it refuses is set aside.
    asio::awaitable<Result<void>> capture();
    /// Captures that rows were set aside, and writes them beside their reasons.
    asio::awaitable<Result<void>> report_rows();
    /// Captures that the file as a whole was set aside.
    asio::awaitable<Result<void>> report_file(std::string reason);

    const Digest& digest() const noexcept { return intake_.digest(); }
    /// Of this file so far; `files` and its kin stay 0.
    const DropFigures& figures() const noexcept { return figures_; }

private:
    struct Batch {
        std::vector<PendingCapture> captures;
        std::vector<std::vector<SourceRow>> groups;
    };
    asio::awaitable<Result<void>> capture_groups();
    asio::awaitable<Result<Batch>> next_batch();
    Result<void> add_group(Batch& batch, std::vector<SourceRow> rows);
    void add_capture(Batch& batch, std::string key, auto command, std::vector<std::uint64_t> rows);
    asio::awaitable<Result<void>> settle(const std::vector<std::vector<SourceRow>>& groups);
    Result<void> account_for(const PendingCapture& capture, const std::vector<SourceRow>& rows);
    Request request(std::string key) const;
    asio::awaitable<Result<void>> report(tillstream::v1::RecordRowsSetAside command,
                                         std::string part);

    const FileDropOptions& options_;
    std::string name_;
    DropMemory& memory_;
    Submission& submission_;
    Spool spool_;
    Intake intake_;
    DropFigures figures_;
};

/// Lets the loop turn; false when the coroutine was cancelled meanwhile.
asio::awaitable<bool> yield_to_loop();

}  // namespace till
