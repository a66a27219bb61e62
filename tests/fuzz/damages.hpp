#pragma once

#include "agent/core/bytes.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace till {

/// Writes the corpus into a folder, for a fuzzer to begin from.
inline void write_seeds(const std::vector<Bytes>& corpus, const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    for (std::size_t i = 0; i < corpus.size(); ++i)
        std::ofstream{folder / ("seed-" + std::to_string(i)), std::ios::binary} << corpus[i];
}

/// Every input of a corpus as it is, then so many times with a few bytes changed, cut or doubled, the same
/// on every run: what runs of a fuzz target where there is no fuzzer. With TILL_SEEDS it only writes them there.
inline void feed_damaged(const std::vector<Bytes>& corpus, int damages) {
    if (const char* folder = std::getenv("TILL_SEEDS")) return write_seeds(corpus, folder);
    const auto feed = [](const Bytes& input) {
        const auto* data = reinterpret_cast<const std::uint8_t*>(input.data());
        REQUIRE(LLVMFuzzerTestOneInput(data, input.size()) == 0);
    };
    std::mt19937_64 engine{7};
    for (const Bytes& input : corpus) {
        feed(input);
        for (int i = 0; i < damages; ++i) {
            Bytes damaged = input;
            for (auto edits = engine() % 4; edits-- > 0;)
                damaged[engine() % damaged.size()] = static_cast<char>(engine());
            if (engine() % 4 == 0) damaged.resize(engine() % damaged.size());
            if (engine() % 4 == 0) damaged += input.substr(engine() % input.size());
            feed(damaged);
        }
    }
}

}  // namespace till
