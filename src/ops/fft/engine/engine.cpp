#include "ops/fft/engine/engine.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "ops/fft/engine/four_step.hpp"
#include "ops/fft/engine/scratch.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/fft/engine/engine.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "ops/fft/engine/real_inl.hpp"
#include "ops/fft/engine/solo_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::ops::fft::HWY_NAMESPACE {

// Below kSoloMin a transform alone costs as much as a vector full of them; up to kSideMax, several
// are faster side by side.
constexpr std::size_t kSoloMin = 64;
constexpr std::size_t kSideMax = 128;

struct LaneBuffers {
  double* a;
  double* b;
};
inline LaneBuffers lane_buffers(std::size_t n) {
  const std::size_t each = kPitch * (n + 1);
  static_assert(2 * kPitch * (kStagesMax + 1) <= kScratchKept, "it outlives this function");
  double* const work = ThreadScratch(Scratch::kSide, 2 * each).data();
  return {work, work + each};
}

// Bluestein on a lane buffer: by way of the other one, whose places are those of the inner plan.
inline double* lane_bluestein(const Plan& plan, bool inverse, LaneBuffers lanes) {
  const Wide d;
  const std::size_t m = plan.inner->n;
  const auto each = [&](double* values, const double* turns, std::size_t n, bool swap_in,
                        bool swap_out) HWY_ATTR {
    for (std::size_t k = 0; k < n; ++k) {
      double* const at = values + kPitch * k;
      const Cell<WideVec> value = times(Cell<WideVec>{hn::Load(d, at + (swap_in ? kLanes : 0)),
                                                      hn::Load(d, at + (swap_in ? 0 : kLanes))},
                                        hn::Set(d, turns[2 * k]), hn::Set(d, turns[2 * k + 1]));
      hn::Store(value.re, d, at + (swap_out ? kLanes : 0));
      hn::Store(value.im, d, at + (swap_out ? 0 : kLanes));
    }
  };
  each(lanes.a, plan.chirp.data(), plan.n, inverse, false);
  std::fill(lanes.a + kPitch * plan.n, lanes.a + kPitch * m, 0.0);
  double* const bins = lane_transform(plan.inner->stages, false, lanes.a, lanes.b);
  each(bins, plan.chirp_bins.data(), m, false, false);
  double* const done =
      lane_transform(plan.inner->stages, true, bins, bins == lanes.a ? lanes.b : lanes.a);
  each(done, plan.chirp.data(), plan.n, false, inverse);
  return done;
}

// Places of a lane buffer that a plan needs.
inline std::size_t places(const Plan& plan) {
  return plan.form == Form::kBluestein ? plan.inner->n : plan.n;
}

inline double* lane_plan(const Plan& plan, bool inverse, LaneBuffers lanes) {
  if (plan.form == Form::kBluestein) return lane_bluestein(plan, inverse, lanes);
  return lane_transform(plan.stages, inverse, lanes.a, lanes.b);
}

// Neighbouring rows that one call takes.
struct Share {
  const Rows& rows;
  std::size_t first;
  std::size_t count;
  const double* in() const { return rows.in + rows.in_step * first; }
  double* out() const { return rows.out + rows.out_step * first; }
};

inline void side_by_side(const Plan& plan, bool inverse, double scale, const Share& share) {
  const Rows& r = share.rows;
  const LaneBuffers lanes = lane_buffers(places(plan));
  rows_to_lanes(share.in(), r.in_step, share.count, 2 * plan.n, lanes.a);
  const double* const done = lane_plan(plan, inverse, lanes);
  lanes_to_rows(done, scale, 2 * plan.n, share.out(), r.out_step, share.count);
}

// Whether a transform by itself uses whole vectors.
inline bool alone(const Plan& plan) {
  return plan.form != Form::kStages || (plan.n >= kSoloMin && solo_fits(plan.stages));
}

// Whether several are faster side by side than one after the other.
inline bool side(const Plan& plan) {
  if (plan.form == Form::kStages) return plan.n <= kSideMax;
  return plan.form == Form::kBluestein && plan.inner->n <= 2 * kSideMax;
}

