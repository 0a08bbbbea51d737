// One line an op with a device form. A unit test compares this list with the registry.
#include "suites.hpp"

#include "ops/hash/merkle_root/merkle_root_parity.hpp"
#include "ops/hash/sha256_batch/sha256_batch_parity.hpp"
#include "ops/matrix/add/add_parity.hpp"
#include "ops/matrix/multiply/multiply_parity.hpp"
#include "ops/matrix/scale/scale_parity.hpp"
#include "ops/matrix/transpose/transpose_parity.hpp"
#include "ops/sparse/spmv/spmv_parity.hpp"
#include "ops/stats/dot/dot_parity.hpp"
#include "ops/stats/moments/moments_parity.hpp"
#include "ops/stats/sum/sum_parity.hpp"
#include "ops/stats/window_features/window_features_parity.hpp"

namespace weir::gpu_verify {

std::vector<ops::parity::Suite> suites() {
  using namespace ops;  // NOLINT(google-build-using-namespace)
  using parity::suite_of;
  return {
      suite_of<MultiplyF64>(),  suite_of<MultiplyF32>(), suite_of<MultiplyBf16>(),
      suite_of<MultiplyF16>(),  suite_of<MultiplyU8>(),  suite_of<MultiplyS8>(),
      suite_of<AddF64>(),       suite_of<AddF32>(),      suite_of<ScaleF64>(),
      suite_of<ScaleF32>(),     suite_of<TransposeF64>(), suite_of<TransposeF32>(),
      suite_of<Sum>(),          suite_of<Dot>(),         suite_of<MomentsOf>(),
      suite_of<WindowFeatures>(), suite_of<Sha256Batch>(), suite_of<MerkleRoot>(),
      suite_of<Spmv>(),
  };
}

}  // namespace weir::gpu_verify
