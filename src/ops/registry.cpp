#include "ops/registry.hpp"

#include <string>
#include <vector>

#include "ops/expr/evaluate/expr_evaluate.hpp"
#include "ops/fft/convolve/convolve.hpp"
#include "ops/fft/convolve2/convolve2.hpp"
#include "ops/fft/fft/fft.hpp"
#include "ops/fft/fft2/fft2.hpp"
#include "ops/fft/rfft/rfft.hpp"
#include "ops/filter/compact/compact.hpp"
#include "ops/group/assign/group_assign.hpp"
#include "ops/group/sum/group_sum.hpp"
#include "ops/forest/score/forest_score.hpp"
#include "ops/hash/ed25519_verify/ed25519_verify.hpp"
#include "ops/hash/merkle_proof/merkle_proof.hpp"
#include "ops/hash/merkle_root/merkle_root.hpp"
#include "ops/hash/merkle_verify/merkle_verify.hpp"
#include "ops/hash/sha256_batch/sha256_batch.hpp"
#include "ops/hash/xxh3_batch/xxh3_batch.hpp"
#include "ops/join/match/join_match.hpp"
#include "ops/matrix/add/add.hpp"
#include "ops/matrix/chol_solve/chol_solve.hpp"
#include "ops/matrix/cholesky/cholesky.hpp"
#include "ops/matrix/eigen_symmetric/eigen_symmetric.hpp"
#include "ops/matrix/gram/gram.hpp"
#include "ops/matrix/inverse/inverse.hpp"
#include "ops/matrix/least_squares/least_squares.hpp"
#include "ops/matrix/lu_solve/lu_solve.hpp"
#include "ops/matrix/multiply/multiply.hpp"
#include "ops/matrix/qr/qr.hpp"
#include "ops/matrix/randomized_svd/randomized_svd.hpp"
#include "ops/matrix/scale/scale.hpp"
#include "ops/matrix/strassen_multiply/strassen_multiply.hpp"
#include "ops/matrix/svd/svd.hpp"
#include "ops/matrix/transpose/transpose.hpp"
#include "ops/sort/argsort/argsort.hpp"
#include "ops/sort/keys/sort_keys.hpp"
#include "ops/sparse/build/build.hpp"
#include "ops/sparse/cg/cg.hpp"
#include "ops/sparse/from_dense/from_dense.hpp"
#include "ops/sparse/spgemm/spgemm.hpp"
#include "ops/sparse/spmm/spmm.hpp"
#include "ops/sparse/spmv/spmv.hpp"
#include "ops/sparse/transpose/transpose.hpp"
#include "ops/stats/covariance/covariance.hpp"
#include "ops/stats/dot/dot.hpp"
#include "ops/stats/histogram/histogram.hpp"
#include "ops/stats/moments/moments.hpp"
#include "ops/stats/quantile/quantile.hpp"
#include "ops/stats/sum/sum.hpp"
#include "ops/stats/window_features/window_features.hpp"

namespace weir::ops {

std::span<const OpEntry> registry() {
  // clang-format off
  static const std::vector<OpEntry> kOps = {
      entry_of<ExprEvaluate>(),
      entry_of<ForestScore>(),
      entry_of<Fft>(),
      entry_of<Rfft>(),
      entry_of<Irfft>(),
      entry_of<Fft2>(),
      entry_of<Convolve>(),
      entry_of<Convolve2>(),
      entry_of<MultiplyF64>(),
      entry_of<MultiplyF32>(),
      entry_of<MultiplyBf16>(),
      entry_of<MultiplyF16>(),
      entry_of<MultiplyU8>(),
      entry_of<MultiplyS8>(),
      entry_of<StrassenMultiply>(),
      entry_of<LuSolve>(),
      entry_of<Inverse>(),
      entry_of<Cholesky>(),
      entry_of<CholSolve>(),
      entry_of<Qr>(),
      entry_of<LeastSquares>(),
      entry_of<EigenSymmetric>(),
      entry_of<Svd>(),
      entry_of<RandomizedSvd>(),
      entry_of<Gram>(),
      entry_of<AddF64>(),
      entry_of<AddF32>(),
      entry_of<ScaleF64>(),
      entry_of<ScaleF32>(),
      entry_of<TransposeF64>(),
      entry_of<TransposeF32>(),
      entry_of<Sum>(),
      entry_of<Dot>(),
      entry_of<MomentsOf>(),
      entry_of<WindowFeatures>(),
      entry_of<Quantile>(),
      entry_of<Histogram>(),
      entry_of<Covariance>(),
      entry_of<Correlation>(),
      entry_of<Sha256Batch>(),
      entry_of<Xxh3Batch>(),
      entry_of<MerkleRoot>(),
      entry_of<MerkleProof>(),
      entry_of<MerkleVerify>(),
      entry_of<Ed25519Verify>(),
      entry_of<CsrBuild>(),
      entry_of<CsrFromDense>(),
      entry_of<CsrTranspose>(),
      entry_of<Spmv>(),
      entry_of<Spmm>(),
      entry_of<Spgemm>(),
      entry_of<Cg>(),
      entry_of<Compact>(),
      entry_of<Argsort>(),
      entry_of<SortKeys>(),
      entry_of<GroupAssign>(),
      entry_of<GroupSum>(),
      entry_of<JoinMatch>(),
  };
  // clang-format on
  return kOps;
}

const OpEntry* find_op(std::string_view name) {
  for (const OpEntry& entry : registry()) {
    if (entry.info.name == name) return &entry;
  }
  return nullptr;
}

Result<const OpEntry*> bind_for_verdicts(std::string_view name) {
  const OpEntry* entry = find_op(name);
  if (entry == nullptr) {
    return fail(not_found("op_unknown", "no operation \"" + std::string(name) + "\""));
  }
  if (entry->info.numeric == NumericClass::kTolerant) {
    return fail(
        failed_precondition("op_tolerant", std::string(name) +
                                               " gives different bits on different machines;"
                                               " verdicts cannot depend on it")
            .hint("use an operation of class exact or fixed"));
  }
  return entry;
}

}  // namespace weir::ops
