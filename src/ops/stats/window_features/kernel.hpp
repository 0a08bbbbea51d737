// The kernels of stats.window_features and what drives them: a thread is a block of the series (or
// a window that is summed by itself) and does what a lane of the CPU form does. What threads keep
// lies side by side, so that a warp's accesses fall together.
#pragma once

#include <bit>

#include "ops/device_run.hpp"
#include "ops/stats/window_features/terms_inl.hpp"
#include "ops/stats/window_features/window_features.hpp"

namespace weir::ops {
namespace window {

inline constexpr std::uint32_t kWindowThreads = 128;

// A chunk of a series, from the first value of a block (or of a window) on, and the constants.
struct DeviceSeries {
  const double* x;
  std::size_t values;
  const Turns* turns;
  const Turns* places;
  const WindowPlan::Start* start;
  const JoinFactors* chain;
  std::size_t size;
  std::size_t stride;
  std::size_t block;
  std::size_t distance;
  std::size_t beyond;
  double reciprocal;
  bool turned;  // the bins of the last block, distance on

  WEIR_HD std::size_t starts() const { return block / stride; }
};

// Numbers of many threads: number q of item i is at [q * step + i].
template <class P>
WEIR_HD P load_numbers(const double* from, std::size_t step) {
  P p;
  each(p, [&](double& number, std::size_t q) { number = from[q * step]; });
  return p;
}
template <class P>
WEIR_HD void store_numbers(P& p, double* to, std::size_t step) {
  each(p, [&](double& number, std::size_t q) { to[q * step] = number; });
}

// Each window by itself.
struct DirectKernel {
  static constexpr unsigned kThreadsMax = kWindowThreads;
  template <class Block>
  WEIR_HD void operator()(Block& block, DeviceSeries s, std::size_t windows, double* out) const {
    block.each_thread([&](unsigned t) {
      const std::size_t i = std::size_t{block.index()} * block.threads() + t;
      if (i >= windows) return;
      Part<double> whole{};
      for (std::size_t j = 0; j * s.block < s.size; ++j) {
        const double* const x = s.x + i * s.stride + j * s.block;
        const std::size_t n = s.size - j * s.block < s.block ? s.size - j * s.block : s.block;
        auto sums = no_values<double>();
        for (std::size_t k = 0; k < n; ++k) add_value(sums, x[k], x[0], s.turns[k]);
        Part<double> part = part_of(sums, x[0], 1.0 / static_cast<double>(n));
        if (j == 0) {
          whole = part;
          continue;
        }
        turn_bins(part, s.places[j]);
        join(whole, part, s.chain[j]);
      }
      features_of(whole, s.reciprocal, out + i * kWindowFeatures);
    });
  }
};

// Sums whole blocks, [13, blocks].
struct WholeBlocksKernel {
  static constexpr unsigned kThreadsMax = kWindowThreads;
  template <class Block>
  WEIR_HD void operator()(Block& block, DeviceSeries s, std::size_t blocks, double* whole) const {
    block.each_thread([&](unsigned t) {
      const std::size_t b = std::size_t{block.index()} * block.threads() + t;
      if (b >= blocks) return;
      const double* const x = s.x + b * s.block;
      const double shift = x[s.block - 1];
      auto sums = no_values<double>();
      for (std::size_t i = s.block; i-- > 0;) add_value(sums, x[i], shift, s.turns[i]);
      Part<double> part = part_of(sums, shift, 1.0 / static_cast<double>(s.block));
      store_numbers(part, whole + b, blocks);
    });
  }
};

// to[b] = a[b], if there is one, joined with from[b + ahead], for as many b as there are.
struct JoinBlocksKernel {
  static constexpr unsigned kThreadsMax = kWindowThreads;
  template <class Block>
  WEIR_HD void operator()(Block& block, const double* a, const double* from, std::size_t ahead,
                          std::size_t blocks, Turns turns, JoinFactors factors, double* to) const {
    block.each_thread([&](unsigned t) {
      const std::size_t b = std::size_t{block.index()} * block.threads() + t;
      if (b + ahead >= blocks) return;
      auto part = load_numbers<Part<double>>(from + b + ahead, blocks);
      turn_bins(part, turns);
      if (a != nullptr) {
        auto before = load_numbers<Part<double>>(a + b, blocks);
        join(before, part, factors);
        part = before;
      }
      store_numbers(part, to + b, blocks);
    });
  }
};

// The windows [first, end) of the chunk, which start in `threads` blocks. `usual` and `more` hold
// the whole blocks between end and beginning, distance - 1 and distance of them.
struct SharedKernel {
  static constexpr unsigned kThreadsMax = kWindowThreads;
  struct Blocks {
    const double* usual;
    const double* more;
    std::size_t step;
  };

