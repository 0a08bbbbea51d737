#include "ops/expr/ast.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace weir::expr {
namespace {

constexpr std::array<FunctionInfo, kFunctions> kTable = {{
    {"abs", 1, 1},        {"floor", 1, 1},    {"ceil", 1, 1},        {"round", 1, 1},
    {"sqrt", 1, 1},       {"exp", 1, 1},      {"ln", 1, 1},          {"log10", 1, 1},
    {"pow", 2, 2},        {"least", 1, 255},  {"greatest", 1, 255},  {"clamp", 3, 3},
    {"coalesce", 1, 255}, {"nullif", 2, 2},   {"is_nan", 1, 1},      {"length", 1, 1},
    {"lower", 1, 1},      {"upper", 1, 1},    {"starts_with", 2, 2}, {"ends_with", 2, 2},
    {"contains", 2, 2},   {"substr", 2, 3},   {"year", 1, 1},        {"month", 1, 1},
    {"day", 1, 1},        {"hour", 1, 1},     {"minute", 1, 1},      {"dow", 1, 1},
    {"date_trunc", 2, 2}, {"interval", 2, 2}, {"hash64", 1, 1},
}};

}  // namespace

const FunctionInfo& function_info(Function function) {
  return kTable[static_cast<std::size_t>(function)];
}

bool find_function(std::string_view name, Function& function) {
  for (std::size_t i = 0; i < kTable.size(); ++i)
    if (kTable[i].name == name) {
      function = static_cast<Function>(i);
      return true;
    }
  return false;
}

NodeId Ast::push(Node node, std::span<const NodeId> args) {
  node.first = static_cast<std::uint32_t>(args_.size());
  node.count = static_cast<std::uint32_t>(args.size());
  unsigned depth = 0;
  for (const NodeId arg : args) depth = std::max<unsigned>(depth, nodes_[arg].depth);
  node.depth = static_cast<std::uint8_t>(std::min(depth + 1, 255U));
  args_.insert(args_.end(), args.begin(), args.end());
  nodes_.push_back(node);
  return static_cast<NodeId>(nodes_.size() - 1);
}

NodeId Ast::add_literal(Literal literal, Position at) {
  Node node;
  node.op = Op::kLiteral;
  node.text = static_cast<std::uint32_t>(literals_.size());
  node.at = at;
  literals_.push_back(std::move(literal));
  return push(node, {});
}

NodeId Ast::add_name(std::string_view dotted, Position at) {
  Node node;
  node.op = Op::kName;
  node.text = static_cast<std::uint32_t>(texts_.size());
  node.at = at;
  texts_.emplace_back(dotted);
  return push(node, {});
}

NodeId Ast::add_input(InputId input, std::string_view text, Position at) {
  Node node;
  node.op = Op::kInput;
  node.input = input;
  node.text = static_cast<std::uint32_t>(texts_.size());
  node.at = at;
  texts_.emplace_back(text);
  return push(node, {});
}

NodeId Ast::add_alias(std::string_view name, NodeId target, Position at) {
  Node node;
  node.op = Op::kAlias;
  node.text = static_cast<std::uint32_t>(texts_.size());
  node.at = at;
  texts_.emplace_back(name);
  return push(node, std::array{target});
}

NodeId Ast::add_parameter(std::uint32_t number, Position at) {
  Node node;
  node.op = Op::kParameter;
  node.input = number;
  node.at = at;
  return push(node, {});
}

NodeId Ast::add(Op op, std::span<const NodeId> args, Position at) {
  Node node;
  node.op = op;
  node.at = at;
  return push(node, args);
}

NodeId Ast::add_call(Function function, std::span<const NodeId> args, Position at) {
  Node node;
  node.op = Op::kCall;
  node.function = function;
  node.at = at;
  return push(node, args);
}

NodeId Ast::add_cast(Type type, NodeId arg, Position at) {
  Node node;
  node.op = Op::kCast;
  node.type = type;
  node.at = at;
  return push(node, std::array{arg});
}

bool equal(const Ast& a, NodeId a_root, const Ast& b, NodeId b_root) {
  const Node& x = a.node(a_root);
  const Node& y = b.node(b_root);
  if (x.op != y.op || x.count != y.count) return false;
  switch (x.op) {
    case Op::kLiteral:
      return a.literal(a_root) == b.literal(b_root);
    case Op::kName:
    case Op::kInput:
    case Op::kAlias:
      return a.text(a_root) == b.text(b_root);
    case Op::kParameter:
      return x.input == y.input;
    case Op::kCall:
      if (x.function != y.function) return false;
      break;
    case Op::kCast:
      if (x.type != y.type) return false;
      break;
    default:
      break;
  }
  for (std::size_t i = 0; i < x.count; ++i)
    if (!equal(a, a.args(a_root)[i], b, b.args(b_root)[i])) return false;
  return true;
}

}  // namespace weir::expr
