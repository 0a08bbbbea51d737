// Right-looking block LU. One task of a step brings the next panel up to date and factors it while
// the others update the columns behind it, so that the slow panel hides behind the fast products.
// Comments speak of the transpose, as LAPACK sees the matrix: column-major.
#include "ops/matrix/factor/lu.hpp"

#include <cblas.h>

#include <algorithm>
#include <cmath>

#include "ops/matrix/factor/triangular.hpp"
#include "ops/matrix/lapack.hpp"

namespace weir::ops::factor {
namespace {

using lapack::Int;

constexpr std::size_t kPanel = 64;        // columns factored at once
constexpr std::size_t kUpdate = 256;      // columns of a task behind the panel
constexpr std::size_t kRightSides = 256;  // right-hand sides of a task

// A column-major matrix and where its parts lie.
struct Columns {
  double* data;
  std::size_t n;
  std::size_t stride;
  double* at(std::size_t row, std::size_t col) const { return data + row + col * stride; }
};

Int count(std::size_t n) {
  return static_cast<Int>(n);
}

// Exchanges rows of `cols` columns from `col` as pivots[begin, end) say.
void exchange_rows(const Columns& a, std::size_t col, std::size_t cols, std::size_t begin,
                   std::size_t end, const Int* pivots) {
  const Int n = count(cols), stride = count(a.stride), first = count(begin) + 1, last = count(end);
  const Int step = 1;
  lapack::dlaswp_(&n, a.at(0, col), &stride, &first, &last, pivots, &step);
}

// Factors the panel of columns [begin, end) from its diagonal down. Returns as Lu::factor.
std::size_t factor_panel(const Columns& a, std::size_t begin, std::size_t end, Int* pivots) {
  const Int rows = count(a.n - begin), cols = count(end - begin), stride = count(a.stride);
  Int info = 0;
  lapack::dgetrf_(&rows, &cols, a.at(begin, begin), &stride, pivots + begin, &info);
  for (std::size_t i = begin; i < end; ++i) pivots[i] += count(begin);
  return info > 0 ? begin + static_cast<std::size_t>(info) : 0;
}

// Brings `cols` columns from `col` up to date with the panel [begin, end).
void update(const Columns& a, std::size_t col, std::size_t cols, std::size_t begin, std::size_t end,
            const Int* pivots) {
  exchange_rows(a, col, cols, begin, end, pivots);
  const Int width = count(end - begin), n = count(cols), stride = count(a.stride);
  cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasUnit, width, n, 1.0,
              a.at(begin, begin), stride, a.at(begin, col), stride);
  if (end == a.n) return;
  // By rows, as the product takes them: the columns to update less their part of the panel times
  // the panel.
  const std::size_t below = a.n - end;
  subtract_product({a.at(begin, col), cols, end - begin, a.stride},
                   {a.at(end, begin), end - begin, below, a.stride},
                   {a.at(end, col), cols, below, a.stride});
}

std::size_t parts(std::size_t n, std::size_t size) {
  return (n + size - 1) / size;
}

}  // namespace

void copy(MatrixView<double> from, MutableMatrixView<double> to) {
  for (std::size_t r = 0; r < from.rows; ++r)
    std::copy_n(from.data + r * from.stride, from.cols, to.data + r * to.stride);
}

double norm_one(MatrixView<double> a) {
  std::vector<double> sums(a.cols);
  for (std::size_t r = 0; r < a.rows; ++r) {
    const double* row = a.data + r * a.stride;
    for (std::size_t c = 0; c < a.cols; ++c) sums[c] += std::abs(row[c]);
  }
  return sums.empty() ? 0 : *std::max_element(sums.begin(), sums.end());
}

double norm_infinity(MatrixView<double> a) {
  double largest = 0;
  for (std::size_t r = 0; r < a.rows; ++r)
    largest = std::max(largest, cblas_dasum(count(a.cols), a.data + r * a.stride, 1));
  return largest;
}

