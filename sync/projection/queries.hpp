#pragma once

#include "sync/projection/reconcile.hpp"
#include "sync/projection/retention_report.hpp"
#include "sync/vault/vault.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>

namespace till::sync {

/// A journal, how far it is stored and how far projected.
struct JournalState {
    JournalRow row;
    Seq cursor{0};
    std::uint64_t branches = 0;
    std::string
        damage{};  ///< "set aside at 39, 40–42 unreadable, salvaged 43–50"; empty: none known.
};

struct TransactionRow {
    JournalId journal{Uuid{}};
    Seq seq{0};
    std::string store, workstation, business_day, source_system, number;
    std::uint32_t kind = 0;  ///< 100 retail transaction, 101 post-void.
    int status = 0;          ///< TransactionStatus
    bool training = false, only_returns = false;
    int channel = 0;
    std::string order_id, currency;
    int decimals = 0;
    std::int64_t gross = 0, net = 0, tax = 0, discount = 0;  ///< Minor units.
    std::int64_t begin_ms = 0, end_ms = 0;
    std::string operator_id;
    int shift = 0;
    std::optional<CustomerId> customer;
    Bytes trace_id;
    std::int64_t corrected_ms = 0, error_ms = 0;  ///< On the centre's clock, ± error.
    std::uint32_t amendment = 0;
    bool voided = false;  ///< A post-void reverses it.
};

/// Pages go by `after`, the last row's `position` of the page before.
struct TransactionFilter {
    std::string business_day, store, workstation;  ///< Empty: any.
    std::string number;  ///< Receipt or source number; when given, the three above are ignored.
    Bytes trace_id;      ///< Of 16 bytes; when given, all above are ignored.
    std::int64_t after = 0;
    std::size_t limit = 100;
};
struct TransactionPage {
    std::vector<TransactionRow> rows;
    std::int64_t next = 0;  ///< 0: that was all.
};

struct ExceptionRow {
    std::int64_t id = 0;
    JournalId journal{Uuid{}};
    Seq seq{0};
    std::string code, field, cause;
    bool held = false;  ///< Not in the tables until it is corrected.
    bool open = true;
    std::string business_day, store, workstation;  ///< Empty when the event could not be read.
    std::string fixed_by, note;
    std::int64_t fixed_ms = 0;
    bool corrected = false;
};

struct ConsentState {
    int purpose = 0, channel = 0;  ///< ConsentSet.Purpose, ConsentSet.ConsentChannel
    bool granted = false;
    std::string text_version, proof;
    std::int64_t at_ms = 0;
};

/// All the centre knows of a customer short of who it is (that is Vault::show).
struct CustomerView {
    CustomerId customer{Uuid{}};
    std::int64_t first_seen_ms = 0, last_seen_ms = 0;
    bool enrolled = false, business = false;
    std::string country, language;
    std::vector<TransactionRow> purchases;  ///< Over all tills, oldest first.
    std::vector<ConsentState> consents;
};

/// What a count session came to, of one item: of several counters the sum, of each what she counted since her last
/// recount.
struct CountedItem {
    std::uint64_t gtin = 0;
    std::string sku;
    std::int64_t quantity = 0;
    int scale = 0;
};

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
    Result<Standing> standing(const JournalId& journal, Seq seq);

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
