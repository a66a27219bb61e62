#include "agent/journal/leaf_scan.hpp"

#include <cstdlib>
#include <string>

// A page of a damaged disk, and the rest of the input as the pages it may lead to.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t page = 4096;
    till::Bytes disk{reinterpret_cast<const char*>(data), size};
    disk.resize((size / page + 1) * page);
    const auto overflow = [&](std::uint32_t number) -> std::optional<till::Bytes> {
        if (number >= disk.size() / page) return std::nullopt;
        return disk.substr(number * page, page);
    };
    std::size_t rows = 0;
    const auto count = [&](const till::detail::RawRow& row) {
        if (row.columns.size() != 14) std::abort();
        ++rows;
    };
    till::detail::scan_leaf_page(till::BytesView{disk}.substr(0, page), 14, overflow, count);
    if (rows > page / 2) std::abort();
    return 0;
}
