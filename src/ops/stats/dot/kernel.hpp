// The kernel of stats.dot and what drives it: a thread is a lane, a warp a canonical block.
#pragma once

#include "ops/stats/device_column.hpp"
#include "ops/stats/dot/dot.hpp"

namespace weir::ops {

struct DotKernel {
  static constexpr unsigned kThreadsMax = kGroupThreads;
  using P = Piece<double>;
  static constexpr std::size_t kSharedBytes =
      device::shared_size<P>(kGroupThreads) + device::shared_size<P>(kGroupBlocks);

  template <class Block, class T, class U>
  WEIR_HD void operator()(Block& block, DeviceColumn<T> x, DeviceColumn<U> y, bool joined,
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
        if (!x.valid(i) || !y.valid(i)) continue;
        ++mine.counts.valid;
        mine.partial += x.at(i) * y.at(i);
      }
      lanes[t] = mine;
    });
    fold_on_device(block, lanes, PieceJoin<>{});
    block.each_thread([&](unsigned t) {
      if (t < kGroupBlocks) partials[t] = lanes[t * numeric::kCanonicalLanes];
    });
    write_partials(block, partials, x.rows, joined, out, numeric::CanonicalJoin{});
  }
};

template <class Launcher>
Status dot_on_device(DeviceRun& run, const Dot::Args& args, Dot::Output& out) {
  Piece<double> whole;
  Status done = join_chunks<Launcher, double, numeric::CanonicalJoin>(
      run, args.x.size(), whole,
      [&](const Chunk& chunk, Lane<Launcher>& lane, Piece<double>* partials,
          bool joined) -> Status {
        const device::Grid grid = blocks_grid(chunk, DotKernel::kSharedBytes);
        const auto with = [&](auto x_data, auto y_data) -> Status {
          WEIR_ASSIGN(const auto x, upload_column(lane, args.x, x_data, chunk));
          WEIR_ASSIGN(const auto y, upload_column(lane, args.y, y_data, chunk));
          return lane.launch(grid, DotKernel{}, x, y, joined, partials);
        };
        if (args.x.is_f32()) {
          return args.y.is_f32() ? with(args.x.f32, args.y.f32) : with(args.x.f32, args.y.f64);
        }
        return args.y.is_f32() ? with(args.x.f64, args.y.f32) : with(args.x.f64, args.y.f64);
      });
  out = {numeric::one_nan(whole.partial), whole.counts.valid};
  return done;
}

}  // namespace weir::ops
