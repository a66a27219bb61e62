#include "agent/sale/share.hpp"

#include <algorithm>
#include <numeric>

namespace till {

std::vector<std::int64_t> round_together(std::span<const Wide> parts, Wide unit,
                                         std::int64_t target) {
    std::vector<std::int64_t> whole(parts.size());
    std::int64_t left = target;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        whole[i] = static_cast<std::int64_t>(parts[i] / unit);  // Towards zero, so signs mirror.
        left -= whole[i];
    }
    if (parts.empty() || left == 0) return whole;
    const int sign = left < 0 ? -1 : 1;
    std::vector<std::size_t> order(parts.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(
        order, [&](Wide a, Wide b) { return a > b; },
        [&](std::size_t i) { return sign * (parts[i] % unit); });
    for (std::size_t i = 0; left != 0; i = (i + 1) % order.size(), left -= sign)
        whole[order[i]] += sign;
    return whole;
}

std::vector<std::int64_t> share_out(std::int64_t total, std::span<const std::int64_t> weights) {
    const Wide sum = std::accumulate(weights.begin(), weights.end(), Wide{0});
    std::vector<Wide> parts;
    parts.reserve(weights.size());
    for (const std::int64_t weight : weights) parts.push_back(static_cast<Wide>(total) * weight);
    return round_together(parts, sum, total);
}

}  // namespace till
