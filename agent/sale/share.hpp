#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace till {

__extension__ using Wide = __int128;

/// Rounds `parts` (each in 1/unit of a minor unit) to whole minor units that add up to `target`,
/// by the largest-remainder method: each part moves by less than one unit where the target is
/// their rounded sum; equal remainders go to the earlier part. Negated parts and target give
/// exactly the negated answer.
std::vector<std::int64_t> round_together(std::span<const Wide> parts, Wide unit,
                                         std::int64_t target);

/// Shares `total` out pro rata to `weights` (none negative, not all zero). The shares add up to
/// `total` exactly.
std::vector<std::int64_t> share_out(std::int64_t total, std::span<const std::int64_t> weights);

}  // namespace till
