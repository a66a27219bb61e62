#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>

struct z_stream_s;

namespace till {

/// gzip (RFC 1952) to bytes, piece by piece, in constant memory. Members that follow one another are
/// one file, as gzip itself reads them; zero bytes after a member are padding.
class Gunzip {
public:
    /// Takes each piece of output, at most 64 KiB; its error stops and is passed on.
    using Out = std::function<Result<void>(BytesView)>;

    Gunzip();
    ~Gunzip();
    Gunzip(Gunzip&&) = delete;

    static bool recognises(BytesView first_bytes) { return first_bytes.starts_with("\x1f\x8b"); }

    /// malformed when this is not gzip or its check sum is wrong.
    Result<void> feed(BytesView bytes, const Out& out);
    /// No more bytes: `closed` when the last member is not complete, which is what a file looks like
    /// that is still being copied.
    Result<void> finish() const;

private:
    std::unique_ptr<z_stream_s> stream_;
    bool between_members_ = true;
    bool any_member_ = false;
};

}  // namespace till
