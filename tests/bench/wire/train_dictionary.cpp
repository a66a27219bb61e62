// Trains a zstd dictionary for batches: train_dictionary FILE
//
// On shops, catalogues and seeds that no bench measures. A released dictionary is never replaced:
// write a new file, give it a new codec id and keep the old one.
#include "sync/wire/batch.hpp"
#include "tests/support/workload.hpp"

#include <zdict.h>

#include <cstdio>
#include <fstream>

namespace {

constexpr std::size_t dictionary_bytes_max = 32 * 1024;
constexpr std::size_t sales_per_shop = 2500;

struct Samples {
    till::Bytes bytes;
    std::vector<std::size_t> sizes;
};

/// Lone records, because it is those that a dictionary helps most.
Samples draw() {
    Samples samples;
    std::uint64_t seed = 7001;
    for (int round = 0; round < 4; ++round) {
        for (const till::support::Shop& shop : till::support::other_shops()) {
            till::support::Workload workload{shop, seed++};
            for (const auto& sale : workload.take(sales_per_shop)) {
                const auto raw = till::sync::encode_records({&sale, 1});
                samples.bytes += *raw;
                samples.sizes.push_back(raw->size());
            }
        }
    }
    return samples;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::fputs("usage: train_dictionary FILE\n", stderr);
        return 2;
    }
    const Samples samples = draw();
    till::Bytes dictionary(dictionary_bytes_max, '\0');
    const std::size_t size =
        ZDICT_trainFromBuffer(dictionary.data(), dictionary.size(), samples.bytes.data(),
                              samples.sizes.data(), static_cast<unsigned>(samples.sizes.size()));
    if (ZDICT_isError(size)) {
        std::fprintf(stderr, "zstd: %s\n", ZDICT_getErrorName(size));
        return 1;
    }
    std::ofstream file{arguments[1], std::ios::binary};
    file.write(dictionary.data(), static_cast<std::streamsize>(size));
    std::printf("%zu samples, %zu bytes of dictionary\n", samples.sizes.size(), size);
    return file.good() ? 0 : 1;
}
