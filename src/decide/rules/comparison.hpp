// Comparisons: which comparison of a rule's condition to show when the rule has fired.
//
//   `amount > 500 and type = 'payment'`  ->  {"amount", "> 500"}
//
// A condition without `or` is shown by its first comparison between numbers. Every side of an `or`
// brings one of its own with the branch that must hold, so that what is shown did decide. Nothing
// below a `not`, and no comparison of texts, is shown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ops/expr/expr.hpp"

namespace weir::decide {

// At most this many of a condition are kept.
inline constexpr std::size_t kComparisonsMax = 4;

struct RuleComparison {
  std::string left;      // "count(card, 1h)"
  std::string relation;  // "> 3", "between 8000 and 9999.99"
  bool constant = true;  // the right side is written in `relation` already
  expr::NodeId left_node = 0;
  expr::NodeId right_node = 0;
  std::optional<expr::NodeId> branch;  // of an `or`; absent: holds whenever the rule fires
};

// Returns the comparisons of `condition` in the order of the text. `compiler` tells their types.
std::vector<RuleComparison> comparisons_of(const expr::Ast& ast, expr::NodeId condition,
                                           const expr::Compiler& compiler);

}  // namespace weir::decide
