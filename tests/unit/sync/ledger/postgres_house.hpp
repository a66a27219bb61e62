#pragma once

#include "sync/ledger/postgres_store.hpp"
#include "tests/unit/sync/ledger/store_house.hpp"

#include <string>

namespace till::sync {

/// A schema of the case's own in the server that TILL_TEST_POSTGRES names.
class PostgresHouse final : public StoreHouse {
public:
    explicit PostgresHouse(Random& random);
    ~PostgresHouse() override;
    std::unique_ptr<Store> open(Opened how = Opened::writing) override;

    /// The server's address as the case's stores have it; `port` when there is a proxy before it.
    PostgresAddress address(std::uint16_t port = 0) const;
    std::uint16_t port() const { return port_; }

private:
    Random& random_;
    std::string url_, schema_;
    std::uint16_t port_ = 0;
};

}  // namespace till::sync
