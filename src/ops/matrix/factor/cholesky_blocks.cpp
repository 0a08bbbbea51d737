#include "ops/matrix/factor/cholesky_blocks.hpp"

#include <cblas.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ops/matrix/lapack.hpp"
#include "ops/matrix/packed/packed_product.hpp"

namespace weir::ops::factor {
namespace {

using lapack::Int;

constexpr std::size_t kBlock = 128;
constexpr std::size_t kRightSides = 64;  // of a task

Int count(std::size_t n) {
  return static_cast<Int>(n);
}

std::size_t parts(std::size_t n, std::size_t size) {
  return (n + size - 1) / size;
}

// Factors the diagonal block [begin, end). Returns as cholesky().
std::size_t factor_diagonal(MutableMatrixView<double> a, std::size_t begin, std::size_t end) {
  const Int n = count(end - begin), stride = count(a.stride);
  Int info = 0;
  lapack::dpotrf_("U", &n, &a(begin, begin), &stride, &info, 1);
  return info > 0 ? begin + static_cast<std::size_t>(info) : 0;
}

// Takes the product of panel [begin, end) off rows [top, bottom), from column `end` to the
// diagonal.
void update_rows(MutableMatrixView<double> a, std::size_t begin, std::size_t end, std::size_t top,
                 std::size_t bottom) {
  const Int rows = count(bottom - top), depth = count(end - begin), stride = count(a.stride);
  if (top > end)
    packed_product<double>({.m = bottom - top, .n = top - end, .k = end - begin}, -1.0,
                           {&a(top, begin), a.stride, 1}, {&a(end, begin), 1, a.stride}, 1.0,
                           {&a(top, end), a.stride});
  cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, rows, depth, -1.0, &a(top, begin), stride,
              1.0, &a(top, top), stride);
}

}  // namespace

std::size_t cholesky(CpuRun& run, MutableMatrixView<double> a) {
  const std::size_t n = a.rows;
  if (n == 0) return 0;
  std::size_t minor = factor_diagonal(a, 0, std::min(kBlock, n));
  const Int stride = count(a.stride);
  for (std::size_t begin = 0; begin + kBlock < n && minor == 0 && !run.cancelled();
       begin += kBlock) {
    const std::size_t end = begin + kBlock;
    const std::size_t blocks = parts(n - end, kBlock);
    run.workers.run(blocks, [&](std::size_t block) {
      const std::size_t top = end + block * kBlock;
      cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit,
                  count(std::min(kBlock, n - top)), count(kBlock), 1.0, &a(begin, begin), stride,
                  &a(top, begin), stride);
    });
    run.workers.run(blocks, [&](std::size_t task) {
      // The first block brings the next diagonal, then the longest rows go first.
      const std::size_t block = task == 0 ? 0 : blocks - task;
      const std::size_t top = end + block * kBlock;
      const std::size_t bottom = std::min(top + kBlock, n);
      update_rows(a, begin, end, top, bottom);
      if (task == 0) minor = factor_diagonal(a, top, bottom);
    });
  }
  return minor;
}

double cholesky_rcond(MatrixView<double> lower, double norm) {
  const Int n = count(lower.rows), stride = count(lower.stride);
  if (n == 0) return 1;
  std::vector<double> work(3 * lower.rows);
  std::vector<Int> signs(lower.rows);
  double rcond = 0;
  Int info = 0;
  lapack::dpocon_("U", &n, lower.data, &stride, &norm, &rcond, work.data(), signs.data(), &info, 1);
  return rcond;
}

void cholesky_solve(CpuRun& run, MatrixView<double> lower, MutableMatrixView<double> x) {
  if (x.empty()) return;
  const Int n = count(lower.rows), stride = count(lower.stride), x_stride = count(x.stride);
  run.workers.run(parts(x.cols, kRightSides), [&](std::size_t task) {
    const std::size_t first = task * kRightSides;
    const std::size_t cols = std::min(kRightSides, x.cols - first);
    for (const CBLAS_TRANSPOSE turned : {CblasNoTrans, CblasTrans}) {
      if (cols == 1) {
        cblas_dtrsv(CblasRowMajor, CblasLower, turned, CblasNonUnit, n, lower.data, stride,
                    x.data + first, x_stride);
      } else {
        cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, turned, CblasNonUnit, n, count(cols), 1.0,
                    lower.data, stride, x.data + first, x_stride);
      }
    }
  });
}

Status not_positive_definite(std::string_view name, std::size_t minor) {
  return failed_precondition("not_positive_definite",
                             std::string(name) +
                                 " is not positive definite: its leading minor of "
                                 "order " +
                                 std::to_string(minor) + " is not positive")
      .at(name)
      .hint("add to the diagonal, or solve by an LU factorization");
}

}  // namespace weir::ops::factor
