#include "decide/rules/comparison.hpp"

namespace weir::decide {

using expr::Ast;
using expr::NodeId;
using expr::Op;

namespace {

// A longer expression says less than the word that stands for it.
constexpr std::size_t kTextMax = 60;

std::string_view symbol_of(Op op) {
  switch (op) {
    case Op::kEq:
      return "= ";
    case Op::kNe:
      return "!= ";
    case Op::kLt:
      return "< ";
    case Op::kLe:
      return "<= ";
    case Op::kGt:
      return "> ";
    default:
      return ">= ";
  }
}

// Returns the operator that says the same with its sides exchanged.
Op mirrored(Op op) {
  switch (op) {
    case Op::kLt:
      return Op::kGt;
    case Op::kLe:
      return Op::kGe;
    case Op::kGt:
      return Op::kLt;
    case Op::kGe:
      return Op::kLe;
    default:
      return op;
  }
}

bool is_constant(const Ast& ast, NodeId node) {
  const Op op = ast.node(node).op;
  return op == Op::kLiteral || (op == Op::kNeg && is_constant(ast, ast.args(node)[0]));
}

std::string text_of(const Ast& ast, NodeId node, std::string_view otherwise) {
  std::string text = expr::print(ast, node);
  if (text.size() > kTextMax) text = otherwise;
  return text;
}

class Finder {
 public:
  Finder(const Ast& ast, const expr::Compiler& compiler) : ast_(ast), compiler_(compiler) {}

  void find(NodeId root, std::optional<NodeId> branch, std::vector<RuleComparison>& found) const {
    const Op op = ast_.node(root).op;
    if (op == Op::kOr) {
      for (const NodeId arg : ast_.args(root)) find(arg, arg, found);
    } else if (op == Op::kAnd) {
      const std::size_t before = found.size();
      for (const NodeId arg : ast_.args(root)) {
        if (found.size() == before) find(arg, branch, found);
      }
    } else if (op == Op::kBetween || (op >= Op::kEq && op <= Op::kGe)) {
      add(root, branch, found);
    }
  }

 private:
  bool numeric(NodeId node) const {
    const auto type = compiler_.check(ast_, node);
    return type && type->numeric();
  }

  void add(NodeId root, std::optional<NodeId> branch, std::vector<RuleComparison>& found) const {
    if (found.size() >= kComparisonsMax) return;
    const auto args = ast_.args(root);
    for (const NodeId arg : args) {
      if (!numeric(arg)) return;
    }
    Op op = ast_.node(root).op;
    RuleComparison made;
    made.left_node = args[0];
    made.right_node = args[1];
    made.branch = branch;
    if (op == Op::kBetween) {
      made.relation = "between " + text_of(ast_, args[1], "a bound") + " and " +
                      text_of(ast_, args[2], "a bound");
    } else {
      if (is_constant(ast_, args[0])) {
        std::swap(made.left_node, made.right_node);
        op = mirrored(op);
      }
      made.constant = is_constant(ast_, made.right_node);
      made.relation = std::string(symbol_of(op)) + text_of(ast_, made.right_node, "the limit");
    }
    made.left = text_of(ast_, made.left_node, "value");
    found.push_back(std::move(made));
  }

  const Ast& ast_;
  const expr::Compiler& compiler_;
};

}  // namespace

std::vector<RuleComparison> comparisons_of(const Ast& ast, NodeId condition,
                                           const expr::Compiler& compiler) {
  std::vector<RuleComparison> found;
  Finder(ast, compiler).find(condition, std::nullopt, found);
  return found;
}

}  // namespace weir::decide