void four_step_columns(const Plan& plan, bool inverse, const double* in, FourStepWork work,
                       std::size_t group) {
  const Wide d;
  const std::size_t n1 = plan.four.columns.n;
  const std::size_t n2 = plan.four.rows.n;
  const GroupRange range = group_range(group, n2);
  const double* const far = plan.four.far.data() + 2 * group * n1;
  const std::size_t re = inverse ? kLanes : 0;
  const std::size_t im = inverse ? 0 : kLanes;
  const LaneBuffers lanes = lane_buffers(n1);
  for (std::size_t column = range.begin; column < range.end; column += kLanes) {
    const std::size_t inside = column - range.begin;
    const std::size_t count = std::min(kLanes, range.end - column);
    columns_to_lanes(in + 2 * column, 2 * n2, n1, lanes.a);
    const double* const done = lane_transform(plan.four.columns, inverse, lanes.a, lanes.b);
    for (std::size_t k = 0; k < n1; ++k) {
      const double* const near = plan.four.near.data() + 2 * kColumns * k + inside;
      const Cell<WideVec> turn =
          times(Cell<WideVec>{hn::LoadU(d, near), hn::LoadU(d, near + kColumns)},
                hn::Set(d, far[2 * k]), hn::Set(d, far[2 * k + 1]));
      const Cell<WideVec> value = times(
          Cell<WideVec>{hn::Load(d, done + kPitch * k + re), hn::Load(d, done + kPitch * k + im)},
          turn.re, turn.im);
      if (count == kLanes) {
        hn::StoreU(value.re, d, work.re + work.pitch * k + column);
        hn::StoreU(value.im, d, work.im + work.pitch * k + column);
      } else {
        HWY_ALIGN double part[kPitch];
        hn::Store(value.re, d, part);
        hn::Store(value.im, d, part + kLanes);
        std::copy_n(part, count, work.re + work.pitch * k + column);
        std::copy_n(part + kLanes, count, work.im + work.pitch * k + column);
      }
    }
  }
}

void four_step_rows(const Plan& plan, bool inverse, double scale, FourStepWork work, double* out,
                    std::size_t group) {
  const std::size_t n1 = plan.four.columns.n;
  const std::size_t n2 = plan.four.rows.n;
  const GroupRange range = group_range(group, n1);
  const LaneBuffers lanes = lane_buffers(n2);
  for (std::size_t row = range.begin; row < range.end; row += kLanes) {
    const std::size_t count = std::min(kLanes, range.end - row);
    rows_to_lanes(work.re + work.pitch * row, work.pitch, count, n2, lanes.a, kPitch);
    rows_to_lanes(work.im + work.pitch * row, work.pitch, count, n2, lanes.a + kLanes, kPitch);
    const double* const done = lane_transform(plan.four.rows, false, lanes.a, lanes.b);
    lanes_to_columns(done, inverse ? kLanes : 0, inverse ? 0 : kLanes, scale, n2, out + 2 * row,
                     2 * n1, count);
  }
}

// values[k] *= turns[k], on pairs; where `inverse`, parts are swapped on the way in.
inline void multiply(const double* values, const double* turns, std::size_t n, bool inverse,
                     double scale, bool inverse_out, double* out) {
  const auto each = [&](auto d, std::size_t k) HWY_ATTR {
    Cell<hn::Vec<decltype(d)>> value;
    Cell<hn::Vec<decltype(d)>> turn;
    hn::LoadInterleaved2(d, values + 2 * k, value.re, value.im);
    hn::LoadInterleaved2(d, turns + 2 * k, turn.re, turn.im);
    if (inverse) value = {value.im, value.re};
    value = times(value, turn.re, turn.im);
    value = {hn::Mul(value.re, hn::Set(d, scale)), hn::Mul(value.im, hn::Set(d, scale))};
    if (inverse_out) value = {value.im, value.re};
    hn::StoreInterleaved2(value.re, value.im, d, out + 2 * k);
  };
  std::size_t k = 0;
  for (; k + kLanes <= n; k += kLanes) each(Wide(), k);
  for (; k < n; ++k) each(hn::CappedTag<double, 1>(), k);
}

void times_bins(double* bins, const double* factors, std::size_t n) {
  multiply(bins, factors, n, false, 1.0, false, bins);
}

