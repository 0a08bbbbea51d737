// Householder with column pivoting in long double; the solution of least norm by a second QR, of
// the rows that are left.
#include <cmath>
#include <vector>

#include "base/result.hpp"
#include "ops/matrix/factor/naive.hpp"
#include "ops/matrix/least_squares/least_squares.hpp"

namespace weir::ops {
namespace {

namespace naive = factor::naive;

naive::LongMatrix top_rows(const naive::LongMatrix& a, std::size_t rows) {
  naive::LongMatrix top(rows, a.cols);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < a.cols; ++c) top(r, c) = a(r, c);
  }
  return top;
}

}  // namespace

Status LeastSquares::reference(const Args& args, Output& out) {
  WEIR_TRY(check(args));
  WEIR_TRY(check_output(args, out));
  const naive::LongMatrix a = naive::widen(args.a);
  const naive::LongMatrix b = naive::widen(args.b);
  std::vector<std::size_t> order;
  const naive::Qr qr = naive::householder(a, &order);
  out.rank = 0;
  while (out.rank < qr.r.rows && qr.r(out.rank, out.rank) != 0 &&
         qr.r(out.rank, out.rank) > static_cast<long double>(tolerance_of(args)) * qr.r(0, 0))
    ++out.rank;
  // r1 = rz' qz', so that r1 x = c has the solution qz y of least norm, rz' y = c.
  naive::LongMatrix y = top_rows(naive::multiply(naive::transpose(qr.q), b), out.rank);
  const naive::Qr rows = naive::householder(naive::transpose(top_rows(qr.r, out.rank)));
  naive::eliminate(naive::transpose(rows.r), y);
  const naive::LongMatrix ordered = naive::multiply(rows.q, y);
  naive::LongMatrix x(a.cols, b.cols);
  for (std::size_t i = 0; i < a.cols; ++i) {
    for (std::size_t c = 0; c < b.cols; ++c) x(order[i], c) = ordered(i, c);
  }
  naive::round(x, out.x);
  const naive::LongMatrix fitted = naive::multiply(a, x);
  for (std::size_t c = 0; c < out.residuals.size(); ++c) {
    long double sum = 0;
    for (std::size_t r = 0; r < b.rows; ++r)
      sum += (b(r, c) - fitted(r, c)) * (b(r, c) - fitted(r, c));
    out.residuals[c] = static_cast<double>(std::sqrt(sum));
  }
  return Status::ok();
}

}  // namespace weir::ops
