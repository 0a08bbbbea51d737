#include "ops/matrix/strassen_multiply/strassen_multiply.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/result.hpp"
#include "ops/matrix/shape_check.hpp"
#include "ops/matrix/strassen_multiply/halving.hpp"

namespace weir::ops {
namespace {

double largest(const MatrixView<double>& matrix) {
  double most = 0;
  for (std::size_t r = 0; r < matrix.rows; ++r) {
    for (const double value : matrix.row(r)) most = std::max(most, std::fabs(value));
  }
  return most;
}

}  // namespace

Status StrassenMultiply::check(const Args& args) {
  WEIR_TRY(check_stride("a", args.a));
  WEIR_TRY(check_stride("b", args.b));
  if (args.a.cols != args.b.rows) {
    return shape_mismatch("A", args.a.rows, args.a.cols, "B", args.b.rows, args.b.cols)
        .hint("the columns of A must be as many as the rows of B");
  }
  if (args.crossover < 2) {
    return invalid_argument("range", "the crossover is " + std::to_string(args.crossover))
        .at("crossover")
        .hint("use 2 or more; 1,000 to 3,000 is what pays");
  }
  return Status::ok();
}

Status StrassenMultiply::check_output(const Args& args, const Output& out) {
  WEIR_TRY(check_stride("c", out.c));
  if (out.c.rows == args.a.rows && out.c.cols == args.b.cols) return Status::ok();
  return shape_mismatch("A B", args.a.rows, args.b.cols, "C", out.c.rows, out.c.cols);
}

Footprint StrassenMultiply::footprint(const Args& args) {
  const auto elements = [](std::uint64_t rows, std::uint64_t cols) { return rows * cols; };
  Footprint footprint;
  footprint.rows = args.a.rows;
  footprint.bytes_in =
      8 * (elements(args.a.rows, args.a.cols) + elements(args.b.rows, args.b.cols));
  footprint.bytes_out = 8 * elements(args.a.rows, args.b.cols);
  footprint.bytes_scratch = 8 * workspace_elements(args);
  footprint.flops = 2.0 * static_cast<double>(args.a.rows) * static_cast<double>(args.a.cols) *
                    static_cast<double>(args.b.cols);
  for (unsigned level = 0; level < levels(args); ++level) footprint.flops *= 0.875;
  footprint.ceiling = Ceiling::kF64;
  footprint.chunkable = false;
  return footprint;
}

unsigned StrassenMultiply::levels(const Args& args) {
  Halving shape{args.a.rows, args.b.cols, args.a.cols};
  unsigned count = 0;
  while (shape.smallest() >= args.crossover) {
    shape = shape.first_half();
    ++count;
  }
  return count;
}

std::size_t StrassenMultiply::workspace_elements(const Args& args) {
  Halving shape{args.a.rows, args.b.cols, args.a.cols};
  std::size_t elements = 0;
  while (shape.smallest() >= args.crossover) {
    shape = shape.first_half();
    elements += shape.workspace();
  }
  return elements;
}

double StrassenMultiply::error_bound(const Args& args) {
  const unsigned depth = levels(args);
  double power = 1;  // 18^depth
  for (unsigned level = 0; level < depth; ++level) power *= 18;
  const double halvings = static_cast<double>(std::size_t{1} << depth);
  const double base =
      std::ceil(static_cast<double>(std::max({args.a.rows, args.a.cols, args.b.cols})) / halvings);
  const double growth = power * (base * base + 6 * base) - 6 * halvings * base;
  const double u = std::numeric_limits<double>::epsilon() / 2;
  return std::max(growth, base * base) * u * largest(args.a) * largest(args.b);
}

}  // namespace weir::ops
