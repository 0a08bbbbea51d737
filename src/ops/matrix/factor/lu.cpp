// Right-looking block LU. One task of a step brings the next panel up to date and factors it while
// the others update the columns behind it, so that the slow panel hides behind the fast products.
// Comments speak of the transpose, as LAPACK sees the matrix: column-major, stride n.
#include "ops/matrix/factor/lu.hpp"

#include <cblas.h>

#include <algorithm>
#include <cmath>

#include "ops/matrix/lapack.hpp"

namespace weir::ops::factor {
namespace {

using lapack::Int;

constexpr std::size_t kPanel = 64;       // columns factored at once
constexpr std::size_t kUpdate = 192;     // columns of a task behind the panel
constexpr std::size_t kRightSides = 64;  // right-hand sides of a task

// A column-major matrix and where its parts lie.
struct Columns {
  double* data;
  std::size_t n;
  double* at(std::size_t row, std::size_t col) const { return data + row + col * n; }
};

Int count(std::size_t n) {
  return static_cast<Int>(n);
}

// Exchanges rows of `cols` columns from `col` as pivots[begin, end) say.
void exchange_rows(const Columns& a, std::size_t col, std::size_t cols, std::size_t begin,
                   std::size_t end, const Int* pivots) {
  const Int n = count(cols), stride = count(a.n), first = count(begin) + 1, last = count(end);
  const Int step = 1;
  lapack::dlaswp_(&n, a.at(0, col), &stride, &first, &last, pivots, &step);
}

// Factors the panel of columns [begin, end) from its diagonal down. Returns as Lu::factor.
std::size_t factor_panel(const Columns& a, std::size_t begin, std::size_t end, Int* pivots) {
  const Int rows = count(a.n - begin), cols = count(end - begin), stride = count(a.n);
  Int info = 0;
  lapack::dgetrf_(&rows, &cols, a.at(begin, begin), &stride, pivots + begin, &info);
  for (std::size_t i = begin; i < end; ++i) pivots[i] += count(begin);
  return info > 0 ? begin + static_cast<std::size_t>(info) : 0;
}

// Brings `cols` columns from `col` up to date with the panel [begin, end).
void update(const Columns& a, std::size_t col, std::size_t cols, std::size_t begin, std::size_t end,
            const Int* pivots) {
  exchange_rows(a, col, cols, begin, end, pivots);
  const Int width = count(end - begin), n = count(cols), stride = count(a.n);
  cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasUnit, width, n, 1.0,
              a.at(begin, begin), stride, a.at(begin, col), stride);
  if (end == a.n) return;
  cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, count(a.n - end), n, width, -1.0,
              a.at(end, begin), stride, a.at(begin, col), stride, 1.0, a.at(end, col), stride);
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
  const std::size_t n = factors.rows();
  if (n == 0) return 0;
  const Columns a{factors.data(), n};
  std::size_t zero = factor_panel(a, 0, std::min(kPanel, n), pivots.data());
  for (std::size_t begin = 0; begin + kPanel < n; begin += kPanel) {
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
  const Int n = count(factors.rows());
  if (n == 0) return 1;
  std::vector<double> work(4 * factors.rows());
  std::vector<Int> signs(factors.rows());
  double rcond = 0;
  Int info = 0;
  lapack::dgecon_("I", &n, factors.data(), &n, &norm, &rcond, work.data(), signs.data(), &info, 1);
  return rcond;
}

void Lu::solve(CpuRun& run, MutableMatrixView<double> x) const {
  const std::size_t n = factors.rows();
  if (x.empty()) return;
  const Int order = count(n), stride = count(x.stride);
  run.workers.run(parts(x.cols, kRightSides), [&](std::size_t task) {
    const std::size_t first = task * kRightSides;
    const std::size_t cols = std::min(kRightSides, x.cols - first);
    double* sides = x.data + first;
    if (cols == 1) {
      cblas_dtrsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, order, factors.data(),
                  order, sides, stride);
      cblas_dtrsv(CblasRowMajor, CblasUpper, CblasNoTrans, CblasUnit, order, factors.data(), order,
                  sides, stride);
    } else {
      cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, order,
                  count(cols), 1.0, factors.data(), order, sides, stride);
      cblas_dtrsm(CblasRowMajor, CblasLeft, CblasUpper, CblasNoTrans, CblasUnit, order, count(cols),
                  1.0, factors.data(), order, sides, stride);
    }
    for (std::size_t i = n; i-- > 0;) {
      const auto other = static_cast<std::size_t>(pivots[i]) - 1;
      if (other != i)
        std::swap_ranges(sides + i * x.stride, sides + i * x.stride + cols,
                         sides + other * x.stride);
    }
  });
}

// Column-major, inverse = U^-1 L^-1 P': the block columns of U^-1 are independent, then the block
// rows of (U^-1) L^-1, then columns are exchanged.
void Lu::invert(CpuRun& run, MutableMatrixView<double> inverse) const {
  const std::size_t n = factors.rows();
  if (n == 0) return;
  constexpr std::size_t kBlock = 128;
  const std::size_t blocks = parts(n, kBlock);
  const Int stride = count(n), to_stride = count(inverse.stride);
  const double* const a = factors.data();
  run.workers.run(blocks, [&](std::size_t task) {
    const std::size_t begin = (blocks - 1 - task) * kBlock;  // the largest first
    const std::size_t end = std::min(begin + kBlock, n);
    const Int width = count(end - begin), above = count(begin);
    double* const to = inverse.data + begin * inverse.stride;
    for (std::size_t c = begin; c < end; ++c) {
      double* column = inverse.data + c * inverse.stride;
      std::copy_n(a + c * n, c + 1, column);
      std::fill(column + c + 1, column + n, 0.0);
    }
    Int info = 0;
    lapack::dtrtri_("U", "N", &width, to + begin, &to_stride, &info, 1, 1);
    if (begin == 0) return;
    cblas_dtrmm(CblasColMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, above, width,
                -1.0, to + begin, to_stride, to, to_stride);
    cblas_dtrsm(CblasColMajor, CblasLeft, CblasUpper, CblasNoTrans, CblasNonUnit, above, width, 1.0,
                a, stride, to, to_stride);
  });
  run.workers.run(blocks, [&](std::size_t task) {
    const std::size_t begin = task * kBlock;
    const Int rows = count(std::min(kBlock, n - begin));
    double* const to = inverse.data + begin;
    cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasNoTrans, CblasUnit, rows, stride, 1.0,
                a, stride, to, to_stride);
    for (std::size_t i = n; i-- > 0;) {
      const auto other = static_cast<std::size_t>(pivots[i]) - 1;
      if (other != i)
        std::swap_ranges(to + i * inverse.stride, to + i * inverse.stride + rows,
                         to + other * inverse.stride);
    }
  });
}

}  // namespace weir::ops::factor