void one(const Plan& plan, bool inverse, double scale, const double* in, double* out) {
  if (plan.form == Form::kFourStep) {
    const ThreadScratch between(Scratch::kBetween, four_step_doubles(plan));
    const FourStepWork work = four_step_work(plan, between.data());
    for (std::size_t g = 0; g < column_groups(plan); ++g) {
      four_step_columns(plan, inverse, in, work, g);
    }
    for (std::size_t g = 0; g < row_groups(plan); ++g) {
      four_step_rows(plan, inverse, scale, work, out, g);
    }
  } else if (plan.form == Form::kBluestein) {
    const std::size_t m = plan.inner->n;
    const ThreadScratch memory(Scratch::kChirp, 2 * m);
    double* const work = memory.data();
    multiply(in, plan.chirp.data(), plan.n, inverse, 1.0, false, work);
    std::fill(work + 2 * plan.n, work + 2 * m, 0.0);
    one(*plan.inner, false, 1.0, work, work);
    multiply(work, plan.chirp_bins.data(), m, false, 1.0, false, work);
    one(*plan.inner, true, 1.0, work, work);
    multiply(work, plan.chirp.data(), plan.n, false, scale, inverse, out);
  } else if (alone(plan)) {
    const ThreadScratch memory(Scratch::kSolo, 4 * solo_pitch(plan.n));
    double* const work = memory.data();
    solo_transform(plan.stages, inverse, scale, in, out, work);
  } else {
    const Rows row{in, 0, out, 0, 1};
    side_by_side(plan, inverse, scale, {row, 0, 1});
  }
}

// Cuts rows into vectors full of them and single ones; calls several(share) and single(share).
template <class Several, class Single>
inline void share_out(const Plan& plan, const Rows& rows, Several&& several, Single&& single) {
  std::size_t i = 0;
  if (!alone(plan) || side(plan)) {
    const std::size_t enough = alone(plan) ? (kLanes + 1) / 2 : 1;
    while (rows.count - i >= enough && i < rows.count) {
      const std::size_t now = std::min(kLanes, rows.count - i);
      several(Share{rows, i, now});
      i += now;
    }
  }
  for (; i < rows.count; ++i) single(Share{rows, i, 1});
}

void rows(const Plan& plan, bool inverse, double scale, const Rows& all) {
  share_out(
      plan, all, [&](const Share& share) { side_by_side(plan, inverse, scale, share); },
      [&](const Share& share) { one(plan, inverse, scale, share.in(), share.out()); });
}

// Odd lengths: a complex transform of values whose imaginary parts are zero.
inline void odd_side(const RealPlan& plan, const Share& share) {
  const Rows& r = share.rows;
  const LaneBuffers lanes = lane_buffers(places(*plan.complex));
  rows_to_lanes(share.in(), r.in_step, share.count, plan.n, lanes.a, kPitch);
  for (std::size_t k = 0; k < plan.n; ++k) {
    hn::Store(hn::Zero(Wide()), Wide(), lanes.a + kPitch * k + kLanes);
  }
  const double* const done = lane_plan(*plan.complex, false, lanes);
  lanes_to_rows(done, 1.0, 2 * plan.bins(), share.out(), r.out_step, share.count);
}

inline void odd_one(const RealPlan& plan, const double* in, double* out) {
  const ThreadScratch memory(Scratch::kReal, 2 * plan.n);
  double* const work = memory.data();
  for (std::size_t t = 0; t < plan.n; ++t) {
    work[2 * t] = in[t];
    work[2 * t + 1] = 0;
  }
  one(*plan.complex, false, 1.0, work, work);
  std::memcpy(out, work, 2 * plan.bins() * sizeof(double));
}

void real(const RealPlan& plan, const Rows& r) {
  const bool odd = plan.n % 2 != 0;
  share_out(
      *plan.complex, r,
      [&](const Share& share) {
        if (odd) return odd_side(plan, share);
        const LaneBuffers lanes = lane_buffers(places(*plan.complex));
        rows_to_lanes(share.in(), r.in_step, share.count, plan.n, lanes.a);
        double* const done = lane_plan(*plan.complex, false, lanes);
        separate_lanes(plan, done);
        lanes_to_rows(done, 1.0, plan.n + 2, share.out(), r.out_step, share.count);
      },
      [&](const Share& share) {
        if (odd) return odd_one(plan, share.in(), share.out());
        one(*plan.complex, false, 1.0, share.in(), share.out());
        separate_row(plan, share.out());
      });
}

