#include "ops/matrix/matrix_suites.hpp"

#include "ops/matrix/add/add_parity.hpp"
#include "ops/matrix/multiply/multiply_parity.hpp"
#include "ops/matrix/scale/scale_parity.hpp"
#include "ops/matrix/strassen_multiply/strassen_multiply_parity.hpp"
#include "ops/matrix/transpose/transpose_parity.hpp"

namespace weir::ops::parity {

std::vector<Suite> matrix_suites() {
  return {suite_of<MultiplyF64>(),      suite_of<MultiplyF32>(), suite_of<MultiplyBf16>(),
          suite_of<MultiplyF16>(),      suite_of<MultiplyU8>(),  suite_of<MultiplyS8>(),
          suite_of<StrassenMultiply>(), suite_of<AddF64>(),      suite_of<AddF32>(),
          suite_of<ScaleF64>(),         suite_of<ScaleF32>(),    suite_of<TransposeF64>(),
          suite_of<TransposeF32>()};
}

}  // namespace weir::ops::parity
