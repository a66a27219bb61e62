#pragma once

#include "agent/capture/invoice.hpp"
#include "agent/capture/spool.hpp"

#include <span>
#include <string>

namespace till {

/// What one format makes of a file's bytes: rows in a spool, and invoices of rows. A row that cannot be
/// understood is set aside with its reason. Private to the module.
class RowReader {
public:
    virtual ~RowReader() = default;

    /// Fails with malformed when the file as a whole cannot be read, and with the spool's own errors.
    virtual Result<void> feed(BytesView bytes) = 0;
    virtual Result<void> finish() = 0;

    /// `rows` are those of one group, at least one, in the file's order. Pure.
    virtual Invoice map(std::span<const SourceRow> rows) const = 0;

    /// What stands around rows to make a file of them that can be dropped again.
    struct Frame {
        std::string before, after;  ///< Lines; empty: none.
        std::string suffix;         ///< Of the file's name: ".rows.csv".
    };
    virtual Frame frame() const = 0;
};

}  // namespace till