// Completes the bins of one real transform of odd length to those of a complex one.
inline void odd_inverse_one(const RealPlan& plan, double scale, const double* in, double* out) {
  const ThreadScratch memory(Scratch::kReal, 2 * plan.n);
  double* const work = memory.data();
  work[0] = in[0];
  work[1] = 0;
  for (std::size_t k = 1; k < plan.bins(); ++k) {
    const double im = in[2 * k + 1];
    work[2 * k] = in[2 * k];
    work[2 * k + 1] = im;
    work[2 * (plan.n - k)] = in[2 * k];
    work[2 * (plan.n - k) + 1] = -im;
  }
  one(*plan.complex, true, scale, work, work);
  for (std::size_t t = 0; t < plan.n; ++t) out[t] = work[2 * t];
}

inline void odd_inverse_side(const RealPlan& plan, double scale, const Share& share) {
  const Wide d;
  const Rows& r = share.rows;
  const LaneBuffers lanes = lane_buffers(places(*plan.complex));
  rows_to_lanes(share.in(), r.in_step, share.count, 2 * plan.bins(), lanes.a);
  hn::Store(hn::Zero(d), d, lanes.a + kLanes);
  for (std::size_t k = 1; k < plan.bins(); ++k) {
    const double* const bin = lanes.a + kPitch * k;
    double* const mirror = lanes.a + kPitch * (plan.n - k);
    hn::Store(hn::Load(d, bin), d, mirror);
    hn::Store(hn::Neg(hn::Load(d, bin + kLanes)), d, mirror + kLanes);
  }
  double* const done = lane_plan(*plan.complex, true, lanes);
  // The real parts move together; each goes to a place that has been read.
  for (std::size_t t = 1; t < plan.n; ++t) {
    hn::Store(hn::Load(d, done + kPitch * t), d, done + kLanes * t);
  }
  lanes_to_rows(done, scale, plan.n, share.out(), r.out_step, share.count);
}

void inverse_real(const RealPlan& plan, double scale, const Rows& r) {
  // The transform of half the length divides by half as much.
  const double half_scale = scale * 2;
  share_out(
      *plan.complex, r,
      [&](const Share& share) {
        if (plan.n % 2 != 0) return odd_inverse_side(plan, scale, share);
        const LaneBuffers lanes = lane_buffers(places(*plan.complex));
        rows_to_lanes(share.in(), r.in_step, share.count, plan.n + 2, lanes.a);
        combine_lanes(plan, lanes.a);
        const double* const done = lane_plan(*plan.complex, true, lanes);
        lanes_to_rows(done, half_scale, plan.n, share.out(), r.out_step, share.count);
      },
      [&](const Share& share) {
        if (plan.n % 2 != 0) return odd_inverse_one(plan, scale, share.in(), share.out());
        const ThreadScratch memory(Scratch::kReal, plan.n);
        double* const work = memory.data();
        combine_row(plan, share.in(), work);
        one(*plan.complex, true, half_scale, work, share.out());
      });
}

// Columns that fill vectors go as they lie, the rest by way of rows.
void columns(const Plan& plan, bool inverse, double scale, double* matrix, std::size_t step,
             std::size_t begin, std::size_t end) {
  std::size_t column = begin;
  if (plan.form == Form::kStages) {
    const LaneBuffers lanes = lane_buffers(plan.n);
    for (; column + kLanes <= end; column += kLanes) {
      columns_to_lanes(matrix + 2 * column, step, plan.n, lanes.a);
      const double* const done = lane_transform(plan.stages, inverse, lanes.a, lanes.b);
      lanes_to_columns(done, 0, kLanes, scale, plan.n, matrix + 2 * column, step);
    }
  }
  const ThreadScratch memory(Scratch::kGather, column < end ? 2 * plan.n * kColumns : 0);
  double* const held = memory.data();
  while (column < end) {
    const std::size_t count = std::min(kColumns, end - column);
    for (std::size_t k = 0; k < plan.n; ++k) {
      for (std::size_t c = 0; c < count; ++c) {
        held[2 * (plan.n * c + k)] = matrix[step * k + 2 * (column + c)];
        held[2 * (plan.n * c + k) + 1] = matrix[step * k + 2 * (column + c) + 1];
      }
    }
    rows(plan, inverse, scale, {held, 2 * plan.n, held, 2 * plan.n, count});
    for (std::size_t k = 0; k < plan.n; ++k) {
      for (std::size_t c = 0; c < count; ++c) {
        matrix[step * k + 2 * (column + c)] = held[2 * (plan.n * c + k)];
        matrix[step * k + 2 * (column + c) + 1] = held[2 * (plan.n * c + k) + 1];
      }
    }
    column += count;
  }
}

}  // namespace weir::ops::fft::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops::fft {

