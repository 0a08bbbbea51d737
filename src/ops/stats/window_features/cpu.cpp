// Lanes are neighbouring blocks of the series (windows, where each is summed by itself), so that
// every lane does the same in the same order and the vector's length does not matter. A group of
// blocks keeps the running sums of its ends in scratch (104 bytes a window start and lane, in the
// second-level cache), then runs through the blocks in which its windows end.
#include <algorithm>
#include <atomic>

#include "base/result.hpp"
#include "ops/stats/window_features/window_features.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/stats/window_features/cpu.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "ops/stats/window_features/lanes_inl.hpp"
#include "ops/stats/window_features/terms_inl.hpp"

#ifndef WEIR_WINDOW_JOB
#define WEIR_WINDOW_JOB
namespace weir::ops {
namespace {

constexpr std::size_t kLanesMost = 8;

struct WindowJob {
  const WindowPlan& plan;
  std::span<const double> x;
  std::span<double> out;
  std::size_t windows;
  std::size_t piece;  // blocks, or windows, that a worker takes at once; a multiple of eight

  std::size_t items() const { return plan.direct ? windows : plan.blocks(x.size()); }
  // Whole blocks that a piece looks at.
  std::size_t whole_blocks() const {
    return plan.has_middle() ? piece + plan.distance + kLanesMost + 1 : 0;
  }
};

// Doubles of scratch: values side by side, ends, three rows of whole blocks.
struct WindowScratch {
  WindowScratch(const WindowJob& job, double* slot)
      : blocks(job.whole_blocks() + kLanesMost),
        x(slot),
        ends(x + (job.plan.block + 1) * kLanesMost),
        whole(ends + job.plan.start.size() * 13 * kLanesMost),
        joined(whole + 13 * blocks),
        middle(joined + 13 * blocks) {}
  static std::size_t size(const WindowJob& job) {
    return (job.plan.block + 1 + job.plan.start.size() * 13) * kLanesMost +
           3 * 13 * (job.whole_blocks() + kLanesMost);
  }
  std::size_t blocks;
  double* x;
  double* ends;
  double* whole;
  double* joined;
  double* middle;
};

}  // namespace
}  // namespace weir::ops
#endif

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {

using window::kLanes;
using window::kNumbers;
using window::Lanes;
using Sums = window::Sums<Lanes>;
using Part = window::Part<Lanes>;

template <class P>
HWY_INLINE P load_numbers(const double* from, std::size_t step) {
  P p;
  window::each(
      p, [&](Lanes& number, std::size_t i) HWY_ATTR { number = Lanes::load(from + i * step); });
  return p;
}
template <class P>
HWY_INLINE void store_numbers(P& p, double* to, std::size_t step) {
  window::each(p, [&](Lanes& number, std::size_t i) HWY_ATTR { number.store(to + i * step); });
}

// Writes the features of one window a lane; lane l's is window first + l * step.
HWY_INLINE void write_features(const WindowJob& job, const Part& part, std::size_t first,
                               std::size_t step) {
  Lanes features[kWindowFeatures];
  window::features_of(part, job.plan.reciprocal, features);
  HWY_ALIGN double rows[kWindowFeatures][kLanes];
  std::size_t f = 0;
  if (first + (kLanes - 1) * step < job.windows) {
    for (; f + kLanes <= 8; f += kLanes) {
      hwy::HWY_NAMESPACE::Vec<window::LanesTag> square[kLanes];
#pragma GCC unroll 8
      for (std::size_t l = 0; l < kLanes; ++l) square[l] = features[f + l].v;
      window::turn_square(window::LanesTag{}, square);
#pragma GCC unroll 8
      for (std::size_t l = 0; l < kLanes; ++l) {
        Lanes(square[l]).store(job.out.data() + (first + l * step) * kWindowFeatures + f);
      }
    }
  }
  for (std::size_t g = f; g < kWindowFeatures; ++g) features[g].store(rows[g]);
  for (std::size_t l = 0; l < kLanes; ++l) {
    const std::size_t i = first + l * step;
    if (i >= job.windows) return;
    double* const to = job.out.data() + i * kWindowFeatures;
    for (std::size_t g = f; g < kWindowFeatures; ++g) to[g] = rows[g][l];
  }
}

// The windows that start in kLanes neighbouring blocks.
class BlockGroup {
 public:
  BlockGroup(const WindowJob& job, const WindowScratch& scratch, std::size_t block,
             std::size_t first_block)
      : job_(job), plan_(job.plan), scratch_(scratch), block_(block), at_(block - first_block) {}

  void run() {
    run_ends();
    run_begins(plan_.distance, plan_.beyond, plan_.block, 0);
    if (plan_.beyond != 0)
      run_begins(plan_.distance + 1, 0, plan_.beyond, plan_.block - plan_.beyond);
  }

 private:
  void run_ends() {
    const std::size_t size = plan_.block;
    window::side_by_side(job_.x.data(), job_.x.size(), block_ * size, size, size, scratch_.x);
    shift_ = Lanes::load(scratch_.x + (size - 1) * kLanes);
    Sums sums = window::no_values<Lanes>();
    std::size_t start = plan_.starts();
    std::size_t next = (start - 1) * plan_.stride;
    for (std::size_t i = size; i-- > 0;) {
      window::add_value(sums, Lanes::load(scratch_.x + i * kLanes), shift_, plan_.turns[i]);
      if (i != next) continue;
      --start;
      store_numbers(sums, scratch_.ends + start * kNumbers * kLanes, kLanes);
      next -= plan_.stride;
    }
  }

  // Windows that end in the blocks `distance` on: those with positions [from, to) there, the first
  // of which start at r.
  void run_begins(std::size_t distance, std::size_t from, std::size_t to, std::size_t r) {
    const std::size_t size = plan_.block;
    const std::size_t first = (block_ + distance) * size;
    window::side_by_side(job_.x.data(), job_.x.size(), first - 1, size, to + 1, scratch_.x);
    const Lanes shift = Lanes::load(scratch_.x);
    const Part middle = distance > 1 ? middle_of(distance - 1) : Part{};
    Sums sums = window::no_values<Lanes>();
    for (std::size_t i = 0; i < to; ++i) {
      if (i >= from && (r + i - from) % plan_.stride == 0) {
        window_of(r + i - from, distance, i, sums, shift, middle);
      }
      window::add_value(sums, Lanes::load(scratch_.x + (i + 1) * kLanes), shift, plan_.turns[i]);
    }
  }

  void window_of(std::size_t r, std::size_t distance, std::size_t beyond, Sums begin,
                 const Lanes& shift, const Part& middle) {
    const std::size_t s = r / plan_.stride;
    Sums end = load_numbers<Sums>(scratch_.ends + s * kNumbers * kLanes, kLanes);
    if (plan_.turned(distance)) window::turn_bins(begin, plan_.places[distance]);
    Part part;
    if (distance == 1) {
      window::add_sums(end, begin);
      part = window::part_of(end, shift_, plan_.reciprocal);
    } else {
      const WindowPlan::Start& start = plan_.start[s];
      part = window::part_of(end, shift_, start.end_reciprocal);
      window::join(part, middle, start.middle);
      if (beyond != 0) {
        window::join(part, window::part_of(begin, shift, start.begin_reciprocal), start.last);
      }
    }
    write_features(job_, part, block_ * plan_.starts() + s, plan_.starts());
  }

  // `count` whole blocks after each lane's.
  Part middle_of(std::size_t count) const {
    const std::size_t usual = plan_.distance - 1;
    Part part;
    if (usual != 0) part = load_numbers<Part>(scratch_.middle + at_, scratch_.blocks);
    if (count == usual) return part;
    Part more = load_numbers<Part>(scratch_.whole + at_ + 1 + usual, scratch_.blocks);
    window::turn_bins(more, plan_.places[1 + usual]);
    if (usual == 0) return more;
    window::join(part, more, plan_.one_more);
    return part;
  }

  const WindowJob& job_;
  const WindowPlan& plan_;
  const WindowScratch& scratch_;
  std::size_t block_;
  std::size_t at_;  // of block_ among the whole blocks
  Lanes shift_;
};

// Sums the whole blocks that a piece needs, and joins for each block those that lie between the end
// and the beginning of its windows.
void join_whole_blocks(const WindowJob& job, const WindowScratch& scratch, std::size_t first) {
  const WindowPlan& plan = job.plan;
  const std::size_t step = scratch.blocks;
  const std::size_t count = step - kLanesMost;
  const double reciprocal = 1.0 / static_cast<double>(plan.block);
  for (std::size_t b = 0; b < count; b += kLanes) {
    window::side_by_side(job.x.data(), job.x.size(), (first + b) * plan.block, plan.block,
                         plan.block, scratch.x);
    const Lanes shift = Lanes::load(scratch.x + (plan.block - 1) * kLanes);
    Sums sums = window::no_values<Lanes>();
    for (std::size_t i = plan.block; i-- > 0;) {
      window::add_value(sums, Lanes::load(scratch.x + i * kLanes), shift, plan.turns[i]);
    }
    Part part = window::part_of(sums, shift, reciprocal);
    store_numbers(part, scratch.whole + b, step);
    store_numbers(part, scratch.joined + b, step);
  }
  const std::size_t blocks = plan.distance - 1;
  std::size_t taken = 0;
  for (std::size_t j = 0; blocks >> j != 0; ++j) {
    const std::size_t span = std::size_t{1} << j;
    if ((blocks >> j & 1) != 0) {
      for (std::size_t b = 0; b + 1 + taken + span <= count; b += kLanes) {
        Part part = load_numbers<Part>(scratch.joined + b + 1 + taken, step);
        window::turn_bins(part, plan.places[1 + taken]);
        if (taken != 0) {
          Part before = load_numbers<Part>(scratch.middle + b, step);
          window::join(before, part, plan.adding[j]);
          part = before;
        }
        store_numbers(part, scratch.middle + b, step);
      }
      taken += span;
    }
    if (blocks >> (j + 1) == 0) break;
    for (std::size_t b = 0; b + 2 * span <= count; b += kLanes) {
      Part part = load_numbers<Part>(scratch.joined + b, step);
      Part later = load_numbers<Part>(scratch.joined + b + span, step);
      window::turn_bins(later, plan.places[span]);
      window::join(part, later, plan.doubling[j]);
      store_numbers(part, scratch.joined + b, step);
    }
  }
}

void run_blocks(const WindowJob& job, const WindowScratch& scratch, std::size_t first,
                std::size_t end) {
  if (job.plan.has_middle()) join_whole_blocks(job, scratch, first);
  for (std::size_t b = first; b < end; b += kLanes) BlockGroup(job, scratch, b, first).run();
}

// Windows that are summed by themselves.
void run_windows(const WindowJob& job, const WindowScratch& scratch, std::size_t first,
                 std::size_t end) {
  const WindowPlan& plan = job.plan;
  for (std::size_t i = first; i < end; i += kLanes) {
    Part whole;
    for (std::size_t j = 0; j * plan.block < plan.size; ++j) {
      const std::size_t n = std::min(plan.block, plan.size - j * plan.block);
      window::side_by_side(job.x.data(), job.x.size(), i * plan.stride + j * plan.block,
                           plan.stride, n, scratch.x);
      const Lanes shift = Lanes::load(scratch.x);
      Sums sums = window::no_values<Lanes>();
      for (std::size_t k = 0; k < n; ++k) {
        window::add_value(sums, Lanes::load(scratch.x + k * kLanes), shift, plan.turns[k]);
      }
      Part part = window::part_of(sums, shift, 1.0 / static_cast<double>(n));
      if (j == 0) {
        whole = part;
        continue;
      }
      window::turn_bins(part, plan.places[j]);
      window::join(whole, part, plan.chain[j]);
    }
    write_features(job, whole, i, 1);
  }
}

void run_piece(const WindowJob& job, double* slot, std::size_t first, std::size_t end) {
  const WindowScratch scratch(job, slot);
  if (job.plan.direct) {
    run_windows(job, scratch, first, end);
  } else {
    run_blocks(job, scratch, first, end);
  }
}

}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {
namespace {

HWY_EXPORT(run_piece);

// Enough of a piece that what its edges cost does not matter, and enough pieces for all workers.
std::size_t piece_of(const WindowPlan& plan) {
  if (plan.direct)
    return std::max<std::size_t>(kLanesMost, 32'768 / plan.size / kLanesMost * kLanesMost);
  const std::size_t usual = std::max<std::size_t>(1, 32'768 / plan.block);
  const std::size_t blocks = std::max(usual, plan.has_middle() ? 2 * plan.distance : 1);
  return (blocks + kLanesMost - 1) / kLanesMost * kLanesMost;
}

}  // namespace

Status WindowFeatures::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  if (out.features.empty()) return Status::ok();
  WindowWorkspace own;
  WindowWorkspace& workspace = args.workspace != nullptr ? *args.workspace : own;
  const WindowPlan& plan = workspace.plan(args.size, args.stride);
  const WindowJob job{plan, args.series, out.features, plan.windows(args.series.size()),
                      piece_of(plan)};
  const std::size_t pieces = (job.items() + job.piece - 1) / job.piece;
  const std::size_t slots = std::min<std::size_t>(run.workers.threads(), pieces);
  workspace.reserve(slots, WindowScratch::size(job));
  std::atomic<std::size_t> next{0};
  run.workers.run(slots, [&](std::size_t slot) {
    for (std::size_t p = next.fetch_add(1); p < pieces && !run.cancelled(); p = next.fetch_add(1)) {
      HWY_DYNAMIC_DISPATCH(run_piece)
      (job, workspace.slot(slot), p * job.piece, std::min(job.items(), (p + 1) * job.piece));
    }
  });
  return run.cancelled() ? Status(Code::kCancelled, "cancelled", "window features were cancelled")
                         : Status::ok();
}

}  // namespace weir::ops
#endif
