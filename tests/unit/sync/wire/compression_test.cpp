#include "sync/wire/compression.hpp"
#include "agent/core/hex.hpp"
#include "agent/core/limits.hpp"
#include "agent/crypto/hash.hpp"
#include "embedded/wire_dictionaries.hpp"
#include "sync/wire/batch.hpp"
#include "tests/support/workload.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;

TEST_CASE("wire: every codec gives back what it was given, at every level", "[wire]") {
    support::Workload workload{{}, 5};
    const Bytes raw = *encode_records(workload.take(GENERATE(1, 30, 400)));
    for (const Codec codec : codecs()) {
        for (const int level : {1, 6, 12, 19}) {
            const auto packed = compress(codec, level, raw);
            REQUIRE(packed);
            CHECK(*decompress(codec, *packed, raw.size()) == raw);
        }
    }
}

TEST_CASE("wire: the dictionary makes a lone record smaller by a quarter", "[wire]") {
    support::Workload workload{{}, 6};
    std::size_t with = 0;
    std::size_t without = 0;
    for (const Envelope& sale : workload.take(200)) {
        const Bytes raw = *encode_records({&sale, 1});
        with += compress(codec_zstd_events_1, level_for(raw.size()), raw)->size();
        without += compress(codec_zstd, level_for(raw.size()), raw)->size();
    }
    CHECK(with * 4 < without * 3);
}

TEST_CASE("wire: a payload as another zstd writes it is read", "[wire]") {
    const auto printed = unhex("00008500005074696c6c73747265616d0100372a48");
    REQUIRE(printed);
    CHECK(*decompress(codec_zstd, *printed, 60)
          == "tillstreamtillstreamtillstreamtillstreamtillstreamtillstream");
}

TEST_CASE("wire: a released dictionary never changes", "[wire]") {
    CHECK(hex(sha256(embedded::wire_dictionaries("events-1.zdict")))
          == "c095ecdd3b8056025f2856aa386fb80c891fa951d928648c0db1e10543a0119d");
    CHECK(embedded::wire_dictionaries("none").empty());
}

TEST_CASE("wire: an unknown codec is unsupported", "[wire]") {
    CHECK(compress(Codec{77}, 3, "x").error().code == Errc::unsupported);
    CHECK(decompress(Codec{77}, "x", 1).error().code == Errc::unsupported);
}

TEST_CASE("wire: what is longer or shorter than declared is refused", "[wire]") {
    const Bytes packed = *compress(codec_zstd, 3, Bytes(1000, 'x'));
    CHECK(decompress(codec_zstd, packed, 1000));
    CHECK(decompress(codec_zstd, packed, 999).error().code == Errc::malformed);
    CHECK(decompress(codec_zstd, packed, 1001).error().code == Errc::malformed);
    CHECK(decompress(codec_zstd, packed.substr(0, 8), 1000).error().code == Errc::malformed);
    CHECK(decompress(codec_zstd, "", 0).error().code == Errc::malformed);
}

TEST_CASE("wire: a decompression bomb is refused before or at its bound", "[wire]") {
    const Bytes bomb = *compress(codec_zstd, 3, Bytes(50'000'000, 'x'));
    CHECK(decompress(codec_zstd, bomb, 50'000'000).error().code == Errc::out_of_range);
    CHECK(decompress(codec_zstd, bomb, limits::batch_bytes_max).error().code == Errc::malformed);
    CHECK(decompress(codec_stored, Bytes(limits::batch_bytes_max + 1, 'x'), 0).error().code
          == Errc::out_of_range);
}

TEST_CASE("wire: memory given back is taken again when needed", "[wire]") {
    release_compression_memory();
    CHECK(compress(codec_zstd_events_1, 3, "again"));
}
