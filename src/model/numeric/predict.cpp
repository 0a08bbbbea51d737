// 100 columns are 800 bytes and 13 products of eight lanes: memory at 29 GB/s feeds 36 M rows/s,
// and a quiet core took 33 M; rows in its cache 54 M.
// What costs is not the products but the fold of 32 lanes to one; with eight lanes a vector, eight
// rows fold together, seven additions for all of them from the last four lanes on.
#include "model/numeric/predict.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/numeric/canonical.hpp"
#include "base/prefetch.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/numeric/predict.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weir::model::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Rows = ops::MatrixView<double>;
constexpr std::size_t kBlock = numeric::kCanonicalBlock;
constexpr std::size_t kLanes = numeric::kCanonicalLanes;

using D = hn::CappedTag<double, 8>;
using V = hn::Vec<D>;
constexpr std::size_t kWidth = hn::MaxLanes(D());
constexpr std::size_t kVectors = kLanes / kWidth;
// The processor's own prefetcher stops at the end of a page, every fifth row.
constexpr std::size_t kAheadRows = 16;

// Returns n values and zeros behind them; reads no value beyond.
HWY_INLINE V load_first(const double* from, std::size_t n) {
  const D d;
  if (n >= kWidth) return hn::LoadU(d, from);
  if constexpr (kWidth >= 4) {
    return hn::MaskedLoad(hn::FirstN(d, n), d, from);
  } else {  // there Highway reads a whole vector for a masked one
    HWY_ALIGN double padded[kWidth] = {};
    for (std::size_t i = 0; i < n; ++i) padded[i] = from[i];
    return hn::Load(d, padded);
  }
}

// Lanes of one block folded down to one vector. Lanes past the end get 0 * 0, which changes no bit:
// no lane is ever -0.0.
HWY_INLINE V folded_lanes(const double* HWY_RESTRICT x, const double* HWY_RESTRICT w,
                          std::size_t n) {
  const D d;
  V lane[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) lane[v] = hn::Zero(d);
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      const std::size_t at = i + v * kWidth;
      lane[v] = hn::Add(lane[v], hn::Mul(hn::LoadU(d, x + at), hn::LoadU(d, w + at)));
    }
  }
  for (std::size_t v = 0; v < kVectors && i + v * kWidth < n; ++v) {
    const std::size_t at = i + v * kWidth;
    lane[v] = hn::Add(lane[v], hn::Mul(load_first(x + at, n - at), load_first(w + at, n - at)));
  }
  for (std::size_t half = kVectors / 2; half != 0; half /= 2) {
    for (std::size_t v = 0; v < half; ++v) lane[v] = hn::Add(lane[v], lane[v + half]);
  }
  return lane[0];
}

HWY_INLINE double folded(V lanes) {
  HWY_ALIGN double at[kWidth];
  hn::Store(lanes, D(), at);
  for (std::size_t half = kWidth / 2; half != 0; half /= 2) {
    for (std::size_t j = 0; j < half; ++j) at[j] += at[j + half];
  }
  return at[0];
}

HWY_INLINE double dot(const double* x, const double* w, std::size_t n) {
  if (n <= kBlock) return n == 0 ? 0.0 : folded(folded_lanes(x, w, n));
  numeric::CanonicalCounter<double> sums;
  for (std::size_t i = 0; i < n; i += kBlock) {
    sums.push(folded(folded_lanes(x + i, w + i, std::min(kBlock, n - i))));
  }
  return sums.result();
}

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
// Sums of lanes j and j + 4 of two rows: a's in the lower half, b's in the upper.
HWY_INLINE V fold_by_4(V a, V b) {
  const D d;
  return hn::Add(hn::ConcatLowerLower(d, b, a), hn::ConcatUpperUpper(d, b, a));
}
// Sums of lanes j and j + 2 of four rows, two lanes each, in the order a, c, b, d.
HWY_INLINE V fold_by_2(V ab, V cd) {
  return hn::Add(hn::OddEvenBlocks(hn::SwapAdjacentBlocks(cd), ab),
                 hn::OddEvenBlocks(cd, hn::SwapAdjacentBlocks(ab)));
}

HWY_INLINE void predict_8(const double* w, V bias, const Rows& x, std::size_t row, double* out) {
  const D d;
  const std::size_t n = x.cols;
  const auto lanes = [&](std::size_t i) HWY_ATTR {
    const double* const at = x.data + (row + i) * x.stride;
    const double* const ahead = x.data + std::min(row + i + kAheadRows, x.rows - 1) * x.stride;
    for (std::size_t j = 0; j < n; j += 64 / sizeof(double)) prefetch(ahead + j);
    return folded_lanes(at, w, n);
  };
  const V low = fold_by_2(fold_by_4(lanes(0), lanes(2)), fold_by_4(lanes(1), lanes(3)));
  const V high = fold_by_2(fold_by_4(lanes(4), lanes(6)), fold_by_4(lanes(5), lanes(7)));
  const V sums = hn::Add(hn::ConcatEven(d, high, low), hn::ConcatOdd(d, high, low));
  const V values = hn::Add(bias, sums);
  hn::StoreU(hn::IfThenElse(hn::IsNaN(values), hn::Set(d, numeric::kNan), values), d, out);
}
#endif

void predict_all(const double* w, double bias, const Rows& x, double* out) {
  std::size_t row = 0;
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  if (x.cols != 0 && x.cols <= kBlock) {
    const V biases = hn::Set(D(), bias);
    for (; row + 8 <= x.rows; row += 8) predict_8(w, biases, x, row, out + row);
  }
#endif
  for (; row < x.rows; ++row)
    out[row] = numeric::one_nan(bias + dot(x.data + row * x.stride, w, x.cols));
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