  template <class Block>
  WEIR_HD void operator()(Block& block, DeviceSeries s, Blocks middle, std::size_t threads,
                          std::size_t first, std::size_t end, double* ends, double* out) const {
    block.each_thread([&](unsigned t) {
      const std::size_t b = std::size_t{block.index()} * block.threads() + t;
      if (b >= threads) return;
      const double* const x = s.x + b * s.block;
      const double shift = x[s.block - 1];
      auto sums = no_values<double>();
      std::size_t start = s.starts();
      for (std::size_t i = s.block; i-- > 0;) {
        add_value(sums, x[i], shift, s.turns[i]);
        if (i % s.stride != 0) continue;
        --start;
        store_numbers(sums, ends + start * kNumbers * threads + b, threads);
      }
      const Task task{s, middle, threads, first, end, ends, out, b, shift};
      begins(task, s.distance, s.beyond, s.block, 0);
      if (s.beyond != 0) begins(task, s.distance + 1, 0, s.beyond, s.block - s.beyond);
    });
  }

 private:
  struct Task {
    const DeviceSeries& s;
    const Blocks& middle;
    std::size_t threads;
    std::size_t first;
    std::size_t end;
    const double* ends;
    double* out;
    std::size_t b;
    double shift;
  };

  WEIR_HD static void begins(const Task& task, std::size_t distance, std::size_t from,
                             std::size_t to, std::size_t r) {
    const DeviceSeries& s = task.s;
    const std::size_t at = (task.b + distance) * s.block;
    if (at > s.values) return;
    const double* const x = s.x + at;
    const double before = x[-1];
    auto sums = no_values<double>();
    for (std::size_t i = 0; i < to; ++i) {
      if (i >= from && (r + i - from) % s.stride == 0) {
        window(task, r + i - from, distance, i, sums, before);
      }
      if (at + i >= s.values) return;
      add_value(sums, x[i], before, s.turns[i]);
    }
  }

