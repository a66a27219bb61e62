#pragma once

#include "agent/capture/invoice.hpp"
#include "agent/core/secret.hpp"
#include "agent/store/database.hpp"

#include <filesystem>
#include <memory>
#include <optional>

namespace till {

/// What the file drop remembers from one file to the next, durably: which files were captured whole,
/// and, for returns, which earlier sale each customer's items came from. The second is bounded and
/// keyed with the device's secret; without that key it names no customer.
///
/// All that one file adds is one transaction, committed by finish(). A file that is read again
/// after a crash therefore finds the memory as it was the first time, and its returns name the same sales.
class DropMemory {
public:
    /// `key` (32 bytes) must outlive it. `sales_max`: sold lines remembered; the oldest go first.
    static Result<std::unique_ptr<DropMemory>> open(const std::filesystem::path& file,
                                                    const Secret& key, std::uint64_t sales_max);

    Result<bool> knows_file(const Digest& digest);

    Result<void> begin();  ///< Before the first invoice of a file; drops what was not finished.
    /// Names, on each return line, the latest earlier sale of this item to this customer, one at the
    /// same price before others. A return of nobody, or of nothing known, stays unreferenced.
    Result<void> refer_returns(Invoice& invoice);
    Result<void> remember_sales(const Invoice& invoice);
    /// Commits; `whole` is the digest of a file of which nothing was set aside.
    Result<void> finish(const std::optional<Digest>& whole, const std::string& name,
                        std::int64_t now_ms);
    void abandon() { open_file_.reset(); }

private:
    DropMemory(Database database, const Secret& key, std::uint64_t sales_max)
        : database_{std::move(database)}, key_{key}, sales_max_{sales_max} {}
    Result<void> prepare();
    Bytes who(const std::string& customer) const;

    Database database_;
    const Secret& key_;
    std::uint64_t sales_max_;
    Statement knows_, add_file_, find_sale_, add_sale_, forget_;
    std::optional<Transaction> open_file_;
};

}  // namespace till
