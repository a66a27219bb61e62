#pragma once

#include "sync/projection/reconcile.hpp"
#include "sync/projection/rules.hpp"
#include "sync/projection/tables.hpp"

#include <map>

namespace till::sync::detail {

/// Compares one workstation's day. Amounts are summed where they can be named; what is left of a
/// difference goes to what is known to be missing, or is called unknown.
class Reconciler {
public:
    Reconciler(Tables& tables, Store& store) : tables_{tables}, store_{store} {}

    struct Place {
        std::int64_t day = 0;
        std::string store, workstation, business_day;
    };
    Result<ReconciledDay> compare(const Place& place);

private:
    using Name = std::pair<std::string, std::string>;  // Currency, measure.
    struct Comparison {
        std::int64_t device = 0, centre = 0;
        std::map<std::string, std::int64_t> causes;
    };

    Result<void> load_journals(const Place& place);
    Result<void> load_figures(const Place& place);
    Result<void> look_up(std::int64_t number, const Digest& upto_hash);
    Result<void> load_centre(const Place& place);
    Result<void> load_withheld(const Place& place);
    Result<void> find_missing(const Place& place);
    void count(std::int64_t event, const Name& name, std::int64_t amount);
    bool covers(std::int64_t event) const;
    ReconciledDay result(const Place& place) const;

    Tables& tables_;
    Store& store_;
    std::map<std::int64_t, ReconciledJournal> journals_;  // By number.
    std::map<std::string, int> decimals_;
    std::map<Name, Comparison> compared_;
    std::vector<std::string> missing_;  // What is known to be missing, but not how much.
};

}  // namespace till::sync::detail
