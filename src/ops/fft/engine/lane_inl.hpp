// Transforms side by side, one in each lane; included once for each target.
//
// A lane buffer holds, for each place k of the transforms, a vector of real parts and one of
// imaginary parts. Rows are brought in and out by transposing squares in registers; neighbouring
// columns of a matrix lie so already.
#if defined(WEIR_OPS_FFT_LANE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef WEIR_OPS_FFT_LANE_INL
#undef WEIR_OPS_FFT_LANE_INL
#else
#define WEIR_OPS_FFT_LANE_INL
#endif

#include <hwy/highway.h>

#include <algorithm>

#include "base/prefetch.hpp"
#include "ops/fft/engine/butterfly_inl.hpp"
#include "ops/fft/engine/plan.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::ops::fft::HWY_NAMESPACE {

using Wide = hn::ScalableTag<double>;
using WideVec = hn::Vec<Wide>;
inline constexpr std::size_t kLanes = hn::MaxLanes(Wide());
inline constexpr std::size_t kPitch = 2 * kLanes;  // doubles a place takes in a lane buffer

// One stage from lane buffer to lane buffer. Where `re` and `im` are swapped the transform is the
// inverse one.
template <unsigned R>
HWY_NOINLINE void lane_stage(const Stage& stage, const double* turns, const double* HWY_RESTRICT in,
                             double* HWY_RESTRICT out, std::size_t re, std::size_t im) {
  const Wide d;
  const std::size_t s = stage.s;
  const std::size_t step = kPitch * s * stage.m;
  // Where the turn of (p, j) is: see Stages.
  const bool first = s == 1;
  const std::size_t by_p = first ? 1 : 2 * (R - 1);
  const std::size_t by_j = first ? 2 * stage.m : 2;
  const std::size_t to_sine = first ? stage.m : 1;
  const double* turn = turns + stage.turns_at;
  for (std::size_t p = 0; p < stage.m; ++p, turn += by_p) {
    const double* from = in + kPitch * s * p;
    double* to = out + kPitch * s * R * p;
    for (std::size_t q = 0; q < s; ++q, from += kPitch, to += kPitch) {
      Cell<WideVec> x[R];
      const auto load = [&](std::size_t j) HWY_ATTR {
        x[j] = {hn::Load(d, from + step * j + re), hn::Load(d, from + step * j + im)};
      };
      const auto turned = [&](std::size_t j) HWY_ATTR {
        const double* const w = turn + by_j * (j - 1);
        x[j] = times(x[j], hn::Set(d, w[0]), hn::Set(d, w[to_sine]));
      };
      const auto store = [&](std::size_t j) HWY_ATTR {
        hn::Store(x[j].re, d, to + kPitch * s * j + re);
        hn::Store(x[j].im, d, to + kPitch * s * j + im);
      };
      for_each<R>(load);
      butterfly<R>(d, x);
      if (stage.m > 1) for_each<R - 1>([&](std::size_t j) HWY_ATTR { turned(j + 1); });
      for_each<R>(store);
    }
  }
}

// Transforms the lane buffer `a` by way of `b`; returns the one that holds the result.
inline double* lane_transform(const Stages& plan, bool inverse, double* a, double* b) {
  const std::size_t re = inverse ? kLanes : 0;
  const std::size_t im = inverse ? 0 : kLanes;
  const double* const turns = plan.turns.data();
  for (const Stage& stage : plan.stages) {
    by_radix(stage.radix, [&](auto radix) { lane_stage<radix()>(stage, turns, a, b, re, im); });
    std::swap(a, b);
  }
  return a;
}

// `count` rows of `width` doubles, `step` apart, to vectors of a value of each row, `pitch` apart.
// Lanes beyond `count` repeat the last row.
inline void rows_to_lanes(const double* rows, std::size_t step, std::size_t count,
                          std::size_t width, double* lanes, std::size_t pitch = kLanes) {
  const Wide d;
  const double* row[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) row[i] = rows + step * std::min(i, count - 1);
  std::size_t c = 0;
  for (; c + kLanes <= width; c += kLanes) {
    WideVec v[kLanes];
    for_each<kLanes>([&](std::size_t i) HWY_ATTR { v[i] = hn::LoadU(d, row[i] + c); });
    transpose(d, v);
    for_each<kLanes>([&](std::size_t i) HWY_ATTR { hn::Store(v[i], d, lanes + pitch * (c + i)); });
  }
  for (; c < width; ++c) {
    for (std::size_t i = 0; i < kLanes; ++i) lanes[pitch * c + i] = row[i][c];
  }
}

inline void lanes_to_rows(const double* lanes, double scale, std::size_t width, double* rows,
                          std::size_t step, std::size_t count) {
  const Wide d;
  const auto factor = hn::Set(d, scale);
  std::size_t c = 0;
  for (; c + kLanes <= width; c += kLanes) {
    WideVec v[kLanes];
    for_each<kLanes>([&](std::size_t i) HWY_ATTR {
      v[i] = hn::Mul(hn::Load(d, lanes + kLanes * (c + i)), factor);
    });
    transpose(d, v);
    if (count == kLanes) {
      for_each<kLanes>([&](std::size_t i) HWY_ATTR { hn::StoreU(v[i], d, rows + step * i + c); });
    } else {
      for_each<kLanes>([&](std::size_t i) HWY_ATTR {
        if (i < count) hn::StoreU(v[i], d, rows + step * i + c);
      });
    }
  }
  for (; c < width; ++c) {
    for (std::size_t i = 0; i < count; ++i) rows[step * i + c] = lanes[kLanes * c + i] * scale;
  }
}

// kLanes neighbouring complex columns of `height` rows, `step` doubles apart.
inline void columns_to_lanes(const double* matrix, std::size_t step, std::size_t height,
                             double* lanes) {
  const Wide d;
  for (std::size_t k = 0; k < height; ++k) {
    WideVec re;
    WideVec im;
    // No hardware prefetcher follows a column: ask for the neighbours that come next.
    prefetch(matrix + step * k + 2 * kLanes);
    prefetch(matrix + step * k + 3 * kLanes);
    hn::LoadInterleaved2(d, matrix + step * k, re, im);
    hn::Store(re, d, lanes + kPitch * k);
    hn::Store(im, d, lanes + kPitch * k + kLanes);
  }
}

// Stores the parts at `re` and `im` of each place, of the first `count` lanes.
inline void lanes_to_columns(const double* lanes, std::size_t re, std::size_t im, double scale,
                             std::size_t height, double* matrix, std::size_t step,
                             std::size_t count = kLanes) {
  const Wide d;
  if (count != kLanes) {
    for (std::size_t k = 0; k < height; ++k) {
      for (std::size_t lane = 0; lane < count; ++lane) {
        matrix[step * k + 2 * lane] = lanes[kPitch * k + re + lane] * scale;
        matrix[step * k + 2 * lane + 1] = lanes[kPitch * k + im + lane] * scale;
      }
    }
    return;
  }
  const auto factor = hn::Set(d, scale);
  for (std::size_t k = 0; k < height; ++k) {
    hn::StoreInterleaved2(hn::Mul(hn::Load(d, lanes + kPitch * k + re), factor),
                          hn::Mul(hn::Load(d, lanes + kPitch * k + im), factor), d,
                          matrix + step * k);
  }
}

}  // namespace weir::ops::fft::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
