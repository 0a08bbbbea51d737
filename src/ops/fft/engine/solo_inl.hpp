// One transform at a time, vectorised within: the first stage over p, whose outputs are then
// transposed into place, the others over q, which are neighbours in both arrays. Included once for
// each target.
//
// Between stages real and imaginary parts lie in arrays of their own, with room for a vector behind
// the end: where s is no multiple of the lanes a vector may reach into what a later step of the
// same stage writes (s < lanes), or repeat values of the step before it (s > lanes).
#if defined(WEIR_OPS_FFT_SOLO_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef WEIR_OPS_FFT_SOLO_INL
#undef WEIR_OPS_FFT_SOLO_INL
#else
#define WEIR_OPS_FFT_SOLO_INL
#endif

#include <hwy/highway.h>

#include <algorithm>

#include "base/check.hpp"
#include "ops/fft/engine/lane_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::ops::fft::HWY_NAMESPACE {

struct Planes {
  double* re;
  double* im;
};

// Stores the outputs of kLanes neighbouring butterflies: to[R * lane + j] = x[j][lane].
template <unsigned R, class D>
HWY_INLINE void store_transposed(D d, const WideVec* x, double* to) {
  if constexpr (R % kLanes == 0) {
    for (std::size_t block = 0; block < R; block += kLanes) {
      WideVec v[kLanes];
      for_each<kLanes>([&](std::size_t i) HWY_ATTR { v[i] = x[block + i]; });
      transpose(d, v);
      for_each<kLanes>([&](std::size_t i) HWY_ATTR { hn::StoreU(v[i], d, to + R * i + block); });
    }
  } else if constexpr (R == 2) {
    hn::StoreInterleaved2(x[0], x[1], d, to);
  } else if constexpr (R == 3) {
    hn::StoreInterleaved3(x[0], x[1], x[2], d, to);
  } else if constexpr (R == 4) {
    hn::StoreInterleaved4(x[0], x[1], x[2], x[3], d, to);
  } else {
    HWY_ALIGN double held[R * kLanes];
    for_each<R>([&](std::size_t j) HWY_ATTR { hn::Store(x[j], d, held + kLanes * j); });
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      for (std::size_t j = 0; j < R; ++j) to[R * lane + j] = held[kLanes * j + lane];
    }
  }
}

template <unsigned R>
HWY_NOINLINE void solo_first(const Stage& stage, const double* turns, bool inverse,
                             const double* HWY_RESTRICT in, Planes out) {
  const Wide d;
  const std::size_t m = stage.m;
  for (std::size_t at = 0; at < m; at += kLanes) {
    const std::size_t p = std::min(at, m - kLanes);
    Cell<WideVec> x[R];
    for_each<R>([&](std::size_t j)
                    HWY_ATTR { hn::LoadInterleaved2(d, in + 2 * (p + m * j), x[j].re, x[j].im); });
    if (inverse) {
      for_each<R>([&](std::size_t j) HWY_ATTR { x[j] = {x[j].im, x[j].re}; });
    }
    butterfly<R>(d, x);
    for_each<R - 1>([&](std::size_t i) HWY_ATTR {
      const double* const w = turns + stage.turns_at + 2 * m * i + p;
      x[i + 1] = times(x[i + 1], hn::LoadU(d, w), hn::LoadU(d, w + m));
    });
    WideVec re[R];
    WideVec im[R];
    for_each<R>([&](std::size_t j) HWY_ATTR {
      re[j] = x[j].re;
      im[j] = x[j].im;
    });
    store_transposed<R>(d, re, out.re + R * p);
    store_transposed<R>(d, im, out.im + R * p);
  }
}

