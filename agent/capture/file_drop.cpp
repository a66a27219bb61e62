#include "agent/capture/file_drop.hpp"

#include "agent/capture/file_run.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"

#include <algorithm>

namespace till {

namespace fs = std::filesystem;

namespace {

using Time = Readiness::Time;

Time steady_now() { return std::chrono::steady_clock::now(); }

bool is_unreadable(Errc code) {
    return code == Errc::malformed || code == Errc::out_of_range || code == Errc::closed;
}

void log_done(const DropEntry& entry, const DropFigures& of) {
    log(LogLevel::info, "capture", "file captured",
        {{"file", entry.name},
         {"rows", of.rows},
         {"transactions", of.transactions},
         {"adjustments", of.adjustments},
         {"replayed", of.replayed},
         {"rows_set_aside", of.rows_set_aside}});
}

}  // namespace

Result<std::unique_ptr<FileDrop>> FileDrop::open(asio::any_io_executor executor,
                                                 FileDropOptions options, const Secret& key,
                                                 Clock& clock, CaptureSink& sink) {
    std::error_code bad;
    for (const char* inside : {"done", "aside"})
        fs::create_directories(options.folder / inside, bad);
    if (bad)
        return Error{Errc::io, "cannot make " + options.folder.string() + ": " + bad.message()};
    if (options.in_flight_max == 0)
        return Error{Errc::out_of_range, "at least one capture must be in flight", "in_flight_max"};
    TILL_TRY(FolderWatch watch, FolderWatch::open(executor, options.folder));
    TILL_TRY(auto memory, DropMemory::open(options.memory_file, key, options.sales_remembered_max));
    return std::unique_ptr<FileDrop>{new FileDrop{executor, std::move(options), std::move(watch),
                                                  std::move(memory), clock, sink}};
}

FileDrop::FileDrop(asio::any_io_executor executor, FileDropOptions options, FolderWatch watch,
                   std::unique_ptr<DropMemory> memory, Clock& clock, CaptureSink& sink)
    : executor_{executor},
      options_{std::move(options)},
      watch_{std::move(watch)},
      memory_{std::move(memory)},
      clock_{clock},
      submission_{executor, sink, options_.retry},
      readiness_{options_.settle} {}

FileDrop::~FileDrop() = default;

asio::awaitable<void> FileDrop::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (co_await yield_to_loop()) {
        if (co_await look()) continue;
        const auto most = steady_now() + options_.look_again;
        const auto until = std::min(readiness_.next().value_or(most), most);
        const auto pause = std::max(until - steady_now(), Time::duration{});
        co_await watch_.wait(std::chrono::ceil<std::chrono::milliseconds>(pause));
    }
    memory_->abandon();
    co_await submission_.stop();
}

asio::awaitable<bool> FileDrop::look() {
    const auto listing = list_dropped(options_.folder);
    if (!listing) {
        log(LogLevel::error, "capture", "cannot look into the drop folder",
            {{"reason", listing.error().detail}});
        co_return false;
    }
    readiness_.see(*listing, steady_now());
    const auto entry = readiness_.ready(steady_now());
    if (!entry) co_return false;
    const auto taken = co_await take(*entry);
    if (taken || taken.error().code == Errc::abandoned) co_return true;
    log(LogLevel::error, "capture", "a dropped file has to wait",
        {{"file", entry->name}, {"reason", taken.error().detail}});
    readiness_.put_off(entry->name, steady_now() + options_.look_again);
    co_return true;
}

asio::awaitable<Result<void>> FileDrop::take(DropEntry entry) {
    auto opened = DroppedFile::open(options_.folder / entry.name);
    if (!opened && opened.error().code == Errc::not_found) co_return Result<void>{};
    TILL_CO_TRY(const DroppedFile file, std::move(opened));
    TILL_CO_TRY(Spool spool, Spool::open(options_.spool_folder));
    FileRun run{options_, entry.name, *memory_, submission_, std::move(spool)};
    Result<void> read = Error{Errc::busy, "is being written"};
    if (!file.is_being_written()) read = co_await run.read(file);
    TILL_CO_TRY(const FileStamp stamp, file.stamp());
    const bool truncated = !read && read.error().code == Errc::closed;
    const bool patient =
        truncated && readiness_.unchanged(entry.name, steady_now()) < options_.gz_patience;
    if (stamp != entry.stamp || patient || (!read && read.error().code == Errc::busy)) {
        // It is still growing, or was when we began. Nothing of it was captured.
        readiness_.put_off(entry.name, steady_now() + options_.settle);
        co_return Result<void>{};
    }
    if (!read && is_unreadable(read.error().code))
        co_return co_await refuse(run, entry, std::move(read).error().detail);
    TILL_CO_TRY_VOID(std::move(read));
    TILL_CO_TRY(const bool known, memory_->knows_file(run.digest()));
    if (!known) co_return co_await finish(run, entry);
    ++figures_.files_known;
    log(LogLevel::info, "capture", "file was captured before", {{"file", entry.name}});
    co_return put_away(entry, run);
}

asio::awaitable<Result<void>> FileDrop::finish(FileRun& run, const DropEntry& entry) {
    TILL_CO_TRY_VOID(co_await run.capture());
    TILL_CO_TRY_VOID(co_await run.report_rows());
    const DropFigures& of = run.figures();
    if (of.rows == 0 && of.rows_set_aside > 0)
        co_return co_await refuse(run, entry, "no row of the file could be understood");
    // A file with rows aside is not remembered: dropped again, under a better mapping, it is read again.
    // The hash of a file of one row could be turned back into its customer by trying.
    const bool remembered = of.rows_set_aside == 0 && !reads_personal_data(options_.mapping);
    const auto whole = remembered ? std::optional{run.digest()} : std::nullopt;
    TILL_CO_TRY_VOID(memory_->finish(whole, entry.name, clock_.now().wall.value()));
    TILL_CO_TRY_VOID(put_away(entry, run));
    ++figures_.files;
    figures_.transactions += of.transactions;
    figures_.adjustments += of.adjustments;
    figures_.replayed += of.replayed;
    figures_.rows += of.rows;
    figures_.rows_set_aside += of.rows_set_aside;
    log_done(entry, of);
    co_return Result<void>{};
}

asio::awaitable<Result<void>> FileDrop::refuse(FileRun& run, const DropEntry& entry,
                                               std::string reason) {
    memory_->abandon();
    TILL_CO_TRY_VOID(co_await run.report_file(reason));
    const fs::path aside = options_.folder / "aside";
    TILL_CO_TRY(const fs::path moved, move_into(aside, options_.folder / entry.name, run.digest()));
    TILL_CO_TRY_VOID(write_durably(moved.string() + ".reason.txt", reason + "\n"));
    ++figures_.files_set_aside;
    figures_.rows_set_aside += run.figures().rows_set_aside;
    log(LogLevel::warning, "capture", "file set aside", {{"file", entry.name}, {"reason", reason}});
    co_return Result<void>{};
}

Result<void> FileDrop::put_away(const DropEntry& entry, const FileRun& run) {
    const fs::path file = options_.folder / entry.name, done = options_.folder / "done";
    // What was written into it since it was read would be lost with the move.
    TILL_TRY(const DroppedFile again, DroppedFile::open(file));
    TILL_TRY(const FileStamp stamp, again.stamp());
    if (stamp != entry.stamp) return {};
    TILL_TRY_VOID(move_into(done, file, run.digest()));
    remove_older(done, options_.keep_done, clock_.now().wall.value());
    return {};
}

}  // namespace till
