#pragma once

#include "sync/gateway/registry.hpp"

#include <memory>

namespace till::sync {

/// Where the registries of one test case live: each program of tests links one kind.
class RegistryHouse {
public:
    static std::unique_ptr<RegistryHouse> make();
    virtual ~RegistryHouse() = default;
    /// Another registry on the same data.
    virtual std::unique_ptr<Registry> open() = 0;
};

}  // namespace till::sync
