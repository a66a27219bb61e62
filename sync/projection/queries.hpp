#pragma once

#include "sync/projection/reconcile.hpp"
#include "sync/projection/retention_report.hpp"
#include "sync/projection/views.hpp"
#include "sync/vault/vault.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>

namespace till::sync {

/// What the admin API and tillctl ask the projection. Thread: one at a time; a reading connection.
class Queries {
public:
    static Result<std::unique_ptr<Queries>> open(const std::filesystem::path& projection,
                                                 const std::string& vfs = {});
    ~Queries();

    Result<std::vector<JournalState>> journals(Store& store);
    Result<TransactionPage> transactions(const TransactionFilter& filter);
    /// In the order they arose, after `after`.
    Result<std::vector<ExceptionRow>> exceptions(bool open_only, std::int64_t after,
                                                 std::size_t limit);
    Result<std::uint64_t> open_exceptions();
    Result<ExceptionRow> exception(std::int64_t id);  ///< Fails with not_found.
    /// Of all that are she, herself first (Vault::family), as of one. Fails with not_found when the projection
    /// never saw any of them.
    Result<CustomerView> customer(std::span<const CustomerId> family);
    /// The same without purchases.
    Result<CustomerView> customer_head(std::span<const CustomerId> family);
    /// Under which names of its own a CRM has her.
    Result<std::vector<std::string>> records_of(std::span<const CustomerId> family,
                                                std::string_view source);
    Result<std::optional<CustomerId>> customer_of_record(std::string_view source,
                                                         std::string_view record);
    struct Place {
        JournalId journal{Uuid{}};
        Seq seq{0};
    };
    /// Every event about her that came with a sealed part.
    Result<std::vector<Place>> events_of(std::span<const CustomerId> family);
    /// What said that she is to be erased.
    Result<std::optional<Place>> erasure_of(std::span<const CustomerId> family);
    /// How many sealed parts of hers are still to be deleted from the ledger.
    Result<std::size_t> sealed_left(std::span<const CustomerId> family);
    /// Every purchase of a known customer that counts (retention_report.hpp).
    Result<std::vector<Purchase>> purchases();
    /// How many customers were enrolled at tills, by month (YYYY-MM).
    Result<std::map<std::string, std::size_t>> enrolments();
    /// Where they bought.
    Result<std::set<std::string>> stores_of(std::span<const CustomerId> family);
    /// Every journal, and up to where it is in the tables.
    Result<std::vector<std::pair<JournalId, Seq>>> cursors();
    /// How one event stands in the tables.
    struct Standing {
        bool counts = false;              ///< Its content is in them.
        bool waits = false;               ///< Held for a person, or parked: it may count later.
        std::optional<Bytes> correction;  ///< What is projected in place of its body.
        std::optional<CustomerId> customer;
    };
    /// For `crm`, a correction of what it refused stands in place of any other.
    Result<Standing> standing(const JournalId& journal, Seq seq, std::string_view crm = {});

    Result<std::vector<CountedItem>> counted(std::string_view store, std::string_view session);
    /// Every business day that is known, in order.
    Result<std::vector<std::string>> business_days();
    /// Each workstation of that day, device against centre.
    Result<std::vector<ReconciledDay>> reconcile(std::string_view business_day, Store& store);

private:
    struct Impl;
    explicit Queries(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace till::sync
