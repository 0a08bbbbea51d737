#include "ops/matrix/matrix_suites.hpp"

#include "ops/matrix/multiply/multiply_parity.hpp"

namespace weir::ops::parity {

std::vector<Suite> matrix_suites() {
  return {suite_of<MultiplyF64>(), suite_of<MultiplyF32>(), suite_of<MultiplyBf16>(),
          suite_of<MultiplyF16>(), suite_of<MultiplyU8>(),  suite_of<MultiplyS8>()};
}

}  // namespace weir::ops::parity
