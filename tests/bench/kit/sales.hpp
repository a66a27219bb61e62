#pragma once

#include "agent/api/settings.hpp"
#include "sync/wire/commands.pb.h"
#include "tests/support/workload.hpp"

#include <random>

namespace till::bench {

/// One sale as a till would hand it in, and the fact that it becomes, about as long as ours.
struct Sale {
    tillstream::v1::RecordTransaction command;
    Bytes fact;
};

/// The sales of the benchmark workload (gen_transactions.py --seed 42 in shape: baskets, prices,
/// tenders; 38 % name a loyalty card, of 20,000 in a Pareto's popularity).
std::vector<Sale> sales(std::size_t count);

/// The shop that those sales are made in; customers are sealed to `key`.
WorkstationSettings shop(const SealingKey& key);

}  // namespace till::bench
