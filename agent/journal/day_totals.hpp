#pragma once

#include "agent/core/ids.hpp"
#include "agent/core/result.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <string>

namespace tillstream::v1 {
class Event;
}

namespace till {

/// Whose day: BusinessDayDate (YYYY-MM-DD), RetailStoreID, WorkstationID.
struct DayKey {
    std::string business_day;
    std::string store;
    std::string workstation;
    friend auto operator<=>(const DayKey&, const DayKey&) = default;
};

/// What is counted. Numbers are stored: never renumber.
enum class Measure : std::uint8_t {
    transaction = 1,  ///< Completed retail transactions; the amount is their gross.
    post_void = 2,    ///< Post-voids; the amount is the reversal's gross, so usually negative.
    tender = 3,  ///< Approved tenders of both; type is TenderType, the amount what was applied.
    tender_control = 4,  ///< Float, pickup, paid in, paid out; type is TenderControl.Type.
    net = 5,  ///< Of transactions and post-voids together: gross without tax and rounding …
    tax = 6,  ///< … and the tax.
};

struct FigureKey {
    std::string currency;  ///< ISO 4217; amounts of two currencies are never added.
    Measure measure = Measure::transaction;
    int type = 0;
    friend auto operator<=>(const FigureKey&, const FigureKey&) = default;
};

/// How many, and how much in minor units.
struct Figure {
    std::int64_t count = 0;
    std::int64_t amount = 0;
    friend bool operator==(const Figure&, const Figure&) = default;
};

/// The figures of one workstation's business day, for reconciliation. Late events of a day that has
/// been closed count for it, too.
struct DayFigures {
    std::int64_t events = 0;  ///< All kinds, training included.
    Seq first{0};             ///< Lowest and highest sequence of this day; others may lie between.
    Seq last{0};
    Digest last_hash{};  ///< Chain hash at `last`.
    std::map<FigureKey, Figure> figures;

    Figure figure(const FigureKey& key) const;  ///< Zero when nothing was counted.
    /// Transactions and post-voids together: what the day took in that currency.
    std::int64_t gross(const std::string& currency) const;
    friend bool operator==(const DayFigures&, const DayFigures&) = default;
};

/// Adds up events into days. Training, suspended and cancelled transactions, tenders that were not
/// approved, and voided lines (which no total includes) count for nothing; a post-void adds its
/// negated reversal. Amounts saturate at the limits of 64 bits. Pure.
class DayTotals {
public:
    /// Events come in order of their sequence. One without a business day is passed over.
    void add(const tillstream::v1::Event& event, Seq seq, const Digest& hash);
    /// Adds figures of earlier events of that day.
    void merge(const DayKey& key, const DayFigures& earlier);
    const std::map<DayKey, DayFigures>& days() const { return days_; }

private:
    std::map<DayKey, DayFigures> days_;
};

}  // namespace till
