#pragma once

#include "agent/core/money.hpp"
#include "agent/core/result.hpp"
#include "agent/daemon/device_identity.hpp"
#include "agent/daemon/totals_file.hpp"
#include "agent/journal/day_totals.hpp"
#include "agent/journal/journal.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>

namespace till {

/// Tells the centre, signed with the device's key, what each business day came to according to the
/// journal itself: once a burst of captures is over, at once when a day was closed or foreign sales
/// came in, else at most once a minute. What was not stored is offered again after a reconnect, and
/// every day to a centre that was restored from a backup, which may have lost what it had stored.
///
/// Thread: the loop's; reads the journal file in slices of about a millisecond.
class DayReporter {
public:
    struct Options {
        std::filesystem::path journal_file;
        std::filesystem::path totals_file;
        Currency currency;  ///< The store's, for its decimals.
    };
    /// Sends a serialised v1::DayTotals; false while the link is down.
    using Submit = std::function<bool(Bytes)>;

    DayReporter(asio::any_io_executor executor, Options options, Journal& journal,
                const DeviceIdentity& identity, Submit submit);

    /// Runs until cancelled. What cannot be read is a log line and another try.
    asio::awaitable<void> run();

    /// The link is up, to the centre's store of this epoch.
    void on_link_up(const Bytes& store_epoch);
    void on_stored(std::string_view business_day, std::uint32_t amendment);

    /// The centre has the figures of all events up to here.
    Seq reported() const { return known_.reported; }

private:
    asio::awaitable<bool> wait_for_change();  ///< False when the journal has gone.
    asio::awaitable<Result<void>> find_changed_days();
    asio::awaitable<Result<void>> report();
    asio::awaitable<void> offer(std::string business_day, const DayKey& key,
                                const DayFigures& figures);
    Bytes signed_totals(std::uint32_t amendment, const DayKey& key,
                        const DayFigures& figures) const;

    Options options_;
    Journal& journal_;
    const DeviceIdentity& identity_;
    Submit submit_;
    TotalsFile known_;
    Seq scanned_{0};  // Changes up to here are in known_ or in changed_days_.
    std::set<std::string> changed_days_;
    bool urgent_ = false;
    std::optional<std::uint32_t> stored_;  // Amendment the centre has just confirmed.
    std::string offered_day_;
    std::chrono::steady_clock::time_point reported_{};
    asio::steady_timer changed_;  // Cancelled when the link came up or totals were stored.
};

}  // namespace till
