#include "ops/expr/expr_suites.hpp"

#include "ops/expr/evaluate/expr_evaluate_parity.hpp"

namespace weir::ops::parity {

std::vector<Suite> expr_suites() {
  return {suite_of<ExprEvaluate>()};
}

}  // namespace weir::ops::parity
