// Bytes and microseconds a transaction costs before and after compression, by batch size, level and
// codec, on the benchmark shop. The payload only: a batch frame adds about 40 bytes, TLS and
// WebSocket 35.
#include "sync/wire/batch.hpp"
#include "sync/wire/compression.hpp"
#include "tests/support/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

int main() {
    using namespace till::sync;
    till::support::Workload workload{{}, 42};
    const auto sales = workload.take(16'384);
    std::size_t sealed = 0;
    std::size_t body = 0;
    for (const Envelope& sale : sales) sealed += sale.sealed.size(), body += sale.body.size();
    fmt::print("{} sales: body {:.1f} bytes, sealed {:.1f}\n", sales.size(),
               static_cast<double>(body) / static_cast<double>(sales.size()),
               static_cast<double>(sealed) / static_cast<double>(sales.size()));
    for (const std::size_t size : {1U, 16U, 64U, 256U, 1024U, 2048U, 4096U}) {
        for (const Codec codec : {codec_zstd, codec_zstd_events_1}) {
            for (const int level : {3, 6, 9, 12, 15, 19}) {
                const std::size_t count = std::min<std::size_t>(sales.size(), size * 2000);
                std::size_t raw = 0;
                std::size_t small = 0;
                std::chrono::nanoseconds spent{};
                for (std::size_t at = 0; at < count; at += size) {
                    const std::span records{sales.data() + at, size};
                    const auto encoded = encode_records(records);
                    if (!encoded) break;  // More than limits::batch_bytes_max.
                    const auto began = std::chrono::steady_clock::now();
                    const auto packed = compress(codec, level, *encoded);
                    spent += std::chrono::steady_clock::now() - began;
                    raw += encoded->size();
                    small += packed->size();
                }
                if (raw == 0) continue;
                const auto each = static_cast<double>(count);
                fmt::print(
                    "batch {:4} codec {} level {:2}: raw {:6.1f}  wire {:6.1f}  {:7.2f} us\n", size,
                    codec.value(), level, static_cast<double>(raw) / each,
                    static_cast<double>(small) / each,
                    static_cast<double>(spent.count()) / 1000 / each);
            }
        }
    }
}
