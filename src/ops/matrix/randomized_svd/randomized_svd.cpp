#include "ops/matrix/randomized_svd/randomized_svd.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"

namespace weir::ops {

std::size_t RandomizedSvd::rank_of(const Args& args) {
  return std::min({args.rank, args.a.rows, args.a.cols});
}

std::size_t RandomizedSvd::block_of(const Args& args) {
  const std::size_t smaller = std::min(args.a.rows, args.a.cols);
  if (args.rank >= smaller || args.oversample >= smaller - args.rank) return smaller;
  return args.rank + args.oversample;
}

double RandomizedSvd::bound_of(double largest_norm) {
  return 10 * std::sqrt(2 / std::numbers::pi) * largest_norm;
}

Status RandomizedSvd::check(const Args& args) {
  WEIR_TRY(factor::check_countable("a", args.a));
  if (args.rank == 0)
    return invalid_argument("rank_zero", "rank is 0, it must be at least 1").at("rank");
  if (!args.shift.empty()) {
    WEIR_TRY(factor::check_length("shift", args.shift.size(), args.a.cols));
    WEIR_TRY(factor::check_finite("shift", {args.shift.data(), 1, args.shift.size()}));
  }
  return factor::check_finite("a", args.a);
}

Status RandomizedSvd::check_output(const Args& args, const Output& out) {
  const std::size_t k = rank_of(args);
  WEIR_TRY(factor::check_length("values", out.values.size(), k));
  WEIR_TRY(factor::check_shape("u", out.u, args.a.rows, k));
  return factor::check_shape("vt", out.vt, k, args.a.cols);
}

Support RandomizedSvd::supports(const Args&, device::Kind kind) {
  return factor::cpu_only(kind);
}

Footprint RandomizedSvd::footprint(const Args& args) {
  const auto width = static_cast<double>(block_of(args));
  const auto passes = static_cast<double>(4 + 4 * args.power);
  return {.rows = args.a.rows,
          .bytes_in = args.a.size() * sizeof(double),
          .bytes_out = (args.a.rows + args.a.cols + 1) * rank_of(args) * sizeof(double),
          .flops = passes * static_cast<double>(args.a.size()) * width,
          .ceiling = Ceiling::kF64,
          .chunkable = false};
}

}  // namespace weir::ops
