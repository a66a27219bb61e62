#pragma once

#include "sync/projection/queries.hpp"
#include "sync/projection/tables.hpp"

#include <map>

// Private to the module.
namespace till::sync {

using detail::Tables;

/// Takes a row's columns one after the other.
struct Columns {
    const Row& row;
    int at = 0;
    std::int64_t integer() { return row.integer(at++); }
    int small() { return static_cast<int>(integer()); }
    bool flag() { return integer() != 0; }
    std::string text() { return std::string{row.bytes(at++)}; }
};

struct ConsentRow {
    ConsentState state;
    std::int64_t error_ms = 0;
};

struct Queries::Impl {
    using Consents = std::map<std::pair<int, int>, std::vector<ConsentRow>>;
    Result<void> consents_of(const Blob& customer, Consents& consents);
    Result<void> add_purchases(const CustomerId& customer, std::vector<TransactionRow>& into);

    Tables tables;
};

}  // namespace till::sync
