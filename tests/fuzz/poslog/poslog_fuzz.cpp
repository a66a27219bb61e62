// Any bytes as a POSLog document, cut in two at a place that the first byte chooses: the same rows come of it
// however it is cut, each is mapped or refused with a reason, and what is set aside says why.

#include "agent/capture/intake.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace till;

/// What became of a document, as text.
std::string read(BytesView bytes, std::size_t cut) {
    static const Mapping mapping = *parse_mapping(*bundled_mapping("poslog"));
    auto spool = Spool::open("/tmp");
    if (!spool) std::abort();
    Intake intake{mapping, *spool, 1 << 20};
    std::string seen;
    auto taken = intake.feed(bytes.substr(0, cut));
    if (taken) taken = intake.feed(bytes.substr(cut));
    if (taken) taken = intake.finish();
    if (!taken) {
        if (taken.error().detail.empty()) std::abort();
        return taken.error().detail;
    }
    for (auto rows = *spool->next_group(); !rows.empty(); rows = *spool->next_group()) {
        const Invoice invoice = intake.rows().map(rows);
        if (invoice.transaction.has_value() == !invoice.faults.empty()) std::abort();
        if (invoice.transaction) seen += invoice.transaction->ShortDebugString();
        for (const auto& fault : invoice.faults) {
            if (fault.reason.empty()) std::abort();
            seen += fault.reason;
        }
    }
    const auto aside = spool->set_aside_after(0, 1000);
    for (const auto& row : *aside) {
        if (row.reason.empty()) std::abort();
        seen += row.reason;
    }
    return seen;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const BytesView bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
    if (read(bytes, bytes.size()) != read(bytes, data[0] % (bytes.size() + 1))) std::abort();
    return 0;
}
