#include "decide/rules/rewrite.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace weir::decide {

using expr::Function;
using expr::Kind;
using expr::Node;
using expr::NodeId;
using expr::Op;
using expr::Type;

namespace {

constexpr std::string_view kAttrPrefix = "attrs.";

bool is_comparison(Op op) {
  return op >= Op::kEq && op <= Op::kBetween;
}

bool takes_text(Function function) {
  switch (function) {
    case Function::kLength:
    case Function::kLower:
    case Function::kUpper:
    case Function::kStartsWith:
    case Function::kEndsWith:
    case Function::kContains:
    case Function::kSubstr:
      return true;
    default:
      return false;
  }
}

}  // namespace

expr::InputId add_hidden_input(RuleSet& set, expr::Schema& schema, Type type, Storage storage) {
  const expr::InputId input = schema.add_hidden(type, storage);
  CHECK_EQ(input, kFirstHiddenInput + set.hidden.size());
  set.hidden.emplace_back(type, storage);
  return input;
}

NodeId Rewriter::rewrite(NodeId root, AttrType wanted) {
  switch (set_.ast.node(root).op) {
    case Op::kLiteral:
    case Op::kInput:
    case Op::kParameter:
      return root;
    case Op::kAlias:
      return rewrite(set_.ast.args(root)[0], wanted);
    case Op::kName:
      return rewrite_name(root, wanted);
    default:
      return rewrite_args(root, wanted);
  }
}

NodeId Rewriter::rewrite_name(NodeId id, AttrType wanted) {
  const std::string name(set_.ast.text(id));
  if (!name.starts_with(kAttrPrefix)) return id;
  const std::string attr = name.substr(kAttrPrefix.size());
  const auto same = [&](const RuleAttr& a) { return a.name == attr && a.type == wanted; };
  auto found = std::find_if(set_.attrs.begin(), set_.attrs.end(), same);
  if (found == set_.attrs.end()) {
    RuleAttr added{attr, wanted, expr::kNoInput};
    switch (wanted) {
      case AttrType::kText:
        added.input = add_hidden_input(set_, schema_, Type::string(), Storage::kText);
        break;
      case AttrType::kNumber:
        added.input = add_hidden_input(set_, schema_, Type::f64(), Storage::kF64);
        break;
      case AttrType::kBool:
      case AttrType::kPresent:
        added.input = add_hidden_input(set_, schema_, Type::boolean(), Storage::kU8);
        break;
    }
    set_.attrs.push_back(std::move(added));
    found = set_.attrs.end() - 1;
  }
  return set_.ast.add_input(found->input, name, set_.ast.node(id).at);
}

// The type that the other operands of a comparison ask an attribute to have.
AttrType Rewriter::type_of_siblings(std::span<const NodeId> args) const {
  for (const NodeId arg : args) {
    const Node& node = set_.ast.node(arg);
    if (node.op == Op::kLiteral) {
      const Kind kind = set_.ast.literal(arg).kind;
      if (kind == Kind::kString) return AttrType::kText;
      if (kind == Kind::kBool) return AttrType::kBool;
    }
    if (node.op == Op::kName) {
      const expr::Field* field = schema_.find(set_.ast.text(arg));
      if (field != nullptr && field->type.is(Kind::kString)) return AttrType::kText;
      if (field != nullptr && field->type.is(Kind::kBool)) return AttrType::kBool;
    }
    if (node.op == Op::kConcat ||
        (node.op == Op::kCall && takes_text(node.function) && node.function != Function::kLength)) {
      return AttrType::kText;
    }
  }
  return AttrType::kNumber;
}

