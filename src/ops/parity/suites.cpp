#include "ops/parity/suites.hpp"

#include "ops/expr/expr_suites.hpp"
#include "ops/fft/fft_suites.hpp"
#include "ops/forest/forest_suites.hpp"
#include "ops/hash/hash_suites.hpp"
#include "ops/matrix/factor/factor_suites.hpp"
#include "ops/matrix/matrix_suites.hpp"
#include "ops/sparse/sparse_suites.hpp"
#include "ops/stats/stats_suites.hpp"
#include "ops/table/table_suites.hpp"

namespace weir::ops::parity {

// One line a family.
std::vector<Suite> suites() {
  std::vector<Suite> all;
  for (const auto& family : std::initializer_list<std::vector<Suite>>{
           expr_suites(),
           fft_suites(),
           forest_suites(),
           hash_suites(),
           matrix_suites(),
           sparse_suites(),
           factor_suites(),
           stats_suites(),
           table_suites(),
       }) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace weir::ops::parity
