// RuleExtension: what rules add to expressions: windows, since, distance_km, weight, in @list, and
// the names of lets, windows, typologies and detectors.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "decide/rules/rewrite.hpp"
#include "decide/rules/rule_set.hpp"
#include "ops/expr/parser.hpp"

namespace weir::decide {

// A band: which sub-reference a value falls into. Conditions are tried in order.
struct RuleBand {
  struct Case {
    std::string ref;  // ".01", ".x00", ".err"
    std::string reason;
    expr::NodeId condition;
  };
  std::vector<Case> cases;
};

class RuleExtension final : public expr::ParseExtension {
 public:
  RuleExtension(RuleSet& set, expr::Schema& schema, const CompileContext& context)
      : set_(set), schema_(schema), context_(context), rewriter_(set, schema) {}

  Result<std::optional<expr::NodeId>> parse_call(expr::Parser& p, const expr::Token& name) override;
  Result<std::optional<expr::NodeId>> parse_name(expr::Parser& p, std::string_view dotted,
                                                 const expr::Token& first) override;
  Result<std::optional<expr::NodeId>> parse_list(expr::Parser& p, expr::NodeId operand,
                                                 bool negated) override;
  std::vector<std::string_view> function_names() const override;

  // Parses an expression, rewrites it and checks its type; `boolean` asks for a truth value.
  Result<expr::NodeId> parse_checked(expr::Parser& p, bool boolean);
  // Makes a name stand for a tree. Errors: name_repeated, name_taken (a field's).
  Status define(const expr::Token& at, const std::string& name, expr::NodeId target);
  void define_band(const std::string& name, RuleBand band) { bands_[name] = std::move(band); }
  bool has_band(const std::string& name) const { return bands_.contains(name); }
  bool is_window_input(expr::InputId input) const;

 private:
  Status check_near_miss(std::string_view dotted, const expr::Token& first) const;
  Result<expr::NodeId> parse_window(expr::Parser& p, const expr::Token& name,
                                    WindowFunction function);
  Status parse_window_arguments(expr::Parser& p, const expr::Token& name, RuleWindow& window);
  Status parse_window_options(expr::Parser& p, const expr::Token& name, RuleWindow& window);
  Status check_window(const expr::Token& name, RuleWindow& window);
  Status check_window_value(const expr::Token& name, RuleWindow& window);
  Result<expr::NodeId> add_window(expr::Parser& p, const expr::Token& name, RuleWindow window);
  std::string canonical_text(const RuleWindow& window) const;
  expr::Type result_type(const RuleWindow& window) const;
  Result<std::vector<RuleField>> parse_key(expr::Parser& p);
  Result<RuleField> parse_key_field(expr::Parser& p);
  Result<expr::NodeId> parse_inner(expr::Parser& p, const expr::Token& name, bool boolean);
  Result<expr::NodeId> parse_weight(expr::Parser& p, const expr::Token& name);
  Result<expr::NodeId> parse_since(expr::Parser& p, const expr::Token& name);
  Result<expr::NodeId> parse_distance(expr::Parser& p, const expr::Token& name);

  RuleSet& set_;
  expr::Schema& schema_;
  const CompileContext& context_;
  Rewriter rewriter_;
  std::map<std::string, expr::NodeId, std::less<>> names_;
  std::map<std::string, RuleBand, std::less<>> bands_;
  bool inside_window_ = false;
};

// Parses ".01" or ".x00" as it stands behind "->" and in weights.
Result<std::string> parse_sub_ref(expr::TokenCursor& cursor);
// Parses [-] number into a literal node.
Result<expr::NodeId> parse_signed_number(expr::Parser& p);

}  // namespace weir::decide
