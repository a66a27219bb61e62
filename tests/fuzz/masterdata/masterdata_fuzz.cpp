// Any bytes as master data on its way down: a CSV file of any list, an import as an administrator posts it, a
// page of a feed as a centre sends it. The first byte says which. A plan without faults leads to a set on
// which the same import changes nothing.

#include "agent/tillctl/master_csv.hpp"
#include "sync/masterdata/master_plan.hpp"
#include "sync/wire/feed_page.hpp"

#include <google/protobuf/util/json_util.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace till;
using namespace till::sync;

void read_csv(std::uint8_t which, BytesView bytes) {
    constexpr std::array lists = {"stores",  "workstations", "operators", "tax_rules",
                                  "tenders", "reasons",      "products"};
    std::istringstream file{std::string{bytes}};
    const auto rows = read_master_csv(lists[which % lists.size()], file, {});
    if (!rows && rows.error().detail.empty()) std::abort();
    if (rows && rows->records.size() != rows->lines.size()) std::abort();
}

void plan(BytesView bytes) {
    v1::MasterImport import;
    if (!google::protobuf::util::JsonStringToMessage(std::string{bytes}, &import).ok()) return;
    const MasterRules rules{
        .is_time_zone = [](const std::string& name) { return name == "Asia/Taipei"; },
        .verifier_of = [](const std::string& pin, const std::string&) { return "of " + pin; }};
    import.set_dry_run(false);
    const MasterPlan made = plan_import(import, {}, rules);
    if (!made.faults.empty()) {
        if (!made.changes.empty() || made.faults.front().field.empty()) std::abort();
        return;
    }
    const auto set = read_master_set(made.changes);
    if (!set || !plan_import(import, *set, rules).changes.empty()) std::abort();
}

void read_page(BytesView bytes) {
    v1::FeedPage page;
    if (!page.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
    const auto records = unpack_records(page);
    if (!records && records.error().detail.empty()) std::abort();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const BytesView bytes{reinterpret_cast<const char*>(data) + 2, size - 2};
    switch (data[0] % 3) {
        case 0:
            read_csv(data[1], bytes);
            break;
        case 1:
            plan(bytes);
            break;
        default:
            read_page(bytes);
    }
    return 0;
}
