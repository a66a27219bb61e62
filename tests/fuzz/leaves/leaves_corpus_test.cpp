#include "agent/core/bytes.hpp"
#include "agent/journal/leaf_scan.hpp"

#include <catch2/catch.hpp>

#include <random>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

using till::Bytes;

namespace {

constexpr std::size_t page = 4096;

/// A leaf with one row of 14 columns, the last a blob that goes on in a second page.
Bytes leaf_and_overflow() {
    const Bytes header{"\x10\x00\x01\x01\x01\x01\x0C\x0C\x0C\x0C\x00\x00\x00\x00\xC6\x4C", 16};
    Bytes payload = header + Bytes{"\x01\x02\x03\x04", 4};
    const std::size_t blob = ((0x46 << 7 | 0x4C) - 12) / 2;
    payload += Bytes(blob, 'b');
    constexpr std::size_t least = (page - 12) * 32 / 255 - 23;
    const std::size_t filled = least + (payload.size() - least) % (page - 4);
    const std::size_t local = filled <= page - 35 ? filled : least;
    Bytes cell;
    cell += static_cast<char>(0x80 | payload.size() >> 7);
    cell += static_cast<char>(payload.size() & 0x7F);
    cell += '\x05';  // The row's id.
    cell += payload.substr(0, local) + Bytes{"\0\0\0\1", 4};
    Bytes leaf{"\x0D\0\0\0\1\0\0\0", 8};
    const std::size_t at = page - cell.size();
    leaf += static_cast<char>(at >> 8);
    leaf += static_cast<char>(at & 0xFF);
    leaf.resize(at);
    leaf += cell;
    Bytes overflow = Bytes(4, '\0') + payload.substr(local);
    overflow.resize(page);
    return leaf + overflow;
}

}  // namespace

TEST_CASE("leaves: a row that goes on in another page is read whole", "[fuzz]") {
    const Bytes disk = leaf_and_overflow();
    std::vector<till::detail::RawRow> rows;
    const auto overflow = [&](std::uint32_t number) {
        return std::optional{disk.substr(number * page, page)};
    };
    const auto keep = [&](const till::detail::RawRow& row) { rows.push_back(row); };
    till::detail::scan_leaf_page(till::BytesView{disk}.substr(0, page), 14, overflow, keep);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].rowid == 5);
    CHECK(std::get<std::int64_t>(rows[0].columns[4]) == 4);
    CHECK(std::get<Bytes>(rows[0].columns[13]) == Bytes(((0x46 << 7 | 0x4C) - 12) / 2, 'b'));
    const auto none = [](std::uint32_t) { return std::optional<Bytes>{}; };
    rows.clear();
    till::detail::scan_leaf_page(till::BytesView{disk}.substr(0, page), 14, none, keep);
    CHECK(rows.empty());
}

TEST_CASE("leaves: thousands of damages of a page are survived", "[fuzz]") {
    std::mt19937_64 engine{1};
    const Bytes whole = leaf_and_overflow();
    for (int i = 0; i < 5000; ++i) {
        Bytes damaged = whole;
        for (auto edits = 1 + engine() % 4; edits-- > 0;) {
            const std::size_t at = engine() % 3 == 0 ? engine() % 32 : engine() % damaged.size();
            damaged[at] = static_cast<char>(engine());
        }
        if (engine() % 8 == 0) damaged.resize(engine() % damaged.size());
        CHECK(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(damaged.data()),
                                     damaged.size())
              == 0);
    }
}
