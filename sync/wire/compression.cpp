#include "sync/wire/compression.hpp"

#include "agent/core/limits.hpp"
#include "embedded/wire_dictionaries.hpp"

#include <zstd.h>

#include <array>
#include <map>
#include <memory>
#include <string>

namespace till::sync {

namespace {

constexpr BytesView magic{"\x28\xb5\x2f\xfd", 4};

template <auto free_it>
struct Free {
    template <class T>
    void operator()(T* handle) const {
        free_it(handle);
    }
};
using Compression = std::unique_ptr<ZSTD_CCtx, Free<ZSTD_freeCCtx>>;
using Decompression = std::unique_ptr<ZSTD_DCtx, Free<ZSTD_freeDCtx>>;
using WriteDictionary = std::unique_ptr<ZSTD_CDict, Free<ZSTD_freeCDict>>;
using ReadDictionary = std::unique_ptr<ZSTD_DDict, Free<ZSTD_freeDDict>>;

/// What one thread keeps between calls: making these costs more than compressing one record.
struct Writer {
    Compression context{ZSTD_createCCtx()};
    std::map<int, WriteDictionary> by_level;
};
thread_local std::unique_ptr<Writer> writer;

BytesView events_1() {
    static const BytesView bytes = embedded::wire_dictionaries("events-1.zdict");
    return bytes;
}

const ZSTD_CDict* write_dictionary(Writer& keep, int level) {
    WriteDictionary& slot = keep.by_level[level];
    if (!slot) slot.reset(ZSTD_createCDict(events_1().data(), events_1().size(), level));
    return slot.get();
}

/// Immutable, so all threads share it.
const ZSTD_DDict* read_dictionary() {
    static const ReadDictionary one{ZSTD_createDDict(events_1().data(), events_1().size())};
    return one.get();
}

Error unknown(Codec codec) { return {Errc::unsupported, "codec " + std::to_string(codec.value())}; }

}  // namespace

std::span<const Codec> codecs() {
    static constexpr std::array all{codec_zstd_events_1, codec_zstd, codec_stored};
    return all;
}

int level_for(std::size_t raw_bytes) { return raw_bytes <= 16 * 1024 ? 12 : 6; }

Result<Bytes> compress(Codec codec, int level, BytesView raw) {
    if (codec == codec_stored) return Bytes{raw};
    if (codec != codec_zstd && codec != codec_zstd_events_1) return unknown(codec);
    if (!writer) writer = std::make_unique<Writer>();
    ZSTD_CCtx* const context = writer->context.get();
    ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0);
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    if (codec == codec_zstd_events_1) ZSTD_CCtx_refCDict(context, write_dictionary(*writer, level));
    Bytes out(ZSTD_compressBound(raw.size()), '\0');
    const std::size_t size =
        ZSTD_compress2(context, out.data(), out.size(), raw.data(), raw.size());
    if (ZSTD_isError(size)) return Error{Errc::out_of_range, ZSTD_getErrorName(size)};
    out.resize(size);
    out.erase(0, magic.size());
    return out;
}

Result<Bytes> decompress(Codec codec, BytesView payload, std::size_t raw_bytes) {
    if (raw_bytes > limits::batch_bytes_max || payload.size() > limits::batch_bytes_max) {
        return Error{Errc::out_of_range, "batch too large"};
    }
    if (codec == codec_stored) return Bytes{payload};
    if (codec != codec_zstd && codec != codec_zstd_events_1) return unknown(codec);
    thread_local const Decompression context{ZSTD_createDCtx()};
    Bytes frame;
    frame.reserve(magic.size() + payload.size());
    frame.append(magic).append(payload);
    Bytes out(raw_bytes, '\0');
    const std::size_t size = ZSTD_decompress_usingDDict(
        context.get(), out.data(), out.size(), frame.data(), frame.size(),
        codec == codec_zstd_events_1 ? read_dictionary() : nullptr);
    if (ZSTD_isError(size)) return Error{Errc::malformed, ZSTD_getErrorName(size)};
    if (size != raw_bytes) return Error{Errc::malformed, "batch is shorter than it says"};
    return out;
}

void release_compression_memory() { writer.reset(); }

}  // namespace till::sync
