#include <algorithm>
#include <string>

#include "base/numeric/canonical.hpp"
#include "base/result.hpp"
#include "ops/stats/covariance/covariance.hpp"
#include "ops/stats/covariance/shifted_gram.hpp"
#include "ops/stats/pieces.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kDeviceColumnsMax = 1000;

std::string shape(std::size_t rows, std::size_t cols) {
  return "[" + std::to_string(rows) + ", " + std::to_string(cols) + "]";
}

// Each pair of columns by itself.
std::vector<double> plain_gram(const MatrixView<double>& x, std::span<const double> shifts) {
  const std::size_t side = gram_side(x.cols);
  const auto z = [&](std::size_t r, std::size_t c) {
    return c == x.cols ? 1.0 : x(r, c) - shifts[c];
  };
  std::vector<double> gram(side * side);
  for (std::size_t i = 0; i < side; ++i) {
    for (std::size_t j = i; j < side; ++j) {
      numeric::CanonicalCounter<double> counter;
      for (std::size_t from = 0; from < x.rows; from += numeric::kCanonicalBlock) {
        const std::size_t to = std::min(x.rows, from + numeric::kCanonicalBlock);
        double sum = 0;
        for (std::size_t r = from; r < to; ++r) sum += z(r, i) * z(r, j);
        counter.push(sum);
      }
      gram[i * side + j] = counter.result();
    }
  }
  return gram;
}

}  // namespace

template <bool kNormalised>
Status CovarianceOf<kNormalised>::check(const Args& args) {
  if (args.ddof <= 1) return Status::ok();
  return invalid_argument("ddof", "ddof is " + std::to_string(args.ddof))
      .at("ddof")
      .hint("use 0 (population) or 1 (sample)");
}

template <bool kNormalised>
Status CovarianceOf<kNormalised>::check_output(const Args& args, const Output& out) {
  const std::size_t cols = args.x.cols;
  if (out.matrix.rows == cols && out.matrix.cols == cols) return Status::ok();
  return invalid_argument("shapes", "x is " + shape(args.x.rows, cols) + ", the result " +
                                        shape(out.matrix.rows, out.matrix.cols))
      .at("matrix")
      .hint("give a square result with a row for each column of x");
}

template <bool kNormalised>
Support CovarianceOf<kNormalised>::supports(const Args& args, device::Kind kind) {
  if (kind == device::Kind::kCpu || args.x.cols <= kDeviceColumnsMax) return Support::yes();
  return Support::no(Reason::kUnsupportedShape, "more than 1,000 columns run on the CPU");
}

template <bool kNormalised>
Footprint CovarianceOf<kNormalised>::footprint(const Args& args) {
  const auto cols = static_cast<double>(args.x.cols);
  const std::size_t pairs = gram_side(args.x.cols) * gram_side(args.x.cols);
  return {.rows = args.x.rows,
          .bytes_in = args.x.size() * sizeof(double),
          .bytes_out = 0,
          .bytes_scratch =
              (canonical_blocks(args.x.rows) + pieces_of(args.x.rows)) * pairs * sizeof(double),
          .bytes_resident = args.x.cols * args.x.cols * sizeof(double),
          .flops = static_cast<double>(args.x.rows) * cols * (cols + 3),
          .ceiling = Ceiling::kF64};
}

template <bool kNormalised>
void CovarianceOf<kNormalised>::write(const Args& args, std::span<const double> gram, Output& out) {
  if constexpr (kNormalised) {
    write_correlation(gram, args.x.rows, out.matrix);
  } else {
    write_covariance(gram, args.x.rows, args.ddof, out.matrix);
  }
}

template <bool kNormalised>
Status CovarianceOf<kNormalised>::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  write(args, plain_gram(args.x, column_shifts(args.x)), out);
  return Status::ok();
}

template struct CovarianceOf<false>;
template struct CovarianceOf<true>;

}  // namespace weir::ops
