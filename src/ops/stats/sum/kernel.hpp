// The kernel of stats.sum and what drives it: a thread is a lane, a warp a canonical block.
#pragma once

#include "ops/stats/device_column.hpp"
#include "ops/stats/sum/sum.hpp"

namespace weir::ops {

template <class Partial>
struct SumKernel {
  static constexpr unsigned kThreadsMax = kGroupThreads;
  using P = Piece<Partial>;

  WEIR_HD static double add(double to, double x) { return to + x; }
  WEIR_HD static numeric::Compensated add(const numeric::Compensated& to, double x) {
    return numeric::compensated_add(to, x);
  }

  template <class Block, class T>
  WEIR_HD void operator()(Block& block, DeviceColumn<T> x, NanPolicy nan, bool joined,
                          P* out) const {
    P* const lanes = block.template shared<P>(kGroupThreads);
    P* const partials = block.template shared<P>(kGroupBlocks);
    block.each_thread([&](unsigned t) {
      const std::size_t lane = t % numeric::kCanonicalLanes;
      const std::size_t from =
          (std::size_t{block.index()} * kGroupBlocks + t / numeric::kCanonicalLanes) *
          numeric::kCanonicalBlock;
      P mine;
      for (std::size_t r = 0; r < numeric::kCanonicalBlock; r += numeric::kCanonicalLanes) {
        const std::size_t i = from + r + lane;
        if (i >= x.rows) break;
        if (!x.valid(i)) {
          ++mine.counts.nulls;
          continue;
        }
        const double value = x.at(i);
        if (value != value) {
          if (mine.counts.nans++ == 0) mine.counts.first_nan = x.first_row + i;
          if (nan == NanPolicy::kOmit) continue;
        }
        ++mine.counts.valid;
        mine.partial = add(mine.partial, value);
      }
      lanes[t] = mine;
    });
    fold_on_device(block, lanes, LaneJoin{});
    block.each_thread([&](unsigned t) {
      if (t < kGroupBlocks) partials[t] = lanes[t * numeric::kCanonicalLanes];
    });
    write_partials(block, partials, x.rows, joined, out, numeric::CanonicalJoin{});
  }

  // Lanes interleave rows: the first NaN is the least of two.
  struct LaneJoin {
    WEIR_HD P operator()(const P& a, const P& b) const {
      P both = PieceJoin<>{}(a, b);
      if (a.counts.nans != 0 && b.counts.nans != 0 && b.counts.first_nan < a.counts.first_nan) {
        both.counts.first_nan = b.counts.first_nan;
      }
      return both;
    }
  };
  static constexpr std::size_t kSharedBytes =
      device::shared_size<P>(kGroupThreads) + device::shared_size<P>(kGroupBlocks);
};

template <class Launcher, class Partial>
Status sum_partials(DeviceRun& run, const Sum::Args& args, Piece<Partial>& whole) {
  using Kernel = SumKernel<Partial>;
  return join_chunks<Launcher, Partial, numeric::CanonicalJoin>(
      run, args.x.size(), whole,
      [&](const Chunk& chunk, Lane<Launcher>& lane, Piece<Partial>* out, bool joined) -> Status {
        const device::Grid grid = blocks_grid(chunk, Kernel::kSharedBytes);
        if (args.x.is_f32()) {
          WEIR_ASSIGN(const auto x, upload_column(lane, args.x, args.x.f32, chunk));
          return lane.launch(grid, Kernel{}, x, args.nan, joined, out);
        }
        WEIR_ASSIGN(const auto x, upload_column(lane, args.x, args.x.f64, chunk));
        return lane.launch(grid, Kernel{}, x, args.nan, joined, out);
      });
}

template <class Launcher>
Status sum_on_device(DeviceRun& run, const Sum::Args& args, Sum::Output& out) {
  if (args.method == Sum::Method::kNeumaier) {
    Piece<numeric::Compensated> whole;
    WEIR_TRY((sum_partials<Launcher>(run, args, whole)));
    return Sum::finish(args, whole, out);
  }
  Piece<double> whole;
  WEIR_TRY((sum_partials<Launcher>(run, args, whole)));
  return Sum::finish(args, {{whole.partial, 0.0}, whole.counts}, out);
}

}  // namespace weir::ops
