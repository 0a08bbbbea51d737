// Rewriter: the trees of rules into what the expression compiler knows: attrs.NAME becomes an input
// of the type that its neighbours ask for, `debtor = 'a-1'` becomes a list over the kinds a debtor
// may have, and names of lets and windows give way to what they stand for.
#pragma once

#include "decide/rules/rule_set.hpp"
#include "ops/expr/ast.hpp"

namespace weir::decide {

class Rewriter {
 public:
  // Adds inputs to `set` and `schema`, nodes to `set.ast`; both must outlive this object.
  Rewriter(RuleSet& set, expr::Schema& schema) : set_(set), schema_(schema) {}

  // Returns the tree that stands for `root`; the nodes of `root` stay as they are.
  expr::NodeId rewrite(expr::NodeId root, AttrType wanted = AttrType::kBool);

 private:
  expr::NodeId rewrite_name(expr::NodeId id, AttrType wanted);
  expr::NodeId rewrite_args(expr::NodeId id, AttrType wanted);
  AttrType wanted_of_arg(const expr::Node& node, std::size_t arg, AttrType outer,
                         AttrType siblings) const;
  AttrType type_of_siblings(std::span<const expr::NodeId> args) const;
  std::optional<RuleField> entity_field(expr::NodeId id) const;
  bool is_text_or_number(expr::NodeId id) const;
  expr::NodeId expand_entity(const expr::Node& node, std::vector<expr::NodeId> args);
  expr::NodeId rebuild(const expr::Node& node, std::span<const expr::NodeId> args);

  RuleSet& set_;
  expr::Schema& schema_;
};

// Adds a hidden input to the rule set and its schema alike.
expr::InputId add_hidden_input(RuleSet& set, expr::Schema& schema, expr::Type type,
                               Storage storage);
// Calls visit(node) for every node of a tree.
template <class Visit>
void visit_nodes(const expr::Ast& ast, expr::NodeId root, Visit&& visit) {
  visit(ast.node(root));
  for (const expr::NodeId arg : ast.args(root)) visit_nodes(ast, arg, visit);
}

}  // namespace weir::decide