template <unsigned R>
HWY_NOINLINE void solo_middle(const Stage& stage, const double* turns, Planes in, Planes out) {
  const Wide d;
  const std::size_t s = stage.s;
  const std::size_t step = s * stage.m;
  const double* turn = turns + stage.turns_at;
  for (std::size_t p = 0; p < stage.m; ++p, turn += 2 * (R - 1)) {
    for (std::size_t at = 0; at < s; at += kLanes) {
      const std::size_t q = s < kLanes ? 0 : std::min(at, s - kLanes);
      const std::size_t from = q + s * p;
      const std::size_t to = q + s * R * p;
      Cell<WideVec> x[R];
      for_each<R>([&](std::size_t j) HWY_ATTR {
        x[j] = {hn::LoadU(d, in.re + from + step * j), hn::LoadU(d, in.im + from + step * j)};
      });
      butterfly<R>(d, x);
      if (stage.m > 1) {
        for_each<R - 1>([&](std::size_t i) HWY_ATTR {
          x[i + 1] = times(x[i + 1], hn::Set(d, turn[2 * i]), hn::Set(d, turn[2 * i + 1]));
        });
      }
      for_each<R>([&](std::size_t j) HWY_ATTR {
        hn::StoreU(x[j].re, d, out.re + to + s * j);
        hn::StoreU(x[j].im, d, out.im + to + s * j);
      });
    }
  }
}

// The last stage, m = 1, for s >= kLanes: its outputs are the result.
template <unsigned R>
HWY_NOINLINE void solo_last(const Stage& stage, bool inverse, double scale, Planes in,
                            double* HWY_RESTRICT out) {
  const Wide d;
  const std::size_t s = stage.s;
  const auto factor = hn::Set(d, scale);
  for (std::size_t at = 0; at < s; at += kLanes) {
    const std::size_t q = std::min(at, s - kLanes);
    Cell<WideVec> x[R];
    for_each<R>([&](std::size_t j) HWY_ATTR {
      x[j] = {hn::LoadU(d, in.re + q + s * j), hn::LoadU(d, in.im + q + s * j)};
    });
    butterfly<R>(d, x);
    for_each<R>([&](std::size_t j) HWY_ATTR {
      const WideVec re = hn::Mul(x[j].re, factor);
      const WideVec im = hn::Mul(x[j].im, factor);
      if (inverse) {
        hn::StoreInterleaved2(im, re, d, out + 2 * (q + s * j));
      } else {
        hn::StoreInterleaved2(re, im, d, out + 2 * (q + s * j));
      }
    });
  }
}

// Whether the solo form can take the plan.
inline bool solo_fits(const Stages& plan) {
  return plan.stages.size() >= 2 && plan.stages[0].m >= kLanes;
}

// Doubles of working memory: two pairs of planes, the pitch no multiple of 4 KiB.
inline std::size_t solo_pitch(std::size_t n) {
  return (n + kLanes + 7) / 8 * 8 + 24;
}

inline void solo_transform(const Stages& plan, bool inverse, double scale, const double* in,
                           double* out, double* work) {
  const std::size_t pitch = solo_pitch(plan.n);
  Planes a = {work, work + pitch};
  Planes b = {work + 2 * pitch, work + 3 * pitch};
  const double* const turns = plan.turns.data();
  const std::size_t last = plan.stages.size() - 1;
  by_radix(plan.stages[0].radix,
           [&](auto radix) { solo_first<radix()>(plan.stages[0], turns, inverse, in, a); });
  const bool direct = plan.stages[last].s >= kLanes;
  for (std::size_t t = 1; t < last + (direct ? 0 : 1); ++t) {
    by_radix(plan.stages[t].radix,
             [&](auto radix) { solo_middle<radix()>(plan.stages[t], turns, a, b); });
    std::swap(a, b);
  }
  if (direct) {
    by_radix(plan.stages[last].radix,
             [&](auto radix) { solo_last<radix()>(plan.stages[last], inverse, scale, a, out); });
    return;
  }
  if (inverse) std::swap(a.re, a.im);
  for (std::size_t k = 0; k < plan.n; ++k) {
    out[2 * k] = a.re[k] * scale;
    out[2 * k + 1] = a.im[k] * scale;
  }
}

}  // namespace weir::ops::fft::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
