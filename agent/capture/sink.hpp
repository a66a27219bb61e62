#pragma once

#include "agent/api/command_table.hpp"
#include "agent/core/result.hpp"
#include "sync/wire/commands.pb.h"

#include <boost/asio/awaitable.hpp>

namespace till {

namespace asio = boost::asio;

/// Where what comes in by file is captured: the command table, as a program wires it.
///
/// An answer means that the event is on stable storage; the same key and content again answers the
/// same with `replayed`. `busy`, `disk_full`, `io` and `timed_out` are retried by the caller,
/// `conflict` says that this key is stored already, `malformed`, `out_of_range`, `unsupported` and
/// `not_found` are final. Up to 64 calls are in flight at once, begun in order, so that they share
/// commits.
class CaptureSink {
public:
    virtual ~CaptureSink() = default;
    using Answer = asio::awaitable<Result<tillstream::v1::Captured>>;
    virtual Answer record_transaction(Request request,
                                      tillstream::v1::RecordTransaction command) = 0;
    virtual Answer record_adjustment(Request request, tillstream::v1::RecordAdjustment command) = 0;
    virtual Answer record_rows_set_aside(Request request,
                                         tillstream::v1::RecordRowsSetAside command) = 0;
};

}  // namespace till
