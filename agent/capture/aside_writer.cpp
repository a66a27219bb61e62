#include "agent/capture/aside_writer.hpp"

#include "agent/capture/drop_files.hpp"
#include "agent/core/hex.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace till {

namespace fs = std::filesystem;

namespace {

bool same_content(const fs::path& a, const fs::path& b) {
    std::ifstream one{a, std::ios::binary}, other{b, std::ios::binary};
    using Bytewise = std::istreambuf_iterator<char>;
    return one && other && std::equal(Bytewise{one}, {}, Bytewise{other}, {});
}

constexpr const char* reasons_suffix = ".reasons.txt";

}  // namespace

Result<AsideWriter> AsideWriter::open(const fs::path& folder, const std::string& name,
                                      const Digest& digest, RowReader::Frame frame) {
    std::error_code bad;
    fs::create_directories(folder, bad);
    AsideWriter writer;
    writer.folder_ = folder;
    writer.name_ = name;
    writer.unique_name_ = hex(digest).substr(0, 8) + "-" + name;
    writer.frame_ = std::move(frame);
    const auto begin = [&](std::ofstream& out, const std::string& suffix) {
        out.open(folder / (writer.unique_name_ + suffix + ".tmp"),
                 std::ios::binary | std::ios::trunc);
    };
    begin(writer.rows_, writer.frame_.suffix);
    begin(writer.reasons_, reasons_suffix);
    if (!writer.frame_.before.empty()) writer.rows_ << writer.frame_.before << "\r\n";
    return writer;
}

void AsideWriter::add(const Spool::Aside& row) {
    rows_ << row.raw << "\r\n";
    reasons_ << "line " << row.line << ": " << row.reason << '\n';
}

Result<void> AsideWriter::settle(std::ofstream& out, const std::string& suffix) {
    const fs::path draft = folder_ / (unique_name_ + suffix + ".tmp");
    out.close();
    const int handle = ::open(draft.c_str(), O_RDONLY | O_CLOEXEC);
    const bool written = !out.fail() && handle >= 0 && ::fsync(handle) == 0;
    if (handle >= 0) ::close(handle);
    if (!written) return Error{Errc::io, "cannot write " + draft.string()};
    std::error_code bad;
    const fs::path plain = folder_ / (name_ + suffix);
    // A run that was cut short may have left the very same file.
    const bool free = !fs::exists(plain, bad) || same_content(plain, draft);
    const fs::path target = free ? plain : folder_ / (unique_name_ + suffix);
    fs::rename(draft, target, bad);
    if (bad) return Error{Errc::io, "cannot name " + target.string() + ": " + bad.message()};
    return sync_folder(folder_);
}

Result<void> AsideWriter::finish() {
    if (!frame_.after.empty()) rows_ << frame_.after << "\r\n";
    TILL_TRY_VOID(settle(rows_, frame_.suffix));
    return settle(reasons_, reasons_suffix);
}

}  // namespace till
