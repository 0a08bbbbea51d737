// The kernel of stats.moments and what drives it: a thread is a lane and holds its 32 values of a
// canonical block, so that each is read once.
#pragma once

#include "ops/stats/device_column.hpp"
#include "ops/stats/moments/moments.hpp"

namespace weir::ops {

struct MomentsKernel {
  static constexpr int kThreadsMax = kGroupThreads;
  using P = Piece<MomentsPartial>;
  static constexpr unsigned kRows = numeric::kCanonicalBlock / numeric::kCanonicalLanes;

  struct Mine {
    double values[kRows];
    std::uint32_t counted;  // bit r: values[r] counts
  };
  // The first fold: sums and counts; the second: powers of distances.
  struct First {
    double sum;
    double min;
    double max;
    PieceCounts counts;
  };
  struct FirstJoin {
    WEIR_HD First operator()(const First& a, const First& b) const {
      First both{a.sum + b.sum, b.min < a.min ? b.min : a.min, a.max < b.max ? b.max : a.max,
                 a.counts};
      add_counts(both.counts, b.counts);
      if (a.counts.nans != 0 && b.counts.nans != 0 && b.counts.first_nan < a.counts.first_nan) {
        both.counts.first_nan = b.counts.first_nan;
      }
      return both;
    }
  };
  struct Second {
    double d = 0;
    double q = 0;
    double qd = 0;
    double qq = 0;
  };
  struct SecondJoin {
    WEIR_HD Second operator()(const Second& a, const Second& b) const {
      return {a.d + b.d, a.q + b.q, a.qd + b.qd, a.qq + b.qq};
    }
  };
  static constexpr std::size_t kSharedBytes = device::shared_size<First>(kGroupThreads) +
                                              device::shared_size<Second>(kGroupThreads) +
                                              device::shared_size<P>(kGroupBlocks);

  template <class T>
  WEIR_HD static First read(const DeviceColumn<T>& x, std::size_t from, NanPolicy nan, Mine& mine) {
    First first{0.0, numeric::kInfinity, -numeric::kInfinity, {}};
    mine.counted = 0;
    for (unsigned r = 0; r < kRows; ++r) {
      const std::size_t i = from + r * numeric::kCanonicalLanes;
      mine.values[r] = 0;
      if (i >= x.rows) continue;
      if (!x.valid(i)) {
        ++first.counts.nulls;
        continue;
      }
      const double value = x.at(i);
      if (value != value) {
        if (first.counts.nans++ == 0) first.counts.first_nan = x.first_row + i;
        if (nan == NanPolicy::kOmit) continue;
      }
      mine.values[r] = value;
      mine.counted |= 1U << r;
      ++first.counts.valid;
      first.sum += value;
      first.min = value < first.min ? value : first.min;
      first.max = first.max < value ? value : first.max;
    }
    return first;
  }

  WEIR_HD static Second powers(const Mine& mine, double m0) {
    Second second;
    for (unsigned r = 0; r < kRows; ++r) {
      if ((mine.counted >> r & 1) == 0) continue;
      const double d = mine.values[r] - m0;
      const double q = d * d;
      second.d += d;
      second.q += q;
      second.qd += q * d;
      second.qq += q * q;
    }
    return second;
  }

  template <class Block, class T>
  WEIR_HD void operator()(Block& block, DeviceColumn<T> x, NanPolicy nan, bool joined,
                          P* out) const {
    constexpr unsigned kLanes = numeric::kCanonicalLanes;
    First* const firsts = block.template shared<First>(kGroupThreads);
    Second* const seconds = block.template shared<Second>(kGroupThreads);
    P* const partials = block.template shared<P>(kGroupBlocks);
    auto mine = block.template per_thread<Mine>();
    block.each_thread([&](unsigned t) {
      const std::size_t canonical = std::size_t{block.index()} * kGroupBlocks + t / kLanes;
      firsts[t] = read(x, canonical * numeric::kCanonicalBlock + t % kLanes, nan, mine[t]);
    });
    fold_on_device(block, firsts, FirstJoin{});
    block.each_thread([&](unsigned t) {
      const First& whole = firsts[t / kLanes * kLanes];
      const double n = static_cast<double>(whole.counts.valid);
      seconds[t] = powers(mine[t], n == 0 ? 0.0 : whole.sum / n);
    });
    fold_on_device(block, seconds, SecondJoin{});
    block.each_thread([&](unsigned t) {
      if (t >= kGroupBlocks) return;
      const First& first = firsts[t * kLanes];
      const Second& second = seconds[t * kLanes];
      const double n = static_cast<double>(first.counts.valid);
      const double m0 = n == 0 ? 0.0 : first.sum / n;
      partials[t] = {{numeric::moments_of_block(n, m0, second.d, second.q, second.qd, second.qq),
                      first.min, first.max},
                     first.counts};
    });
    write_partials(block, partials, x.rows, joined, out, MomentsJoin{});
  }
};

template <class Launcher>
Status moments_on_device(DeviceRun& run, const MomentsOf::Args& args, MomentsOf::Output& out) {
  Piece<MomentsPartial> whole;
  Status done = join_chunks<Launcher, MomentsPartial, MomentsJoin>(
      run, args.x.size(), whole,
      [&](const Chunk& chunk, Lane<Launcher>& lane, Piece<MomentsPartial>* partials,
          bool joined) -> Status {
        const device::Grid grid = blocks_grid(chunk, MomentsKernel::kSharedBytes);
        const auto with = [&](auto data) -> Status {
          WEIR_ASSIGN(const auto x, upload_column(lane, args.x, data, chunk));
          return lane.launch(grid, MomentsKernel{}, x, args.nan, joined, partials);
        };
        return args.x.is_f32() ? with(args.x.f32) : with(args.x.f64);
      });
  WEIR_TRY(done);
  return MomentsOf::finish(args, whole, out);
}

}  // namespace weir::ops
