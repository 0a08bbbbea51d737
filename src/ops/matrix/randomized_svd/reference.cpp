// The same steps from the same random block by loops in long double, with the shifted matrix
// written out.
#include <algorithm>
#include <cmath>

#include "base/result.hpp"
#include "ops/matrix/factor/gaussian.hpp"
#include "ops/matrix/factor/naive.hpp"
#include "ops/matrix/randomized_svd/randomized_svd.hpp"

namespace weir::ops {
namespace {

namespace naive = factor::naive;

// norm_2 of the columns of w - q q'w, the largest.
long double largest_outside(const naive::LongMatrix& q, const naive::LongMatrix& w) {
  const naive::LongMatrix inside = naive::multiply(q, naive::multiply(naive::transpose(q), w));
  long double largest = 0;
  for (std::size_t c = 0; c < w.cols; ++c) {
    long double sum = 0;
    for (std::size_t r = 0; r < w.rows; ++r)
      sum += (w(r, c) - inside(r, c)) * (w(r, c) - inside(r, c));
    largest = std::max(largest, std::sqrt(sum));
  }
  return largest;
}

}  // namespace

Status RandomizedSvd::reference(const Args& args, Output& out) {
  WEIR_TRY(check(args));
  WEIR_TRY(check_output(args, out));
  out.error_bound = 0;
  if (args.a.empty()) return Status::ok();
  naive::LongMatrix a = naive::widen(args.a);
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t c = 0; c < args.shift.size(); ++c) a(r, c) -= args.shift[c];
  }
  const naive::LongMatrix turned = naive::transpose(a);
  Matrix<double> block(a.cols, block_of(args)), probes(a.cols, kProbes);
  factor::fill_gaussian(block.view(), args.seed, 0);
  factor::fill_gaussian(probes.view(), args.seed, a.cols);
  naive::LongMatrix q = naive::householder(naive::multiply(a, naive::widen(block.view()))).q;
  for (std::size_t i = 0; i < args.power; ++i) {
    q = naive::householder(naive::multiply(turned, q)).q;
    q = naive::householder(naive::multiply(a, q)).q;
  }
  const naive::Svd svd = naive::jacobi_svd(naive::multiply(naive::transpose(q), a));
  const naive::LongMatrix u = naive::multiply(q, svd.u);
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    out.values[i] = static_cast<double>(svd.s[i]);
    for (std::size_t r = 0; r < a.rows; ++r) out.u(r, i) = static_cast<double>(u(r, i));
    for (std::size_t c = 0; c < a.cols; ++c) out.vt(i, c) = static_cast<double>(svd.v(c, i));
  }
  out.error_bound = bound_of(
      static_cast<double>(largest_outside(q, naive::multiply(a, naive::widen(probes.view())))));
  return Status::ok();
}

}  // namespace weir::ops
