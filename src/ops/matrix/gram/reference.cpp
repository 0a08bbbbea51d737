// X'X element by element, in long double.
#include <algorithm>
#include <vector>

#include "base/result.hpp"
#include "ops/matrix/gram/gram.hpp"

namespace weir::ops {

Status Gram::reference(const Args& args, Output& out) {
  WEIR_TRY(check(args));
  WEIR_TRY(check_output(args, out));
  const std::size_t rows = args.x.rows;
  const std::size_t cols = args.x.cols;
  // The shifted input is rounded once to double, as every form does.
  Matrix<double> z(rows, cols);
  std::vector<double> t(args.y.size());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < cols; ++c)
      z(r, c) = args.x(r, c) - (args.shift.empty() ? 0 : args.shift[c]);
    if (!t.empty()) t[r] = args.y[r] - args.y_shift;
  }
  const auto sum = [&](auto&& term) {
    long double total = 0;
    for (std::size_t r = 0; r < rows; ++r) total += static_cast<long double>(term(r));
    return static_cast<double>(total);
  };
  using Long = long double;
  for (std::size_t i = 0; i < cols; ++i) {
    for (std::size_t j = 0; j < cols; ++j)
      out.gram(i, j) = sum([&](std::size_t r) { return Long{z(r, i)} * z(r, j); });
    if (!out.sums.empty()) out.sums[i] = sum([&](std::size_t r) { return z(r, i); });
    if (!out.xy.empty()) out.xy[i] = sum([&](std::size_t r) { return Long{z(r, i)} * t[r]; });
  }
  out.y_sum = t.empty() ? 0 : sum([&](std::size_t r) { return t[r]; });
  out.yy = t.empty() ? 0 : sum([&](std::size_t r) { return Long{t[r]} * t[r]; });
  return Status::ok();
}

}  // namespace weir::ops
