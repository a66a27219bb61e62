#pragma once

#include "agent/capture/file_drop.hpp"
#include "agent/runtime/system_clock.hpp"
#include "agent/runtime/task_group.hpp"
#include "tests/support/scratch.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace till {

Bytes gzip(BytesView text);
std::string read_text(const std::filesystem::path& file);
/// A mapping of comma-separated "No,Item,Text,Qty,Price,Time,Who" of the system "test".
CsvMapping test_mapping();
/// "No,Item,Text,Qty,Price,Time,Who" and one line for each of `rows`.
std::string test_file(const std::vector<std::string>& rows);

/// A command table of maps: remembers by key as the journal does, and can be told to fail.
class FakeSink : public CaptureSink {
public:
    using Message = google::protobuf::Message;
    Answer record_transaction(Request, tillstream::v1::RecordTransaction) override;
    Answer record_adjustment(Request, tillstream::v1::RecordAdjustment) override;
    Answer record_rows_set_aside(Request, tillstream::v1::RecordRowsSetAside) override;

    std::vector<tillstream::v1::RecordTransaction> transactions;
    std::vector<tillstream::v1::RecordAdjustment> adjustments;
    std::vector<tillstream::v1::RecordRowsSetAside> asides;
    std::map<std::string, std::string> stored;  ///< Serialised command of each key.
    std::size_t calls = 0, in_flight = 0, in_flight_most = 0;
    /// Asked before each call: an Errc to answer with, or nothing.
    std::function<std::optional<Errc>(const FakeSink&)> fail = [](const FakeSink&) {
        return std::nullopt;
    };

private:
    asio::awaitable<Result<bool>> store(const Request& request, const Message& command);
};

/// A drop folder with a FileDrop that can be stopped and started again on the same memory.
class DropRig {
public:
    explicit DropRig(Mapping mapping = test_mapping());
    ~DropRig() { stop(); }

    void drop(const std::string& name, BytesView content) const;
    void start();
    void stop();
    /// Turns the loop until `done`; false when that does not come about within 20 s.
    bool run_until(const std::function<bool()>& done);
    /// Runs until the folder has no file waiting.
    bool run_until_empty();
    std::filesystem::path path(const std::string& name) const {
        return scratch_.path / "drop" / name;
    }

    FakeSink sink;
    FileDropOptions options;
    std::unique_ptr<FileDrop> file_drop;

private:
    Scratch scratch_;
    asio::io_context loop_;
    SystemClock clock_;
    Secret key_{std::string(32, 'k')};
    std::optional<TaskGroup> group_;
};

}  // namespace till
