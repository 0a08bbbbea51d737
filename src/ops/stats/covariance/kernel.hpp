// The kernels of stats.covariance and stats.correlation and what drives them. A block of the grid
// has 1,024 rows and 16 by 16 pairs of columns, a thread one pair, which it sums in the order of
// the rows; 32 rows at a time lie in shared memory with their shifts taken off.
#pragma once

#include <array>

#include "base/numeric/canonical.hpp"
#include "base/result.hpp"
#include "ops/stats/covariance/covariance.hpp"
#include "ops/stats/covariance/shifted_gram.hpp"
#include "ops/stats/pieces.hpp"

namespace weir::ops {

struct DeviceRows {
  const double* x;
  std::size_t stride;
  std::size_t rows;
  std::size_t cols;
  const double* shifts;

  // The side is one more than the columns; what lies beyond it is never written.
  WEIR_HD double at(std::size_t r, std::size_t c) const {
    if (r >= rows || c > cols) return 0.0;
    return c == cols ? 1.0 : x[r * stride + c] - shifts[c];
  }
};

struct GramKernel {
  static constexpr std::uint32_t kTile = 16;
  static constexpr std::uint32_t kThreads = kTile * kTile;
  static constexpr unsigned kThreadsMax = kThreads;
  static constexpr std::size_t kRowsAtOnce = 32;
  static constexpr std::size_t kSharedBytes = 2 * device::shared_size<double>(kRowsAtOnce * kTile);

  static constexpr std::size_t tiles_of(std::size_t side) { return (side + kTile - 1) / kTile; }

  // `out` has the upper triangle of [side, side] for each 1,024 rows.
  template <class Block>
  WEIR_HD void operator()(Block& block, DeviceRows z, double* out) const {
    const std::size_t side = z.cols + 1;
    const std::size_t tiles = (side + kTile - 1) / kTile;
    const std::size_t pair = block.index() % (tiles * tiles);
    const std::size_t i0 = pair / tiles * kTile;
    const std::size_t j0 = pair % tiles * kTile;
    if (j0 < i0) return;
    const std::size_t row_block = block.index() / (tiles * tiles);
    const std::size_t first = row_block * numeric::kCanonicalBlock;
    const std::size_t left = z.rows - first;
    const std::size_t rows = left < numeric::kCanonicalBlock ? left : numeric::kCanonicalBlock;
    double* const a = block.template shared<double>(kRowsAtOnce * kTile);
    double* const b = block.template shared<double>(kRowsAtOnce * kTile);
    auto sums = block.template per_thread<double>();
    for (std::size_t from = 0; from < rows; from += kRowsAtOnce) {
      block.each_thread([&](unsigned t) {
        for (std::size_t e = t; e < kRowsAtOnce * kTile; e += kThreads) {
          const std::size_t r = first + from + e / kTile;
          a[e] = z.at(r, i0 + e % kTile);
          b[e] = z.at(r, j0 + e % kTile);
        }
      });
      const std::size_t count = rows - from < kRowsAtOnce ? rows - from : kRowsAtOnce;
      block.each_thread([&](unsigned t) {
        double sum = sums[t];
        for (std::size_t r = 0; r < count; ++r) {
          sum += a[r * kTile + t / kTile] * b[r * kTile + t % kTile];
        }
        sums[t] = sum;
      });
    }
    block.each_thread([&](unsigned t) {
      const std::size_t i = i0 + t / kTile;
      const std::size_t j = j0 + t % kTile;
      if (i <= j && j < side) out[(row_block * side + i) * side + j] = sums[t];
    });
  }
};

// Joins the partials of each 64 blocks of rows; a thread has one pair of columns.
struct GramJoinKernel {
  static constexpr unsigned kThreadsMax = 128;
  template <class Block>
  WEIR_HD void operator()(Block& block, const double* partials, std::size_t blocks,
                          std::size_t pairs, double* out) const {
    block.each_thread([&](unsigned t) {
      const std::size_t at = std::size_t{block.index()} * block.threads() + t;
      const std::size_t first = (at / pairs) << kPieceLevel;
      if (first >= blocks) return;
      numeric::CanonicalCounter<double, numeric::CanonicalJoin, kPieceLevel + 1> counter;
      for (std::size_t b = first; b < blocks && b < first + (1U << kPieceLevel); ++b) {
        counter.push(partials[b * pairs + at % pairs]);
      }
      out[at] = counter.result();
    });
  }
};

template <class Launcher>
Status gram_on_device(DeviceRun& run, const MatrixView<double>& x, std::span<const double> shifts,
                      std::vector<double>& gram) {
  const std::size_t side = gram_side(x.cols);
  const std::size_t pairs = side * side;
  const std::size_t tiles = GramKernel::tiles_of(side);
  WEIR_ASSIGN(const auto kept, run.keep(shifts));
  GramCounter counter(pairs);
  std::array<std::span<double>, kLanesMax> host;
  const auto joined = [&](const Chunk& chunk) {
    return chunk.begin % kPieceValues == 0 &&
           (chunk.end % kPieceValues == 0 || chunk.end == x.rows);
  };
  Status done = run_chunks<Launcher>(
      run, x.rows,
      [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
        const std::size_t blocks = canonical_blocks(chunk.rows());
        const std::span<const double> rows(x.data + chunk.begin * x.stride,
                                           (chunk.rows() - 1) * x.stride + x.cols);
        WEIR_ASSIGN(const auto z, lane.upload(rows));
        WEIR_ASSIGN(const auto partials, lane.template scratch<double>(blocks * pairs));
        WEIR_TRY(lane.fill(partials, 0));
        const device::Grid grid{static_cast<std::uint32_t>(blocks * tiles * tiles),
                                GramKernel::kThreads, GramKernel::kSharedBytes};
        WEIR_TRY(lane.launch(grid, GramKernel{},
                             DeviceRows{z.data, x.stride, chunk.rows(), x.cols, kept.data},
                             partials.data));
        auto result = partials;
        if (joined(chunk)) {
          const std::size_t groups = pieces_of(chunk.rows());
          WEIR_ASSIGN(result, lane.template scratch<double>(groups * pairs));
          WEIR_TRY(lane.launch(device::Grid::over(result.size, 128), GramJoinKernel{},
                               static_cast<const double*>(partials.data), blocks, pairs,
                               result.data));
        }
        host[chunk.lane] = lane.template host<double>(result.size);
        return lane.download(result, host[chunk.lane]);
      },
      [&](const Chunk& chunk) {
        const std::span<double> parts = host[chunk.lane];
        for (std::size_t at = 0; at < parts.size(); at += pairs) {
          counter.push_level({parts.data() + at, parts.data() + at + pairs},
                             joined(chunk) ? kPieceLevel : 0);
        }
        return Status::ok();
      });
  gram = counter.result();
  return done;
}

template <class Launcher, bool kNormalised>
Status covariance_on_device(DeviceRun& run, const typename CovarianceOf<kNormalised>::Args& args,
                            typename CovarianceOf<kNormalised>::Output& out) {
  WEIR_TRY(CovarianceOf<kNormalised>::check_output(args, out));
  std::vector<double> gram;
  const std::vector<double> shifts = column_shifts(args.x);
  WEIR_TRY(gram_on_device<Launcher>(run, args.x, shifts, gram));
  CovarianceOf<kNormalised>::write(args, gram, out);
  return Status::ok();
}

}  // namespace weir::ops
