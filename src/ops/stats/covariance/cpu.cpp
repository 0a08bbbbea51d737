// Sums of products in registers, four columns against up to three vectors of columns: twelve sums,
// which a multiplication and an addition each keep both units busy with. 128 rows at a time are
// copied with their shifts taken off, so that the tiles read them from the first-level cache; the
// sums go on from where the rows before left them.
#include <algorithm>

#include "base/aligned.hpp"
#include "base/numeric/canonical.hpp"
#include "base/result.hpp"
#include "ops/stats/covariance/covariance.hpp"
#include "ops/stats/covariance/shifted_gram.hpp"
#include "ops/stats/pieces.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/stats/covariance/cpu.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Goes on with the sums of columns [i, i + 4) by kVectors vectors of columns from j on.
template <std::size_t kVectors>
HWY_INLINE void add_tile(const GramTile& tile, std::size_t i, std::size_t j) {
  const hn::ScalableTag<double> d;
  const std::size_t lanes = hn::Lanes(d);
  double* const to = tile.sums + i * tile.step + j;
  hn::Vec<decltype(d)> sum[4][kVectors];
#pragma GCC unroll 4
  for (std::size_t a = 0; a < 4; ++a) {
#pragma GCC unroll 3
    for (std::size_t b = 0; b < kVectors; ++b) {
      sum[a][b] = hn::LoadU(d, to + a * tile.step + b * lanes);
    }
  }
  const double* row = tile.z;
  for (std::size_t r = 0; r < tile.rows; ++r, row += tile.step) {
    hn::Vec<decltype(d)> right[kVectors];
#pragma GCC unroll 3
    for (std::size_t b = 0; b < kVectors; ++b) right[b] = hn::LoadU(d, row + j + b * lanes);
#pragma GCC unroll 4
    for (std::size_t a = 0; a < 4; ++a) {
      const auto left = hn::Set(d, row[i + a]);
#pragma GCC unroll 3
      for (std::size_t b = 0; b < kVectors; ++b) {
        sum[a][b] = hn::Add(sum[a][b], hn::Mul(left, right[b]));
      }
    }
  }
#pragma GCC unroll 4
  for (std::size_t a = 0; a < 4; ++a) {
#pragma GCC unroll 3
    for (std::size_t b = 0; b < kVectors; ++b) {
      hn::StoreU(sum[a][b], d, to + a * tile.step + b * lanes);
    }
  }
}

// Goes on with all sums of the upper triangle.
void add_rows(const GramTile& tile, std::size_t side) {
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<double>());
  for (std::size_t i = 0; i < side; i += 4) {
    std::size_t j = i / lanes * lanes;
    for (; j + 3 * lanes <= tile.step; j += 3 * lanes) add_tile<3>(tile, i, j);
    if (j + 2 * lanes <= tile.step) {
      add_tile<2>(tile, i, j);
      j += 2 * lanes;
    }
    if (j + lanes <= tile.step) add_tile<1>(tile, i, j);
  }
}

}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {
namespace {

HWY_EXPORT(add_rows);

constexpr std::size_t kRowsAtOnce = 128;

// One worker's copy of some rows, and its sums.
struct GramScratch {
  GramScratch(std::size_t side)
      : step((side + 7) / 8 * 8), z(kRowsAtOnce * step + 8), sums((side + 3) / 4 * 4 * step) {}
  std::size_t step;
  AlignedBuffer<double> z;
  AlignedBuffer<double> sums;
};

// Returns the sums of one block of rows.
std::vector<double> block_gram(const MatrixView<double>& x, std::span<const double> shifts,
                               std::size_t from, std::size_t to, GramScratch& scratch) {
  const std::size_t side = gram_side(x.cols);
  std::fill(scratch.sums.begin(), scratch.sums.end(), 0.0);
  for (std::size_t first = from; first < to; first += kRowsAtOnce) {
    const std::size_t rows = std::min(kRowsAtOnce, to - first);
    for (std::size_t r = 0; r < rows; ++r) {
      double* const z = scratch.z.data() + r * scratch.step;
      const double* const row = x.data + (first + r) * x.stride;
      for (std::size_t c = 0; c < x.cols; ++c) z[c] = row[c] - shifts[c];
      z[x.cols] = 1.0;
    }
    HWY_DYNAMIC_DISPATCH(add_rows)
    ({scratch.z.data(), rows, scratch.step, scratch.sums.data()}, side);
  }
  std::vector<double> gram(side * side);
  for (std::size_t i = 0; i < side; ++i) {
    std::copy_n(scratch.sums.data() + i * scratch.step + i, side - i, gram.data() + i * side + i);
  }
  return gram;
}

}  // namespace

std::vector<double> shifted_gram(CpuRun& run, const MatrixView<double>& x,
                                 std::span<const double> shifts) {
  const std::size_t side = gram_side(x.cols);
  std::vector<std::vector<double>> pieces(pieces_of(x.rows));
  for_each_piece(run.workers, x.rows, [&](std::size_t piece, std::size_t from, std::size_t count) {
    GramScratch scratch(side);
    GramCounter counter(side * side);
    for (std::size_t row = from; row < from + count; row += numeric::kCanonicalBlock) {
      const std::size_t to = std::min(from + count, row + numeric::kCanonicalBlock);
      counter.push_level(block_gram(x, shifts, row, to, scratch), 0);
    }
    pieces[piece] = counter.result();
  });
  GramCounter whole(side * side);
  for (std::vector<double>& piece : pieces) whole.push_level(std::move(piece), kPieceLevel);
  return whole.result();
}

template <bool kNormalised>
Status CovarianceOf<kNormalised>::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  write(args, shifted_gram(run, args.x, column_shifts(args.x)), out);
  return Status::ok();
}
template Status CovarianceOf<false>::cpu(CpuRun&, const Args&, Output&);
template Status CovarianceOf<true>::cpu(CpuRun&, const Args&, Output&);

}  // namespace weir::ops
#endif
