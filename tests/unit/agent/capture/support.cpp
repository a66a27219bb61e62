#include "support.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <zlib.h>

#include <fstream>
#include <iterator>

namespace till {

namespace v1 = tillstream::v1;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

Bytes gzip(BytesView text) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    Bytes out(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    return out;
}

std::string read_text(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

CsvMapping test_mapping() {
    return *parse_csv_mapping(R"(
system = "test"
[columns]
number = "No"
item = "Item"
description = "Text"
quantity = "Qty"
unit_price = "Price"
time = "Time"
customer = "Who"
[values]
time_formats = ["%Y-%m-%d %H:%M"]
currency = "EUR"
[returns]
numbers = ["R*"]
)");
}

std::string test_file(const std::vector<std::string>& rows) {
    std::string text = "No,Item,Text,Qty,Price,Time,Who\n";
    for (const auto& row : rows) text += row + '\n';
    return text;
}

asio::awaitable<Result<bool>> FakeSink::store(const Request& request, const Message& command) {
    ++calls;
    in_flight_most = std::max(in_flight_most, ++in_flight);
    const auto failure = fail(*this);
    const std::string body = command.SerializeAsString();
    const auto key = request.caller.name + " " + request.idempotency_key;
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    --in_flight;
    if (failure) co_return Error{*failure, "told to fail", "lines[0].sku"};
    const auto [known, fresh] = stored.emplace(key, body);
    if (!fresh && known->second != body) co_return Error{Errc::conflict, "same key, other command"};
    co_return !fresh;
}

CaptureSink::Answer FakeSink::record_transaction(Request request, v1::RecordTransaction command) {
    const auto replayed = co_await store(request, command);
    if (!replayed) co_return replayed.error();
    if (!*replayed) transactions.push_back(std::move(command));
    v1::Captured captured;
    captured.set_replayed(*replayed);
    co_return captured;
}

CaptureSink::Answer FakeSink::record_adjustment(Request request, v1::RecordAdjustment command) {
    const auto replayed = co_await store(request, command);
    if (!replayed) co_return replayed.error();
    if (!*replayed) adjustments.push_back(std::move(command));
    v1::Captured captured;
    captured.set_replayed(*replayed);
    co_return captured;
}

CaptureSink::Answer FakeSink::record_rows_set_aside(Request request,
                                                    v1::RecordRowsSetAside command) {
    const auto replayed = co_await store(request, command);
    if (!replayed) co_return replayed.error();
    if (!*replayed) asides.push_back(std::move(command));
    v1::Captured captured;
    captured.set_replayed(*replayed);
    co_return captured;
}

DropRig::DropRig(Mapping mapping) {
    options.folder = scratch_.path / "drop";
    options.memory_file = scratch_.path / "memory.sqlite";
    options.spool_folder = scratch_.path / "spool";
    options.mapping = std::move(mapping);
    options.settle = 2ms;
    options.look_again = 20ms;
    options.gz_patience = 10ms;
    options.retry = {.first = 1ms, .most = 2ms};
    fs::create_directories(options.folder);
}

void DropRig::drop(const std::string& name, BytesView content) const {
    std::ofstream{path(name), std::ios::binary} << content;
}

void DropRig::start() {
    auto opened = FileDrop::open(loop_.get_executor(), options, key_, clock_, sink);
    if (!opened) throw std::runtime_error{opened.error().detail};
    file_drop = *std::move(opened);
    group_.emplace(loop_.get_executor());
    group_->spawn(file_drop->run());
}

void DropRig::stop() {
    if (!group_) return;
    group_->cancel();
    run_until([this] { return group_->size() == 0; });
    group_.reset();
    file_drop.reset();
}

bool DropRig::run_until(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    loop_.restart();
    while (!done()) {
        if (std::chrono::steady_clock::now() > limit) return false;
        loop_.run_one_for(10ms);
    }
    return true;
}

bool DropRig::run_until_empty() {
    const auto empty = [this] {
        for (const auto& entry : fs::directory_iterator{options.folder})
            if (entry.is_regular_file()) return false;
        return true;
    };
    return run_until(empty);
}

}  // namespace till
