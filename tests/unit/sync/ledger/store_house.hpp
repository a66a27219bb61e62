#pragma once

#include "sync/ledger/store.hpp"
#include "tests/support/envelopes.hpp"

#include <memory>

namespace till::sync {

enum class Opened { writing, reading };

/// Where the stores of one test case live, on SQLite or on PostgreSQL: each program of tests links
/// one of the two, and promises the same.
class StoreHouse {
public:
    static std::unique_ptr<StoreHouse> make(Random& random);
    virtual ~StoreHouse() = default;
    /// Another store on the same data.
    virtual std::unique_ptr<Store> open(Opened how = Opened::writing) = 0;
};

}  // namespace till::sync
