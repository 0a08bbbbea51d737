#include "ops/fft/shape.hpp"

#include <string>

#include "base/numeric/elementary.hpp"
#include "ops/fft/engine/plan.hpp"

namespace weir::ops::fft {

Status check_length(std::size_t n) {
  if (n >= 1 && n <= kLengthMax) return Status::ok();
  return invalid_argument("length", "a transform of " + std::to_string(n) + " values")
      .at("n")
      .hint("take 1 to " + std::to_string(kLengthMax));
}

Status check_batch(std::size_t values, std::size_t each) {
  if (values % each == 0) return Status::ok();
  return invalid_argument("shape", std::to_string(values) + " values are not a whole number of " +
                                       "transforms of " + std::to_string(each))
      .at("x")
      .hint("pad the last transform or leave it out");
}

Status check_memory(std::string_view what, std::size_t have, std::size_t want) {
  if (have == want) return Status::ok();
  return invalid_argument("shape", std::string(what) + " has room for " + std::to_string(have) +
                                       " values, the result has " + std::to_string(want))
      .at(what);
}

double flops(std::size_t n) {
  const auto values = static_cast<double>(n);
  return n <= 1 ? 0 : 5 * values * numeric::log2(values);
}

}  // namespace weir::ops::fft