HWY_EXPORT(one);
HWY_EXPORT(rows);
HWY_EXPORT(real);
HWY_EXPORT(inverse_real);
HWY_EXPORT(columns);
HWY_EXPORT(times_bins);
HWY_EXPORT(four_step_columns);
HWY_EXPORT(four_step_rows);

namespace {

constexpr bool is_inverse(Direction direction) {
  return direction == Direction::kInverse;
}

// Calls run(rows) for shares of about 2^15 values, whole vectors of transforms each.
template <class Run>
void share(Workers& workers, std::size_t n, const Rows& all, Run&& run) {
  const std::size_t each = (std::max<std::size_t>(1, (std::size_t{1} << 15) / n) + 7) / 8 * 8;
  const std::size_t grain = n >= (std::size_t{1} << 15) ? 1 : each;
  workers.run((all.count + grain - 1) / grain, [&](std::size_t task) {
    const std::size_t at = task * grain;
    run(Rows{all.in + all.in_step * at, all.in_step, all.out + all.out_step * at, all.out_step,
             std::min(grain, all.count - at)});
  });
}

}  // namespace

void transform_one(const Plan& plan, Direction direction, double scale, const double* in,
                   double* out) {
  HWY_DYNAMIC_DISPATCH(one)(plan, is_inverse(direction), scale, in, out);
}

void transform_rows(const Plan& plan, Direction direction, double scale, const Rows& all) {
  HWY_DYNAMIC_DISPATCH(rows)(plan, is_inverse(direction), scale, all);
}

void real_rows(const RealPlan& plan, const Rows& all) {
  HWY_DYNAMIC_DISPATCH(real)(plan, all);
}

void inverse_real_rows(const RealPlan& plan, double scale, const Rows& all) {
  HWY_DYNAMIC_DISPATCH(inverse_real)(plan, scale, all);
}

void transform_columns(const Plan& plan, Direction direction, double scale, double* matrix,
                       std::size_t step, std::size_t begin, std::size_t end) {
  HWY_DYNAMIC_DISPATCH(columns)(plan, is_inverse(direction), scale, matrix, step, begin, end);
}

void multiply_bins(double* bins, const double* factors, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(times_bins)(bins, factors, n);
}

void four_step_column_group(const Plan& plan, Direction direction, const double* in,
                            const FourStepWork& work, std::size_t group) {
  HWY_DYNAMIC_DISPATCH(four_step_columns)(plan, is_inverse(direction), in, work, group);
}

void four_step_row_group(const Plan& plan, Direction direction, double scale,
                         const FourStepWork& work, double* out, std::size_t group) {
  HWY_DYNAMIC_DISPATCH(four_step_rows)(plan, is_inverse(direction), scale, work, out, group);
}

void transform_rows(Workers& workers, const Plan& plan, Direction direction, double scale,
                    const Rows& all) {
  if (plan.form != Form::kFourStep || all.count >= workers.threads() || workers.threads() == 1) {
    return share(workers, plan.n, all,
                 [&](const Rows& part) { transform_rows(plan, direction, scale, part); });
  }
  // The memory is not the thread's own: while it waits it may be lent to other work.
  AlignedBuffer<double> memory(four_step_doubles(plan));
  const FourStepWork work = four_step_work(plan, memory.data());
  for (std::size_t i = 0; i < all.count; ++i) {
    const double* const in = all.in + all.in_step * i;
    double* const out = all.out + all.out_step * i;
    workers.run(column_groups(plan), [&](std::size_t group) {
      four_step_column_group(plan, direction, in, work, group);
    });
    workers.run(row_groups(plan), [&](std::size_t group) {
      four_step_row_group(plan, direction, scale, work, out, group);
    });
  }
}

void real_rows(Workers& workers, const RealPlan& plan, const Rows& all) {
  share(workers, plan.n, all, [&](const Rows& part) { real_rows(plan, part); });
}

void inverse_real_rows(Workers& workers, const RealPlan& plan, double scale, const Rows& all) {
  share(workers, plan.n, all, [&](const Rows& part) { inverse_real_rows(plan, scale, part); });
}

}  // namespace weir::ops::fft
#endif
