// 100 columns are 800 bytes: memory at 37 GB/s feeds 46 M rows/s. Several rows go together: they
// share the loads of the weights, their 32 lanes stay in registers, and as many rows as a vector
// has lanes fold to their sums with one addition a halving.
#include "model/numeric/predict.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/numeric/canonical.hpp"
#include "base/prefetch.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/numeric/predict.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "base/numeric/canonical_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::model::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace canonical = numeric::HWY_NAMESPACE;
using canonical::kWideLanes;
using canonical::kWideVectors;
using canonical::Wide;
using canonical::WideTag;
using Rows = ops::MatrixView<double>;
constexpr std::size_t kBlock = numeric::kCanonicalBlock;
constexpr std::size_t kLanes = numeric::kCanonicalLanes;
constexpr std::size_t kGroup = kWideLanes;  // rows that fold together
// Rows whose lanes the registers hold at a time: 16 of the 32 vectors of AVX-512, 8 of 16 of AVX2.
constexpr std::size_t kTogether = kWideLanes == 8 ? 4 : 1;
// The processor's own prefetcher stops at the end of a page, every fifth row of a hundred.
constexpr std::size_t kAheadRows = 16;

// Returns n values and zeros behind them; reads no value beyond.
HWY_INLINE Wide load_first(const double* from, std::size_t n) {
  const WideTag w;
  if (n >= kWideLanes) return hn::LoadU(w, from);
  if constexpr (kWideLanes >= 4) {
    return hn::MaskedLoad(hn::FirstN(w, n), w, from);
  } else {  // there Highway reads a whole vector for a masked one
    HWY_ALIGN double padded[kWideLanes] = {};
    for (std::size_t i = 0; i < n; ++i) padded[i] = from[i];
    return hn::Load(w, padded);
  }
}

// The lanes of one block of kRows rows, folded down to one vector each. Lanes past the end get 0 *
// 0, which changes no bit: no lane is ever -0.0.
template <std::size_t kRows>
HWY_INLINE void fold_to_vectors(const double* x, std::size_t stride, const double* weight,
                                std::size_t n, Wide* folded) {
  const WideTag w;
  Wide lane[kRows][kWideVectors];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 32
    for (std::size_t v = 0; v < kWideVectors; ++v) lane[r][v] = hn::Zero(w);
  }
  std::size_t i = 0;
#pragma GCC unroll 1
  for (; i + kLanes <= n; i += kLanes) {
#pragma GCC unroll 32
    for (std::size_t v = 0; v < kWideVectors; ++v) {
      const std::size_t at = i + v * kWideLanes;
      const Wide factor = hn::LoadU(w, weight + at);
#pragma GCC unroll 8
      for (std::size_t r = 0; r < kRows; ++r) {
        const Wide product = hn::Mul(hn::LoadU(w, x + r * stride + at), factor);
        lane[r][v] = hn::Add(lane[r][v], product);
      }
    }
  }
#pragma GCC unroll 32
  for (std::size_t v = 0; v < kWideVectors; ++v) {
    const std::size_t at = i + v * kWideLanes;
    if (at >= n) continue;
    const Wide factor = load_first(weight + at, n - at);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kRows; ++r) {
      const Wide product = hn::Mul(load_first(x + r * stride + at, n - at), factor);
      lane[r][v] = hn::Add(lane[r][v], product);
    }
  }
#pragma GCC unroll 8
  for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (std::size_t half = kWideVectors / 2; half != 0; half /= 2) {
#pragma GCC unroll 32
      for (std::size_t v = 0; v < half; ++v) lane[r][v] = hn::Add(lane[r][v], lane[r][v + half]);
    }
    folded[r] = lane[r][0];
  }
}

HWY_INLINE double block_dot(const double* x, const double* weight, std::size_t n) {
  Wide folded;
  fold_to_vectors<1>(x, 0, weight, n, &folded);
  return canonical::fold_in_vector(WideTag(), folded);
}

double dot(const double* x, const double* weight, std::size_t n) {
  if (n <= kBlock) return n == 0 ? 0.0 : block_dot(x, weight, n);
  numeric::CanonicalCounter<double> sums;
  for (std::size_t i = 0; i < n; i += kBlock) {
    sums.push(block_dot(x + i, weight + i, std::min(kBlock, n - i)));
  }
  return sums.result();
}

// kGroup rows of at most a block.
HWY_INLINE void predict_group(const double* weight, Wide bias, const double* x, const Rows& rows,
                              double* out) {
  const WideTag w;
  Wide folded[kGroup];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < kGroup; r += kTogether) {
    for (std::size_t ahead = r; ahead < r + kTogether; ++ahead) {
      const double* const row = x + (ahead + kAheadRows) * rows.stride;
      for (std::size_t i = 0; i < rows.cols; i += 64 / sizeof(double)) prefetch(row + i);
    }
    fold_to_vectors<kTogether>(x + r * rows.stride, rows.stride, weight, rows.cols, folded + r);
  }
  const Wide values = hn::Add(bias, canonical::fold_across(folded));
  hn::StoreU(hn::IfThenElse(hn::IsNaN(values), hn::Set(w, numeric::kNan), values), w, out);
}

void predict_all(const double* weight, double bias, const Rows& x, double* out) {
  std::size_t row = 0;
  if (x.cols != 0 && x.cols <= kBlock) {
    const Wide biases = hn::Set(WideTag(), bias);
    for (; row + kGroup <= x.rows; row += kGroup) {
      const double* const at = x.data + row * x.stride;
      predict_group(weight, biases, at, x, out + row);
    }
  }
  for (; row < x.rows; ++row)
    out[row] = numeric::one_nan(bias + dot(x.data + row * x.stride, weight, x.cols));
}

}  // namespace weir::model::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::model {

HWY_EXPORT(predict_all);

void predict_rows(std::span<const double> weight, double bias, const ops::MatrixView<double>& x,
                  std::span<double> out) {
  CHECK_EQ(weight.size(), x.cols);
  CHECK_EQ(out.size(), x.rows);
  HWY_DYNAMIC_DISPATCH(predict_all)(weight.data(), bias, x, out.data());
}

void predict_rows_reference(std::span<const double> weight, double bias,
                            const ops::MatrixView<double>& x, std::span<double> out) {
  CHECK_EQ(weight.size(), x.cols);
  CHECK_EQ(out.size(), x.rows);
  for (std::size_t row = 0; row < x.rows; ++row) {
    numeric::CanonicalCounter<double> sums;
    for (std::size_t block = 0; block < x.cols; block += numeric::kCanonicalBlock) {
      const std::size_t n = std::min(numeric::kCanonicalBlock, x.cols - block);
      sums.push(numeric::block_sum(
          n, [&](std::size_t i) { return x(row, block + i) * weight[block + i]; }));
    }
    out[row] = numeric::one_nan(bias + sums.result());
  }
}

}  // namespace weir::model
#endif
