#include "agent/journal/leaf_scan.hpp"

#include "agent/core/limits.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <utility>

namespace till::detail {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t page_bytes = 4096;
constexpr std::size_t wal_header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;
constexpr char table_leaf = 0x0D;
constexpr std::size_t payload_max = limits::record_bytes_max + page_bytes;

/// Bytes read from the front; a wish for more than there is fails, and so does all after it.
class Cursor {
public:
    explicit Cursor(BytesView bytes) : rest_{bytes} {}
    bool ok() const { return ok_; }
    BytesView rest() const { return rest_; }

    BytesView take(std::size_t size) {
        if (size > rest_.size()) ok_ = false;
        if (!ok_) return {};
        const auto taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }
    /// Big-endian, signed as SQLite stores integers.
    std::int64_t integer(std::size_t size) {
        const auto bytes = take(size);
        std::uint64_t value = !bytes.empty() && (bytes.front() & 0x80) != 0 ? ~0ULL : 0;
        for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
        return static_cast<std::int64_t>(value);
    }
    std::uint32_t number(std::size_t size) {
        std::uint32_t value = 0;
        for (const char byte : take(size)) value = value << 8 | static_cast<unsigned char>(byte);
        return value;
    }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (int i = 0; i < 9; ++i) {
            const auto byte = static_cast<unsigned char>(number(1));
            if (i == 8) return value << 8 | byte;
            value = value << 7 | (byte & 0x7FU);
            if ((byte & 0x80U) == 0) return value;
        }
        return value;
    }

private:
    BytesView rest_;
    bool ok_ = true;
};

/// How much of a payload lies in the leaf itself.
std::size_t local_size(std::size_t payload) {
    constexpr std::size_t most = page_bytes - 35;
    constexpr std::size_t least = (page_bytes - 12) * 32 / 255 - 23;
    if (payload <= most) return payload;
    const std::size_t filled = least + (payload - least) % (page_bytes - 4);
    return filled <= most ? filled : least;
}

std::optional<RawValue> value_of(std::uint64_t type, Cursor& body) {
    constexpr std::size_t sizes[] = {0, 1, 2, 3, 4, 6, 8};
    if (type == 0) return RawValue{};
    if (type < std::size(sizes)) return RawValue{body.integer(sizes[type])};
    if (type == 8 || type == 9) return RawValue{static_cast<std::int64_t>(type - 8)};
    if (type < 12) return std::nullopt;
    return RawValue{Bytes{body.take((type - 12) / 2)}};
}

std::optional<std::vector<RawValue>> parse_record(BytesView payload, std::size_t columns) {
    Cursor whole{payload};
    const auto header_size = whole.varint();
    const auto read = payload.size() - whole.rest().size();
    if (!whole.ok() || header_size < read) return std::nullopt;
    Cursor header{whole.take(static_cast<std::size_t>(header_size) - read)};
    std::vector<RawValue> values;
    while (whole.ok() && !header.rest().empty()) {
        auto value = value_of(header.varint(), whole);
        if (!value || !header.ok() || values.size() == columns) return std::nullopt;
        values.push_back(*std::move(value));
    }
    if (!whole.ok() || values.size() != columns || !whole.rest().empty()) return std::nullopt;
    return values;
}

/// The database and its WAL as bare pages; of a page that the WAL has, the newest frame counts.
class Pages {
public:
    explicit Pages(const fs::path& database)
        : file_{database, std::ios::binary},
          wal_{database.string() + "-wal", std::ios::binary},
          count_{size_of(database) / page_bytes} {
        const std::size_t frame_bytes = frame_header_bytes + page_bytes;
        const std::size_t wal_bytes = size_of(database.string() + "-wal");
        for (auto at = wal_header_bytes; at + frame_bytes <= wal_bytes; at += frame_bytes) {
            const auto header = read(wal_, static_cast<std::streamoff>(at), frame_header_bytes);
            if (!header) continue;  // A sector that the disk cannot read.
            const auto page = Cursor{*header}.number(4);
            frames_.emplace_back(at + static_cast<std::streamoff>(frame_header_bytes));
            newest_[page] = frames_.back();
        }
    }

    std::optional<Bytes> page(std::uint32_t number) {
        const auto found = newest_.find(number);
        if (found != newest_.end()) return read(wal_, found->second, page_bytes);
        return number == 0 ? std::nullopt : in_file(number);
    }
    void each(const std::function<void(BytesView)>& visit) {
        for (const auto at : frames_) {
            if (const auto bytes = read(wal_, at, page_bytes)) visit(*bytes);
        }
        for (std::uint32_t number = 1; number <= count_; ++number) {
            if (const auto bytes = in_file(number)) visit(*bytes);
        }
    }

private:
    std::optional<Bytes> in_file(std::uint32_t number) {
        return read(file_, static_cast<std::streamoff>((number - 1) * std::uint64_t{page_bytes}),
                    page_bytes);
    }
    static std::optional<Bytes> read(std::ifstream& from, std::streamoff at, std::size_t size) {
        if (!from.is_open()) return std::nullopt;
        Bytes bytes(size, '\0');
        from.clear();
        from.seekg(at);
        from.read(bytes.data(), static_cast<std::streamsize>(size));
        if (static_cast<std::size_t>(from.gcount()) != size) return std::nullopt;
        return bytes;
    }

    static std::size_t size_of(const fs::path& file) {
        std::error_code absent;
        const auto size = fs::file_size(file, absent);
        return absent ? 0 : static_cast<std::size_t>(size);
    }

    std::ifstream file_, wal_;
    std::size_t count_;
    std::vector<std::streamoff> frames_;
    std::map<std::uint32_t, std::streamoff> newest_;
};

}  // namespace

void scan_leaf_page(BytesView page, std::size_t columns,
                    const std::function<std::optional<Bytes>(std::uint32_t)>& overflow,
                    const std::function<void(const RawRow&)>& visit) {
    if (page.size() != page_bytes || page.front() != table_leaf) return;
    Cursor header{page.substr(3)};
    const auto cells = header.number(2);
    Cursor pointers{page.substr(8)};
    for (std::uint32_t i = 0; i < cells; ++i) {
        const auto at = pointers.number(2);
        if (!pointers.ok()) return;
        if (at >= page.size()) continue;
        Cursor cell{page.substr(at)};
        const auto size = cell.varint();
        RawRow row{.rowid = static_cast<std::int64_t>(cell.varint()), .columns = {}};
        if (!cell.ok() || size > payload_max) continue;
        const std::size_t local = local_size(static_cast<std::size_t>(size));
        Bytes payload{cell.take(local)};
        std::uint32_t next = local < size ? cell.number(4) : 0;
        while (cell.ok() && payload.size() < size && next != 0) {
            const auto more = overflow(next);
            if (!more || more->size() != page_bytes) break;
            next = Cursor{*more}.number(4);
            payload += BytesView{*more}.substr(4, static_cast<std::size_t>(size) - payload.size());
        }
        if (!cell.ok() || payload.size() != size) continue;
        auto values = parse_record(payload, columns);
        if (!values) continue;
        row.columns = *std::move(values);
        visit(row);
    }
}

void scan_leaf_pages(const fs::path& database, std::size_t columns,
                     const std::function<void(const RawRow&)>& visit) {
    Pages pages{database};
    const auto overflow = [&pages](std::uint32_t number) { return pages.page(number); };
    pages.each([&](BytesView page) { scan_leaf_page(page, columns, overflow, visit); });
}

}  // namespace till::detail
