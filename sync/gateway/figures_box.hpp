#pragma once

#include "agent/core/result.hpp"
#include "sync/postgres/postgres_line.hpp"
#include "sync/projection/projector.hpp"

#include <functional>
#include <memory>

namespace till::sync {

/// Day figures that a gateway without a projection took in, in the database that all gateways share,
/// until the one that projects has kept them. Thread: one at a time.
class FiguresBox {
public:
    static Result<std::unique_ptr<FiguresBox>> open(const PostgresAddress& address);

    /// Durable when it returns. Put twice, they are kept twice, which changes nothing.
    Result<void> put(const DeviceFigures& figures);
    /// Hands the oldest to `keep` and forgets what it kept or could not understand. Returns how many.
    Result<std::size_t> empty(const std::function<Result<void>(const DeviceFigures&)>& keep);

private:
    explicit FiguresBox(const PostgresAddress& address);
    PostgresLine line_;
};

}  // namespace till::sync
