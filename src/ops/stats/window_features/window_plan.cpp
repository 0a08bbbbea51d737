#include "ops/stats/window_features/window_plan.hpp"

#include <algorithm>
#include <bit>

#include "base/numeric/trigonometry.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kBlockUsual = 64;
constexpr std::size_t kBlockMax = 256;  // of windows that are one block long

Turns turns_at(std::size_t position, std::size_t size) {
  Turns turns{};
  for (std::size_t k = 1; k <= 4; ++k) {
    const numeric::SinCos turn = numeric::turn(k * (position % size) % size, size);
    turns.re[k - 1] = turn.cos;
    turns.im[k - 1] = -turn.sin;
  }
  return turns;
}

std::size_t block_of(std::size_t size, std::size_t stride) {
  if (size <= kBlockMax && size % stride == 0) return size;
  return stride * std::max<std::size_t>(1, std::min(size, kBlockUsual) / stride);
}

void plan_starts(WindowPlan& plan) {
  for (std::size_t r = 0; r < plan.block; r += plan.stride) {
    const std::size_t end = plan.block - r;
    const std::size_t begin = (r + plan.size) % plan.block;
    const std::size_t middle = plan.size - end - begin;
    plan.start.push_back({1.0 / static_cast<double>(end),
                          begin == 0 ? 0.0 : 1.0 / static_cast<double>(begin),
                          join_factors(end, middle), join_factors(end + middle, begin)});
  }
}

void plan_middle(WindowPlan& plan) {
  const std::size_t blocks = plan.distance - 1;
  for (std::size_t j = 0; blocks >> j != 0; ++j) {
    const std::size_t span = std::size_t{1} << j;
    plan.doubling.push_back(join_factors(span * plan.block, span * plan.block));
    plan.adding.push_back(join_factors((blocks & (span - 1)) * plan.block, span * plan.block));
  }
  plan.one_more = join_factors(blocks * plan.block, plan.block);
}

}  // namespace

JoinFactors join_factors(std::size_t a, std::size_t b) {
  const auto na = static_cast<double>(a);
  const auto nb = static_cast<double>(b);
  const double n = na + nb;
  if (n == 0) return {};
  const double square = na * (nb / n);
  return {na / n, nb / n, square, square * ((na - nb) / n)};
}

WindowPlan WindowPlan::of(std::size_t size, std::size_t stride) {
  WindowPlan plan;
  plan.size = size;
  plan.stride = stride;
  plan.direct = stride >= (size + 3) / 4;
  plan.block = plan.direct ? std::min(size, kBlockMax) : block_of(size, stride);
  plan.reciprocal = 1.0 / static_cast<double>(size);
  plan.distance = size / plan.block;
  plan.beyond = size % plan.block;
  for (std::size_t r = 0; r < plan.block; ++r) plan.turns.push_back(turns_at(r, size));
  for (std::size_t j = 0; j <= plan.distance + 1; ++j) {
    plan.places.push_back(turns_at(j * plan.block, size));
  }
  if (plan.direct) {
    for (std::size_t from = 0; from < size; from += plan.block) {
      plan.chain.push_back(join_factors(from, std::min(plan.block, size - from)));
    }
  } else {
    plan_starts(plan);
    plan_middle(plan);
  }
  return plan;
}

}  // namespace weir::ops
