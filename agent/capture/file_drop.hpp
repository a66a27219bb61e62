#pragma once

#include "agent/capture/drop_memory.hpp"
#include "agent/capture/folder_watch.hpp"
#include "agent/capture/mapping.hpp"
#include "agent/capture/readiness.hpp"
#include "agent/capture/sink.hpp"
#include "agent/capture/submission.hpp"
#include "agent/core/clock.hpp"
#include "agent/core/secret.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace till {

struct FileDropOptions {
    std::filesystem::path folder;        ///< Watched; `done` and `aside` are made inside it.
    std::filesystem::path memory_file;   ///< SQLite, this drop's alone.
    std::filesystem::path spool_folder;  ///< On a disk with room for one file's text.
    Mapping mapping;
    std::chrono::milliseconds settle{500};       ///< A file must keep its size and time this long.
    std::chrono::milliseconds look_again{5000};  ///< Where inotify does not tell (network shares).
    std::chrono::milliseconds gz_patience{60'000};  ///< For the rest of a truncated .gz.
    std::chrono::milliseconds keep_done = std::chrono::hours{24 * 30};  ///< 0: removed at once.
    std::uint64_t text_bytes_max = 4ULL << 30;  ///< Of one file, decompressed.
    std::uint64_t sales_remembered_max = 250'000;
    std::size_t in_flight_max = 64;
    RetryPause retry;
};

/// What a drop has done since it was opened.
struct DropFigures {
    std::uint64_t files = 0, files_known = 0, files_set_aside = 0;
    std::uint64_t transactions = 0, adjustments = 0;  ///< Captured now.
    std::uint64_t replayed = 0;                       ///< Captured by an earlier file or run.
    std::uint64_t rows = 0, rows_set_aside = 0;       ///< Each row of a finished file is in one.
};

class FileRun;

/// Captures the CSV or POSLog files that are dropped into a folder: how a shop starts that cannot change its
/// point of sale. One file at a time, oldest first, each read only when nobody is writing it.
///
/// A file goes to `done` when every transaction of it is on stable storage; rows that could not be
/// understood go to `aside` with their reasons and are captured as set aside; a file that cannot be
/// read at all, or has no good row, goes to `aside` whole. Killed at any point it begins that file
/// again and doubles nothing, by the keys that Invoice describes. Files in `done` and `aside` hold
/// customers in clear, as the point of sale wrote them; `keep_done` bounds the first.
///
/// Thread: that of the executor; work is cut into slices of about a millisecond.
class FileDrop {
public:
    /// `key` (32 bytes, for DropMemory), `clock` and `sink` must outlive it. Makes the folders.
    static Result<std::unique_ptr<FileDrop>> open(asio::any_io_executor executor,
                                                  FileDropOptions options, const Secret& key,
                                                  Clock& clock, CaptureSink& sink);
    ~FileDrop();

    /// Runs until cancelled. What goes wrong with a file or the sink is a log line and another try.
    asio::awaitable<void> run();
    const DropFigures& figures() const noexcept { return figures_; }

private:
    FileDrop(asio::any_io_executor executor, FileDropOptions options, FolderWatch watch,
             std::unique_ptr<DropMemory> memory, Clock& clock, CaptureSink& sink);

    asio::awaitable<bool> look();
    asio::awaitable<Result<void>> take(DropEntry entry);
    asio::awaitable<Result<void>> finish(FileRun& run, const DropEntry& entry);
    asio::awaitable<Result<void>> refuse(FileRun& run, const DropEntry& entry, std::string reason);
    Result<void> put_away(const DropEntry& entry, const FileRun& run);

    asio::any_io_executor executor_;
    FileDropOptions options_;
    FolderWatch watch_;
    std::unique_ptr<DropMemory> memory_;
    Clock& clock_;
    Submission submission_;
    DropFigures figures_;
    Readiness readiness_;
};

}  // namespace till
