#include "agent/capture/gunzip.hpp"

#include <zlib.h>

#include <array>
#include <new>

namespace till {

namespace {
constexpr int gzip_only = 15 + 16;  // The largest window, and no zlib headers.
}

Gunzip::Gunzip() : stream_{std::make_unique<z_stream>()} {
    if (::inflateInit2(stream_.get(), gzip_only) != Z_OK) throw std::bad_alloc{};
}

Gunzip::~Gunzip() { ::inflateEnd(stream_.get()); }

Result<void> Gunzip::feed(BytesView bytes, const Out& out) {
    std::array<unsigned char, 64 * 1024> buffer;
    stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_->avail_in = static_cast<uInt>(bytes.size());
    // A full buffer may leave output inside zlib after the last byte of input.
    bool more_inside = false;
    while (stream_->avail_in > 0 || more_inside) {
        if (between_members_ && any_member_ && *stream_->next_in == 0) {
            ++stream_->next_in;
            --stream_->avail_in;
            continue;
        }
        between_members_ = false;
        stream_->next_out = buffer.data();
        stream_->avail_out = static_cast<uInt>(buffer.size());
        const int status = ::inflate(stream_.get(), Z_NO_FLUSH);
        if (status == Z_MEM_ERROR) throw std::bad_alloc{};
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
            return Error{Errc::malformed,
                         std::string{"gzip: "} + (stream_->msg ? stream_->msg : "damaged data")};
        const std::size_t made = buffer.size() - stream_->avail_out;
        if (made > 0)
            TILL_TRY_VOID(out(BytesView{reinterpret_cast<const char*>(buffer.data()), made}));
        more_inside = stream_->avail_out == 0;
        if (status == Z_STREAM_END) {
            between_members_ = any_member_ = true;
            more_inside = false;
            ::inflateReset(stream_.get());
        }
    }
    return {};
}

Result<void> Gunzip::finish() const {
    if (between_members_ && any_member_) return {};
    return Error{Errc::closed, "gzip: the file ends in the middle of the compressed data"};
}

}  // namespace till