std::size_t Lu::factor(CpuRun& run) {
  if (n == 0) return 0;
  const Columns a{rows.data(), n, stride};
  std::size_t zero = factor_panel(a, 0, std::min(kPanel, n), pivots.data());
  for (std::size_t begin = 0; begin + kPanel < n; begin += kPanel) {
    if (run.cancelled()) return zero;  // with pivots that were never chosen
    const std::size_t end = begin + kPanel;
    const std::size_t next = std::min(end + kPanel, n);
    std::size_t next_zero = 0;
    run.workers.run(1 + parts(n - next, kUpdate), [&](std::size_t task) {
      if (task == 0) {
        update(a, end, next - end, begin, end, pivots.data());
        next_zero = factor_panel(a, end, next, pivots.data());
        return;
      }
      const std::size_t col = next + (task - 1) * kUpdate;
      update(a, col, std::min(kUpdate, n - col), begin, end, pivots.data());
    });
    if (zero == 0) zero = next_zero;
  }
  run.workers.run(parts(n, kPanel), [&](std::size_t panel) {  // what lies left of later panels
    const std::size_t begin = panel * kPanel;
    const std::size_t end = std::min(begin + kPanel, n);
    if (end < n) exchange_rows(a, begin, end - begin, end, n, pivots.data());
  });
  return zero;
}

double Lu::rcond(double norm) const {
  if (n == 0) return 1;
  const Int order = count(n), lda = count(stride);
  std::vector<double> work(4 * n);
  std::vector<Int> signs(n);
  double rcond = 0;
  Int info = 0;
  lapack::dgecon_("I", &order, rows.data(), &lda, &norm, &rcond, work.data(), signs.data(), &info,
                  1);
  return rcond;
}

void Lu::solve(CpuRun& run, MutableMatrixView<double> x) const {
  if (x.empty()) return;
  const Int order = count(n), lda = count(stride), x_stride = count(x.stride);
  run.workers.run(parts(x.cols, kRightSides), [&](std::size_t task) {
    const std::size_t first = task * kRightSides;
    const std::size_t cols = std::min(kRightSides, x.cols - first);
    double* sides = x.data + first;
    if (cols == 1) {
      cblas_dtrsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, order, rows.data(), lda,
                  sides, x_stride);
      cblas_dtrsv(CblasRowMajor, CblasUpper, CblasNoTrans, CblasUnit, order, rows.data(), lda,
                  sides, x_stride);
    } else {
      const MutableMatrixView<double> columns = x.block(0, first, n, cols);
      solve_lower(factors(), columns);
      solve_upper_unit(factors(), columns);
    }
    for (std::size_t i = n; i-- > 0;) {
      const auto other = static_cast<std::size_t>(pivots[i]) - 1;
      if (other != i)
        std::swap_ranges(sides + i * x.stride, sides + i * x.stride + cols,
                         sides + other * x.stride);
    }
  });
}

// By rows, inverse = P (unit upper)^-1 (lower)^-1: the block rows of the lower inverse do not
// depend on one another, nor do block columns of what follows.
void Lu::invert(CpuRun& run, MutableMatrixView<double> inverse) const {
  if (n == 0) return;
  constexpr std::size_t kRows = 128;
  constexpr std::size_t kCols = 256;
  const Int to_stride = count(inverse.stride);
  const std::size_t blocks = parts(n, kRows);
  run.workers.run(blocks, [&](std::size_t task) {
    const std::size_t begin = (blocks - 1 - task) * kRows;  // the largest first
    const std::size_t end = std::min(begin + kRows, n);
    const Int height = count(end - begin);
    for (std::size_t r = begin; r < end; ++r) {
      double* row = inverse.data + r * inverse.stride;
      std::copy_n(rows.data() + r * stride, r + 1, row);
      std::fill(row + r + 1, row + n, 0.0);
    }
    double* const diagonal = inverse.data + begin * inverse.stride + begin;
    Int info = 0;
    lapack::dtrtri_("U", "N", &height, diagonal, &to_stride, &info, 1, 1);
    if (begin == 0) return;
    const MutableMatrixView<double> left = inverse.block(begin, 0, end - begin, begin);
    cblas_dtrmm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, height,
                count(begin), -1.0, diagonal, to_stride, left.data, to_stride);
    solve_lower_from_right(factors().block(0, 0, begin, begin), left);
  });
  run.workers.run(parts(n, kCols), [&](std::size_t task) {
    const std::size_t begin = task * kCols;
    const std::size_t cols = std::min(kCols, n - begin);
    solve_upper_unit(factors(), inverse.block(0, begin, n, cols));
    double* const to = inverse.data + begin;
    for (std::size_t i = n; i-- > 0;) {
      const auto other = static_cast<std::size_t>(pivots[i]) - 1;
      if (other != i)
        std::swap_ranges(to + i * inverse.stride, to + i * inverse.stride + cols,
                         to + other * inverse.stride);
    }
  });
}

}  // namespace weir::ops::factor
