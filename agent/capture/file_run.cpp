#include "agent/capture/file_run.hpp"

#include "agent/capture/aside_writer.hpp"
#include "agent/core/base64.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"

#include <boost/asio/post.hpp>

#include <fmt/format.h>

#include <array>
#include <utility>

namespace till {

namespace v1 = tillstream::v1;

namespace {

constexpr std::size_t read_bytes = 16 * 1024;  // A slice of work of about half a millisecond.
constexpr std::size_t batch_bytes_max = 4 * 1024 * 1024;
constexpr std::size_t rows_in_report_max = 1000;

Error stopped() { return Error{Errc::abandoned, "file drop stopped"}; }

/// A file's name as text that a message can hold: names are bytes and may be in any encoding.
std::string readable_name(const std::string& name) {
    TextDecoder decoder{Charset::utf8};
    std::string text;
    decoder.feed(name, text);
    decoder.finish(text);
    return readable(text);
}

/// Names what was refused without quoting it: this is journalled in clear.
std::string refusal(const Error& error) {
    std::string text = fmt::format("refused as {}", name(error.code));
    if (!error.field.empty()) text += fmt::format(" at {}", error.field);
    return text;
}

}  // namespace

asio::awaitable<bool> yield_to_loop() {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    const auto state = co_await asio::this_coro::cancellation_state;
    co_return state.cancelled() == asio::cancellation_type::none;
}

FileRun::FileRun(const FileDropOptions& options, std::string name, DropMemory& memory,
                 Submission& submission, Spool spool)
    : options_{options},
      name_{std::move(name)},
      memory_{memory},
      submission_{submission},
      spool_{std::move(spool)},
      intake_{options.mapping, spool_, options.text_bytes_max} {}

asio::awaitable<Result<void>> FileRun::read(const DroppedFile& file) {
    std::array<char, read_bytes> buffer;
    for (;;) {
        TILL_CO_TRY(const std::size_t count, file.read(buffer));
        if (count == 0) co_return intake_.finish();
        // Two files that cannot be read are told apart by all of their bytes.
        const auto fed = intake_.feed(BytesView{buffer.data(), count});
        if (!fed && fed.error().code != Errc::malformed) co_return fed.error();
        if (!co_await yield_to_loop()) co_return stopped();
    }
}

Request FileRun::request(std::string key) const {
    Request request;
    request.caller = {.name = "file-drop:" + system_of(options_.mapping),
                      .role = Role::foreign_pos};
    request.idempotency_key = std::move(key);
    return request;
}

asio::awaitable<Result<void>> FileRun::capture() {
    TILL_CO_TRY_VOID(memory_.begin());
    auto outcome = co_await capture_groups();
    if (!outcome && outcome.error().code != Errc::abandoned) {
        // Our own disk failed while captures were under way: they end before anything else begins.
        const auto settled = co_await submission_.settle();
        if (!settled) co_return settled.error();
    }
    if (!outcome) memory_.abandon();
    co_return outcome;
}

asio::awaitable<Result<void>> FileRun::capture_groups() {
    std::vector<std::vector<SourceRow>> groups;  // Of the batch in flight.
    for (;;) {
        TILL_CO_TRY(Batch batch, co_await next_batch());
        TILL_CO_TRY_VOID(co_await settle(groups));
        if (batch.captures.empty()) co_return Result<void>{};
        groups = std::move(batch.groups);
        submission_.start(std::move(batch.captures));
    }
}

asio::awaitable<Result<FileRun::Batch>> FileRun::next_batch() {
    Batch batch;
    std::size_t bytes = 0;
    while (batch.captures.size() < options_.in_flight_max && bytes < batch_bytes_max) {
        if (!co_await yield_to_loop()) co_return stopped();
        TILL_CO_TRY(std::vector<SourceRow> rows, spool_.next_group());
        if (rows.empty()) break;
        for (const SourceRow& row : rows) bytes += row.raw.size();
        TILL_CO_TRY_VOID(add_group(batch, std::move(rows)));
    }
    co_return batch;
}

void FileRun::add_capture(Batch& batch, std::string key, auto command,
                          std::vector<std::uint64_t> rows) {
    PendingCapture capture;
    capture.request = request(std::move(key));
    capture.command = std::move(command);
    capture.rows = std::move(rows);
    capture.group = batch.groups.size();
    batch.captures.push_back(std::move(capture));
}

Result<void> FileRun::add_group(Batch& batch, std::vector<SourceRow> rows) {
    Invoice invoice = intake_.rows().map(rows);
    TILL_TRY_VOID(memory_.refer_returns(invoice));
    TILL_TRY_VOID(memory_.remember_sales(invoice));
    std::size_t at = 0;
    for (const RowFault& fault : invoice.faults) {  // Both are in the file's order.
        while (rows[at].line != fault.line) ++at;
        TILL_TRY_VOID(spool_.set_aside(fault.line, rows[at].raw, fault.reason));
    }
    if (invoice.transaction)
        add_capture(batch, std::move(invoice.transaction_key), *std::move(invoice.transaction),
                    std::move(invoice.transaction_rows));
    if (invoice.adjustment)
        add_capture(batch, std::move(invoice.adjustment_key), *std::move(invoice.adjustment),
                    std::move(invoice.adjustment_rows));
    batch.groups.push_back(std::move(rows));
    return {};
}

asio::awaitable<Result<void>> FileRun::settle(const std::vector<std::vector<SourceRow>>& groups) {
    TILL_CO_TRY(const std::vector<PendingCapture> done, co_await submission_.settle());
    for (const PendingCapture& capture : done)
        TILL_CO_TRY_VOID(account_for(capture, groups[capture.group]));
    co_return Result<void>{};
}

Result<void> FileRun::account_for(const PendingCapture& capture,
                                  const std::vector<SourceRow>& rows) {
    const auto& outcome = capture.outcome;
    // A conflict says that these very rows were captured under another mapping, or when less was
    // known of earlier sales: the key holds the rows' own hash.
    const bool known = outcome ? outcome->replayed() : outcome.error().code == Errc::conflict;
    if (outcome || known) {
        const bool sale = std::holds_alternative<v1::RecordTransaction>(capture.command);
        ++(known ? figures_.replayed : sale ? figures_.transactions : figures_.adjustments);
        figures_.rows += capture.rows.size();
        return {};
    }
    const std::string reason = refusal(outcome.error());
    std::size_t at = 0;
    for (const std::uint64_t line : capture.rows) {
        while (rows[at].line != line) ++at;
        TILL_TRY_VOID(spool_.set_aside(line, rows[at].raw, reason));
    }
    return {};
}

asio::awaitable<Result<void>> FileRun::report(v1::RecordRowsSetAside command, std::string part) {
    command.set_system(system_of(options_.mapping));
    command.set_file_name(readable_name(name_));
    command.set_file_sha256(Bytes{view(digest())});
    PendingCapture capture;
    capture.request = request(
        fmt::format("r:{}/{}/{}", system_of(options_.mapping), base64url(view(digest())), part));
    capture.command = std::move(command);
    std::vector<PendingCapture> batch;
    batch.push_back(std::move(capture));
    submission_.start(std::move(batch));
    TILL_CO_TRY(const std::vector<PendingCapture> done, co_await submission_.settle());
    const auto& outcome = done.front().outcome;
    if (!outcome && outcome.error().code != Errc::conflict)
        log(LogLevel::error, "capture", "the report of rows set aside was refused",
            {{"file", name_}, {"reason", name(outcome.error().code)}});
    co_return Result<void>{};
}

asio::awaitable<Result<void>> FileRun::report_file(std::string reason) {
    v1::RecordRowsSetAside command;
    command.add_rows()->set_reason(std::move(reason));
    co_return co_await report(std::move(command), "file");
}

asio::awaitable<Result<void>> FileRun::report_rows() {
    figures_.rows_set_aside = spool_.rows_set_aside();
    if (spool_.rows_set_aside() == 0) co_return Result<void>{};
    const auto folder = options_.folder / "aside";
    TILL_CO_TRY(AsideWriter writer,
                AsideWriter::open(folder, name_, digest(), intake_.rows().frame()));
    std::uint64_t after = 0;
    for (;;) {
        TILL_CO_TRY(const auto rows, spool_.set_aside_after(after, rows_in_report_max));
        if (rows.empty()) break;
        v1::RecordRowsSetAside command;
        for (const Spool::Aside& row : rows) {
            writer.add(row);
            auto& reported = *command.add_rows();
            reported.set_line(row.line);
            reported.set_reason(row.reason);
        }
        std::string part = fmt::format("rows-{}", rows.front().line);
        after = rows.back().line;
        TILL_CO_TRY_VOID(co_await report(std::move(command), std::move(part)));
    }
    co_return writer.finish();
}

}  // namespace till