AttrType Rewriter::wanted_of_arg(const Node& node, std::size_t arg, AttrType outer,
                                 AttrType siblings) const {
  switch (node.op) {
    case Op::kOr:
    case Op::kAnd:
    case Op::kNot:
      return AttrType::kBool;
    case Op::kLike:
    case Op::kNotLike:
    case Op::kConcat:
      return AttrType::kText;
    case Op::kIsNull:
    case Op::kIsNotNull:
      return AttrType::kPresent;
    case Op::kCase: {
      const bool has_else = (node.count & 1) != 0;
      const bool is_else = has_else && arg + 1 == node.count;
      return arg % 2 == 0 && !is_else ? AttrType::kBool : outer;
    }
    case Op::kCall:
      if (takes_text(node.function)) {
        return node.function == Function::kSubstr && arg > 0 ? AttrType::kNumber : AttrType::kText;
      }
      return siblings;
    default:
      return is_comparison(node.op) ? siblings : AttrType::kNumber;
  }
}

NodeId Rewriter::rewrite_args(NodeId id, AttrType wanted) {
  const Node node = set_.ast.node(id);
  const std::span<const NodeId> before = set_.ast.args(id);
  std::vector<NodeId> args(before.begin(), before.end());
  const AttrType siblings = type_of_siblings(args);
  bool changed = false;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const NodeId rewritten = rewrite(args[i], wanted_of_arg(node, i, wanted, siblings));
    changed |= rewritten != args[i];
    args[i] = rewritten;
  }
  const bool equality = node.op == Op::kEq || node.op == Op::kNe;
  if (equality && entity_field(args[1]) && !entity_field(args[0])) std::swap(args[0], args[1]);
  if ((equality || node.op == Op::kIn || node.op == Op::kNotIn) && entity_field(args[0]) &&
      std::all_of(args.begin() + 1, args.end(), [&](NodeId a) { return is_text_or_number(a); })) {
    return expand_entity(node, std::move(args));
  }
  return changed ? rebuild(node, args) : id;
}

std::optional<RuleField> Rewriter::entity_field(NodeId id) const {
  if (set_.ast.node(id).op != Op::kName) return std::nullopt;
  const std::optional<RuleField> field = find_rule_field(set_.ast.text(id));
  return field && is_entity(*field) ? field : std::nullopt;
}

bool Rewriter::is_text_or_number(NodeId id) const {
  if (set_.ast.node(id).op != Op::kLiteral) return false;
  const expr::Literal& literal = set_.ast.literal(id);
  return literal.kind == Kind::kString || (literal.kind == Kind::kI64 && literal.i >= 0);
}

// A text names an entity of any kind that the field may hold.
NodeId Rewriter::expand_entity(const Node& node, std::vector<NodeId> args) {
  const RuleField field = *entity_field(args[0]);
  std::vector<NodeId> expanded = {args[0]};
  for (std::size_t i = 1; i < args.size(); ++i) {
    const expr::Literal literal = set_.ast.literal(args[i]);
    const expr::Position at = set_.ast.node(args[i]).at;
    const std::string text = literal.kind == Kind::kI64 ? std::to_string(literal.i) : literal.s;
    wire::EntityKind kind{};
    std::string_view rest;
    if (split_kind(text, kind, rest)) {
      expanded.push_back(set_.ast.add_literal(expr::Literal::of(text), at));
      continue;
    }
    for (const std::string_view name : kinds_of_field(field)) {
      std::string full(name);
      full += ':';
      full += text;
      expanded.push_back(set_.ast.add_literal(expr::Literal::of(std::move(full)), at));
    }
  }
  const bool negated = node.op == Op::kNe || node.op == Op::kNotIn;
  return set_.ast.add(negated ? Op::kNotIn : Op::kIn, expanded, node.at);
}

NodeId Rewriter::rebuild(const Node& node, std::span<const NodeId> args) {
  if (node.op == Op::kCall) return set_.ast.add_call(node.function, args, node.at);
  if (node.op == Op::kCast) return set_.ast.add_cast(node.type, args[0], node.at);
  return set_.ast.add(node.op, args, node.at);
}

}  // namespace weir::decide
