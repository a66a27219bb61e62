#pragma once

#include "sync/masterdata/master_plan.hpp"

// Private to the module: what one record must be by itself, and what records must be to each other.
namespace till::sync::detail {

/// Collects faults; `at` is the record's path, "products[17]".
class Faults {
public:
    void add(const std::string& at, std::string_view field, std::string detail,
             std::string allowed);
    std::vector<Error> take() { return std::move(found_); }
    bool any() const { return !found_.empty(); }

private:
    std::vector<Error> found_;
};

void check_record(const v1::MasterRecord& record, const std::string& at, const MasterRules& rules,
                  Faults& faults);

/// Over all records as they would be. `where` says where an import has one; what it does not have is
/// named by its key.
void check_references(const MasterSet& set, const std::map<MasterKey, std::string>& where,
                      Faults& faults);

}  // namespace till::sync::detail
