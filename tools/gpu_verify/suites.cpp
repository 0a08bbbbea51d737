#include "tools/gpu_verify/suites.hpp"

#include "ops/fft/fft/fft_parity.hpp"
#include "ops/fft/rfft/rfft_parity.hpp"
#include "ops/filter/compact/compact_parity.hpp"
#include "ops/group/sum/group_sum_parity.hpp"
#include "ops/hash/merkle_root/merkle_root_parity.hpp"
#include "ops/hash/sha256_batch/sha256_batch_parity.hpp"
#include "ops/join/match/join_match_parity.hpp"
#include "ops/matrix/add/add_parity.hpp"
#include "ops/matrix/multiply/multiply_parity.hpp"
#include "ops/matrix/scale/scale_parity.hpp"
#include "ops/matrix/transpose/transpose_parity.hpp"
#include "ops/sort/argsort/argsort_parity.hpp"
#include "ops/sort/keys/sort_keys_parity.hpp"
#include "ops/sparse/spmv/spmv_parity.hpp"
#include "ops/stats/covariance/covariance_parity.hpp"
#include "ops/stats/dot/dot_parity.hpp"
#include "ops/stats/histogram/histogram_parity.hpp"
#include "ops/stats/moments/moments_parity.hpp"
#include "ops/stats/sum/sum_parity.hpp"
#include "ops/stats/window_features/window_features_parity.hpp"

namespace weir::gpu_verify {

// One line an op with a device form. A unit test compares this list with the registry.
std::vector<ops::parity::Suite> suites() {
  using ops::parity::suite_of;
  return {
      // clang-format off
      suite_of<ops::MultiplyF64>(),
      suite_of<ops::MultiplyF32>(),
      suite_of<ops::MultiplyBf16>(),
      suite_of<ops::MultiplyF16>(),
      suite_of<ops::MultiplyU8>(),
      suite_of<ops::MultiplyS8>(),
      suite_of<ops::AddF64>(),
      suite_of<ops::AddF32>(),
      suite_of<ops::ScaleF64>(),
      suite_of<ops::ScaleF32>(),
      suite_of<ops::TransposeF64>(),
      suite_of<ops::TransposeF32>(),
      suite_of<ops::Sum>(),
      suite_of<ops::Dot>(),
      suite_of<ops::MomentsOf>(),
      suite_of<ops::Histogram>(),
      suite_of<ops::Covariance>(),
      suite_of<ops::Correlation>(),
      suite_of<ops::WindowFeatures>(),
      suite_of<ops::Sha256Batch>(),
      suite_of<ops::MerkleRoot>(),
      suite_of<ops::Spmv>(),
      suite_of<ops::Compact>(),
      suite_of<ops::Argsort>(),
      suite_of<ops::SortKeys>(),
      suite_of<ops::GroupSum>(),
      suite_of<ops::JoinMatch>(),
      suite_of<ops::Fft>(),
      suite_of<ops::Rfft>(),
      suite_of<ops::Irfft>(),
      // clang-format on
  };
}

}  // namespace weir::gpu_verify
