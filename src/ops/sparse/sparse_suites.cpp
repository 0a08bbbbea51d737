#include "ops/sparse/sparse_suites.hpp"

#include "ops/sparse/build/build_parity.hpp"
#include "ops/sparse/cg/cg_parity.hpp"
#include "ops/sparse/from_dense/from_dense_parity.hpp"
#include "ops/sparse/spgemm/spgemm_parity.hpp"
#include "ops/sparse/spmm/spmm_parity.hpp"
#include "ops/sparse/spmv/spmv_parity.hpp"
#include "ops/sparse/transpose/transpose_parity.hpp"

namespace weir::ops::parity {

std::vector<Suite> sparse_suites() {
  return {suite_of<CsrBuild>(), suite_of<CsrFromDense>(), suite_of<CsrTranspose>(),
          suite_of<Spmv>(),     suite_of<Spmm>(),         suite_of<Spgemm>(),
          suite_of<Cg>()};
}

}  // namespace weir::ops::parity
