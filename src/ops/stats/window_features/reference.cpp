#include <string>

#include "ops/stats/window_features/terms_inl.hpp"
#include "ops/stats/window_features/window_features.hpp"

namespace weir::ops {
namespace {

using window::Part;
using window::Sums;

// The windows of one series, each by itself.
struct Windows {
  const WindowPlan& plan;
  std::span<const double> x;

  // The values from `from` to the end of their block, the last one first, about the last one.
  Sums<double> end_of_block(std::size_t from) const {
    const std::size_t block = from / plan.block * plan.block;
    const double shift = x[block + plan.block - 1];
    auto sums = window::no_values<double>();
    for (std::size_t i = block + plan.block; i-- > from;) {
      window::add_value(sums, x[i], shift, plan.turns[i - block]);
    }
    return sums;
  }
  // The first n values of a block, about the value before.
  Sums<double> begin_of_block(std::size_t block, std::size_t n) const {
    auto sums = window::no_values<double>();
    for (std::size_t i = 0; i < n; ++i) {
      window::add_value(sums, x[block + i], x[block - 1], plan.turns[i]);
    }
    return sums;
  }
  // 2^level blocks from number `block` on.
  Part<double> blocks(std::size_t block, unsigned level) const {
    if (level == 0) {
      return window::part_of(end_of_block(block * plan.block), x[(block + 1) * plan.block - 1],
                             1.0 / static_cast<double>(plan.block));
    }
    const std::size_t half = std::size_t{1} << (level - 1);
    Part<double> whole = blocks(block, level - 1);
    Part<double> later = blocks(block + half, level - 1);
    window::turn_bins(later, plan.places[half]);
    window::join(whole, later, plan.doubling[level - 1]);
    return whole;
  }
  // `count` whole blocks after number `block`, as seen from there: by the bits of plan.distance -
  // 1, lowest first, then one more if there is one more.
  Part<double> middle(std::size_t block, std::size_t count) const {
    Part<double> whole{};
    std::size_t taken = 0;
    const auto add = [&](unsigned level, const JoinFactors& factors) {
      Part<double> part = blocks(block + 1 + taken, level);
      window::turn_bins(part, plan.places[1 + taken]);
      if (taken == 0) {
        whole = part;
      } else {
        window::join(whole, part, factors);
      }
      taken += std::size_t{1} << level;
    };
    for (unsigned j = 0; (plan.distance - 1) >> j != 0; ++j) {
      if (((plan.distance - 1) >> j & 1) != 0) add(j, plan.adding[j]);
    }
    if (taken < count) add(0, plan.one_more);
    return whole;
  }

  Part<double> across_blocks(std::size_t from) const {
    const std::size_t block = from / plan.block;
    const std::size_t r = from % plan.block;
    const std::size_t last = (from + plan.size) / plan.block;
    const std::size_t beyond = (from + plan.size) % plan.block;
    const WindowPlan::Start& start = plan.start[r / plan.stride];
    const double shift = x[(block + 1) * plan.block - 1];
    Sums<double> end = end_of_block(from);
    Sums<double> begin = begin_of_block(last * plan.block, beyond);
    const std::size_t whole = last - block - 1;
    if (plan.turned(last - block)) window::turn_bins(begin, plan.places[last - block]);
    if (whole == 0) {
      window::add_sums(end, begin);
      return window::part_of(end, shift, plan.reciprocal);
    }
    Part<double> part = window::part_of(end, shift, start.end_reciprocal);
    window::join(part, middle(block, whole), start.middle);
    if (beyond != 0) {
      const double before = x[last * plan.block - 1];
      window::join(part, window::part_of(begin, before, start.begin_reciprocal), start.last);
    }
    return part;
  }

  Part<double> by_itself(std::size_t from) const {
    Part<double> whole{};
    for (std::size_t j = 0; j * plan.block < plan.size; ++j) {
      const std::size_t at = from + j * plan.block;
      const std::size_t n = std::min(plan.block, plan.size - j * plan.block);
      auto sums = window::no_values<double>();
      for (std::size_t i = 0; i < n; ++i) {
        window::add_value(sums, x[at + i], x[at], plan.turns[i]);
      }
      Part<double> part = window::part_of(sums, x[at], 1.0 / static_cast<double>(n));
      if (j == 0) {
        whole = part;
        continue;
      }
      window::turn_bins(part, plan.places[j]);
      window::join(whole, part, plan.chain[j]);
    }
    return whole;
  }
};

}  // namespace

Status WindowFeatures::check(const Args& args) {
  if (args.size < kWindowSizeMin || args.size > kWindowSizeMax) {
    return invalid_argument("window_size", "a window of " + std::to_string(args.size) + " values")
        .at("size")
        .hint("use 5 to 65536");
  }
  if (args.stride == 0) {
    return invalid_argument("window_stride", "a stride of 0").at("stride").hint("use 1 or more");
  }
  return Status::ok();
}

Status WindowFeatures::check_output(const Args& args, const Output& out) {
  const std::size_t count = windows(args.series.size(), args.size, args.stride);
  if (out.features.size() == count * kWindowFeatures) return Status::ok();
  return invalid_argument("shapes", "room for " + std::to_string(out.features.size()) +
                                        " features of " + std::to_string(count) + " windows")
      .at("features")
      .hint("give 10 numbers a window");
}

Support WindowFeatures::supports(const Args&, device::Kind) {
  return Support::yes();
}

Footprint WindowFeatures::footprint(const Args& args) {
  const std::size_t count = windows(args.series.size(), args.size, args.stride);
  const auto rows = static_cast<double>(count);
  const std::size_t numbers = window::kNumbers * sizeof(double);
  // Where sums are shared: those of the ends, and five rows of whole blocks of 64 or more values.
  return {.rows = count,
          .bytes_in = count * args.stride * sizeof(double),
          .bytes_out = count * kWindowFeatures * sizeof(double),
          .bytes_scratch = count * numbers + args.series.size() / 64 * 5 * numbers,
          .bytes_resident = args.size * sizeof(double) + 400 * (args.size / 32 + 300),
          .flops = 150.0 * rows + 40.0 * rows * static_cast<double>(args.stride),
          .launches = 1,
          .ceiling = Ceiling::kF64};
}

Status WindowFeatures::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const WindowPlan plan = WindowPlan::of(args.size, args.stride);
  const Windows all{plan, args.series};
  const std::size_t count = plan.windows(args.series.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from = i * args.stride;
    const Part<double> part = plan.direct ? all.by_itself(from) : all.across_blocks(from);
    window::features_of(part, plan.reciprocal, out.features.data() + i * kWindowFeatures);
  }
  return Status::ok();
}

}  // namespace weir::ops
