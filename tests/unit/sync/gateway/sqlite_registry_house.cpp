#include "tests/unit/sync/gateway/registry_house.hpp"
#include "tests/unit/sync/gateway/support.hpp"

#include <catch2/catch.hpp>

namespace till::sync {

namespace {

class SqliteRegistryHouse final : public RegistryHouse {
public:
    std::unique_ptr<Registry> open() override {
        auto registry = Registry::open(folder_ / "registry.db");
        if (!registry) FAIL(registry.error().detail);
        return *std::move(registry);
    }

private:
    test::Folder folder_;
};

}  // namespace

std::unique_ptr<RegistryHouse> RegistryHouse::make() {
    return std::make_unique<SqliteRegistryHouse>();
}

}  // namespace till::sync
