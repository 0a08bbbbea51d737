// SidesProgram: what the rules of a set compared, for the few rows that need reasons. The columns
// of those rows are gathered, so that the cost is per reason, not per event.
//
//   sides.set_rules(rules, linked);
//   WEIR_TRY(sides.run(views, rows_with_reasons));             // of the chunk at hand
//   if (sides.find(rule, nth, branch, values)) ...             // 531.81 against 500
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/aligned.hpp"
#include "base/column.hpp"
#include "decide/rules/rule_set.hpp"

namespace weir::decide {

// The two sides of a comparison when its rule fired.
struct HitSides {
  double left = 0;
  double right = 0;
};

// Not thread-safe. Allocates when rules are set only.
class SidesProgram {
 public:
  // Sizes the buffers; `rules` must outlive its use here, `linked` is copied from.
  void set_rules(const RuleSet& rules, const LinkedRules& linked);
  // Evaluates the sides on some rows of a chunk, ascending, at most expr::kBlockRows.
  Status run(std::span<const ColumnView> views, std::span<const std::uint32_t> rows);
  // Finds what decided `rule` on the nth row of the last run: its first comparison that holds and
  // whose sides are not null. False if there is none.
  bool find(std::uint32_t rule, std::size_t nth, unsigned& comparison, HitSides& values) const;

 private:
  struct Gathered {
    expr::InputId input;
    AlignedBuffer<std::uint64_t> words;  // two a row: room for a text
    AlignedBuffer<std::uint64_t> valid;
    std::vector<std::uint8_t> exponents;
  };
  struct Output {
    AlignedBuffer<std::uint64_t> words;  // values, or the bits of a branch
    AlignedBuffer<std::uint64_t> valid;
  };
  void gather(const ColumnView& from, std::span<const std::uint32_t> rows, Gathered& to);

  std::optional<expr::Program> program_;
  std::vector<std::vector<ComparisonOutputs>> outputs_of_;  // [rules]
  std::unique_ptr<expr::Scratch> scratch_;
  std::vector<Gathered> gathered_;
  std::vector<ColumnView> views_;  // [inputs of the schema]
  std::vector<Output> outputs_;
  std::vector<expr::OutputView> output_views_;
};

}  // namespace weir::decide