  WEIR_HD static void window(const Task& task, std::size_t r, std::size_t distance,
                             std::size_t beyond, Sums<double> begin, double before) {
    const DeviceSeries& s = task.s;
    const std::size_t index = task.b * s.starts() + r / s.stride;
    if (index < task.first || index >= task.end) return;
    const std::size_t place = r / s.stride * kNumbers * task.threads + task.b;
    auto end = load_numbers<Sums<double>>(task.ends + place, task.threads);
    if (s.turned || distance != 1) turn_bins(begin, s.places[distance]);
    Part<double> part;
    if (distance == 1) {
      add_sums(end, begin);
      part = part_of(end, task.shift, s.reciprocal);
    } else {
      const WindowPlan::Start& start = s.start[r / s.stride];
      const double* const middle = distance == s.distance ? task.middle.usual : task.middle.more;
      part = part_of(end, task.shift, start.end_reciprocal);
      join(part, load_numbers<Part<double>>(middle + task.b, task.middle.step), start.middle);
      if (beyond != 0) join(part, part_of(begin, before, start.begin_reciprocal), start.last);
    }
    features_of(part, s.reciprocal, task.out + (index - task.first) * kWindowFeatures);
  }
};

// The constants of a plan, on the device.
struct DevicePlanTables {
  DeviceSpan<const Turns> turns;
  DeviceSpan<const Turns> places;
  DeviceSpan<const WindowPlan::Start> start;
  DeviceSpan<const JoinFactors> chain;
};

inline Result<DevicePlanTables> keep_tables(DeviceRun& run, const WindowPlan& plan) {
  DevicePlanTables tables;
  WEIR_ASSIGN(tables.turns, run.keep(std::span<const Turns>(plan.turns)));
  WEIR_ASSIGN(tables.places, run.keep(std::span<const Turns>(plan.places)));
  WEIR_ASSIGN(tables.start, run.keep(std::span<const WindowPlan::Start>(plan.start)));
  WEIR_ASSIGN(tables.chain, run.keep(std::span<const JoinFactors>(plan.chain)));
  return tables;
}

// Joins the whole blocks of a chunk: see WindowPlan.
template <class Launcher>
Result<SharedKernel::Blocks> join_middle(const WindowPlan& plan, const DeviceSeries& s,
                                         Lane<Launcher>& lane) {
  if (!plan.has_middle()) return SharedKernel::Blocks{nullptr, nullptr, 0};
  const std::size_t blocks = s.values / plan.block;
  const device::Grid grid = device::Grid::over(blocks, kWindowThreads);
  WEIR_ASSIGN(const auto whole, lane.template scratch<double>(kNumbers * blocks));
  WEIR_TRY(lane.launch(grid, WholeBlocksKernel{}, s, blocks, whole.data));
  WEIR_ASSIGN(const auto usual, lane.template scratch<double>(kNumbers * blocks));
  WEIR_ASSIGN(const auto more, lane.template scratch<double>(kNumbers * blocks));
  WEIR_ASSIGN(auto level, lane.template scratch<double>(kNumbers * blocks));
  WEIR_ASSIGN(auto next, lane.template scratch<double>(kNumbers * blocks));
  const std::size_t count = plan.distance - 1;
  const double* joined = whole.data;
  const double* so_far = nullptr;
  std::size_t taken = 0;
  for (std::size_t j = 0; count >> j != 0; ++j) {
    const std::size_t span = std::size_t{1} << j;
    if ((count >> j & 1) != 0) {
      WEIR_TRY(lane.launch(grid, JoinBlocksKernel{}, so_far, joined, 1 + taken, blocks,
                           plan.places[1 + taken], plan.adding[j], usual.data));
      so_far = usual.data;
      taken += span;
    }
    if (count >> (j + 1) == 0) break;
    WEIR_TRY(lane.launch(grid, JoinBlocksKernel{}, joined, joined, span, blocks, plan.places[span],
                         plan.doubling[j], level.data));
    joined = level.data;
    std::swap(level, next);
  }
  WEIR_TRY(lane.launch(grid, JoinBlocksKernel{}, so_far, static_cast<const double*>(whole.data),
                       1 + count, blocks, plan.places[1 + count], plan.one_more, more.data));
  return SharedKernel::Blocks{usual.data, more.data, blocks};
}

template <class Launcher>
Status chunk_features(const WindowPlan& plan, const DevicePlanTables& tables,
                      const WindowFeatures::Args& args, const Chunk& chunk, Lane<Launcher>& lane,
                      std::span<double> out) {
  const std::size_t unit = plan.direct ? plan.stride : plan.block;
  const std::size_t from = chunk.begin * plan.stride / unit * unit;
  const std::size_t to = (chunk.end - 1) * plan.stride + plan.size;
  WEIR_ASSIGN(const auto x, lane.upload(args.series.subspan(from, to - from)));
  const DeviceSeries s{x.data,
                       x.size,
                       tables.turns.data,
                       tables.places.data,
                       tables.start.data,
                       tables.chain.data,
                       plan.size,
                       plan.stride,
                       plan.block,
                       plan.distance,
                       plan.beyond,
                       plan.reciprocal,
                       plan.turned(1)};
  WEIR_ASSIGN(const auto features, lane.template scratch<double>(out.size()));
  if (plan.direct) {
    WEIR_TRY(lane.launch(device::Grid::over(chunk.rows(), kWindowThreads), DirectKernel{}, s,
                         chunk.rows(), features.data));
    return lane.download(features, out);
  }
  const std::size_t threads = (chunk.end - 1) * plan.stride / plan.block - from / plan.block + 1;
  WEIR_ASSIGN(const SharedKernel::Blocks middle, join_middle(plan, s, lane));
  WEIR_ASSIGN(const auto ends, lane.template scratch<double>(plan.starts() * kNumbers * threads));
  const std::size_t first = chunk.begin - from / plan.stride;
  WEIR_TRY(lane.launch(device::Grid::over(threads, kWindowThreads), SharedKernel{}, s, middle,
                       threads, first, first + chunk.rows(), ends.data, features.data));
  return lane.download(features, out);
}

}  // namespace window

template <class Launcher>
Status window_features_on_device(DeviceRun& run, const WindowFeatures::Args& args,
                                 WindowFeatures::Output& out) {
  WEIR_TRY(WindowFeatures::check_output(args, out));
  WindowWorkspace own;
  WindowWorkspace& workspace = args.workspace != nullptr ? *args.workspace : own;
  const WindowPlan& plan = workspace.plan(args.size, args.stride);
  WEIR_ASSIGN(const window::DevicePlanTables tables, window::keep_tables(run, plan));
  return run_chunks<Launcher>(
      run, plan.windows(args.series.size()),
      [&](const Chunk& chunk, Lane<Launcher>& lane) {
        const auto rows =
            out.features.subspan(chunk.begin * kWindowFeatures, chunk.rows() * kWindowFeatures);
        return window::chunk_features(plan, tables, args, chunk, lane, rows);
      },
      [](const Chunk&) { return Status::ok(); });
}

}  // namespace weir::ops
