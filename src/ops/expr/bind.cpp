#include "ops/expr/bind.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/numeric/elementary.hpp"

namespace weir::expr {

Status Binder::error(std::string_view reason, std::string message, Position at,
                     std::string expected, std::string nearest) const {
  Diagnostic diagnostic;
  diagnostic.reason = reason;
  diagnostic.message = std::move(message);
  diagnostic.expected = std::move(expected);
  diagnostic.nearest = std::move(nearest);
  diagnostic.line = at.line;
  diagnostic.column = at.column;
  return to_status(diagnostic);
}

Status Binder::mismatch(std::string_view what, TypedId id, std::string_view expected) const {
  return error("type_mismatch", std::string(what) + " does not take " + type_name(type(id)), at(id),
               std::string(expected));
}

TypedId Binder::constant(Value value, Type type, Position at) {
  if (!value.null && type.is(Kind::kString)) {
    tree_.strings.emplace_back(value.s);
    value.s = tree_.strings.back();
  }
  TypedNode node;
  node.op = TypedOp::kConst;
  node.type = type;
  node.index = static_cast<std::uint32_t>(tree_.constants.size());
  node.at = at;
  tree_.constants.push_back(value);
  tree_.nodes.push_back(node);
  return static_cast<TypedId>(tree_.nodes.size() - 1);
}

TypedId Binder::literal(const Literal& literal, Position at) {
  Value value;
  value.null = literal.kind == Kind::kNull;
  value.i = literal.i;
  value.f = literal.f;
  value.s = literal.s;
  return constant(value, Type{literal.kind, literal.scale}, at);
}

TypedId Binder::make(TypedOp op, std::uint8_t sub, Type type, std::span<const TypedId> args,
                     Position at, std::uint32_t index) {
  TypedNode node;
  node.op = op;
  node.sub = sub;
  node.type = type;
  node.index = index;
  node.first = static_cast<std::uint32_t>(tree_.arg_ids.size());
  node.count = static_cast<std::uint32_t>(args.size());
  node.at = at;
  tree_.arg_ids.insert(tree_.arg_ids.end(), args.begin(), args.end());
  tree_.nodes.push_back(node);
  const auto id = static_cast<TypedId>(tree_.nodes.size() - 1);
  const bool foldable =
      op != TypedOp::kInput &&
      std::all_of(args.begin(), args.end(), [&](TypedId arg) { return tree_.is_constant(arg); });
  if (!foldable) return id;
  TreeWalk walk(tree_, options_, {}, arena_);
  const Value value = walk.evaluate(id, 0);
  if (walk.fault() != Fault::kNone) return id;  // rows that need it will say so
  return constant(value, type, at);
}

Result<TypedTree> Binder::run(NodeId root, std::optional<Type> as) {
  WEIR_ASSIGN(tree_.root, bind(root));
  if (as) {
    WEIR_ASSIGN(tree_.root, cast(tree_.root, *as, at(tree_.root)));
  }
  return std::move(tree_);
}

Result<TypedId> Binder::bind(NodeId id) {
  if (const auto found = bound_.find(id); found != bound_.end()) return found->second;
  WEIR_ASSIGN(const TypedId typed, bind_fresh(id));
  bound_.emplace(id, typed);
  return typed;
}

Result<TypedId> Binder::bind_fresh(NodeId id) {
  const Node& node = ast_.node(id);
  const std::span<const NodeId> args = ast_.args(id);
  switch (node.op) {
    case Op::kLiteral:
      return literal(ast_.literal(id), node.at);
    case Op::kName:
      return bind_name(id);
    case Op::kInput:
      return make(TypedOp::kInput, 0, schema_.field(node.input).type, {}, node.at, node.input);
    case Op::kAlias:
      return bind(args[0]);
    case Op::kParameter:
      return bind_parameter(node);
    case Op::kOr:
    case Op::kAnd:
    case Op::kNot:
    case Op::kBetween:
      return bind_logic(id);
    case Op::kIn:
    case Op::kNotIn:
      return bind_in(id);
    case Op::kIsNull:
    case Op::kIsNotNull: {
      WEIR_ASSIGN(const TypedId arg, bind(args[0]));
      return make(TypedOp::kIsNull, node.op == Op::kIsNotNull ? 1 : 0, Type::boolean(),
                  std::array{arg}, node.at);
    }
    case Op::kLike:
    case Op::kNotLike:
      return bind_like(id);
    case Op::kCase:
      return bind_case(id);
    case Op::kCast: {
      WEIR_ASSIGN(const TypedId arg, bind(args[0]));
      return cast(arg, node.type, node.at);
    }
    case Op::kCall:
      return bind_call(id);
    case Op::kEq:
    case Op::kNe:
    case Op::kLt:
    case Op::kLe:
    case Op::kGt:
    case Op::kGe: {
      WEIR_ASSIGN(const TypedId left, bind(args[0]));
      WEIR_ASSIGN(const TypedId right, bind(args[1]));
      const auto comparison =
          static_cast<Comparison>(static_cast<int>(node.op) - static_cast<int>(Op::kEq));
      return compare(comparison, left, right, node.at);
    }
    default:
      return bind_arithmetic(id);
  }
}

Result<TypedId> Binder::bind_name(NodeId id) {
  const Node& node = ast_.node(id);
  const std::string_view name = ast_.text(id);
  const Field* field = schema_.find(name);
  if (field != nullptr) return make(TypedOp::kInput, 0, field->type, {}, node.at, field->input);
  std::vector<std::string_view> known;
  for (const Field& each : schema_.fields())
    if (!each.name.empty()) known.push_back(each.name);
  return fail(error("name_unknown", "there is no column '" + std::string(name) + "'", node.at, {},
                    std::string(nearest_name(name, known))));
}

Result<TypedId> Binder::bind_parameter(const Node& node) {
  if (node.input > options_.parameters.size())
    return fail(error("parameter_missing",
                      "$" + std::to_string(node.input) + " has no value; " +
                          std::to_string(options_.parameters.size()) + " are given",
                      node.at));
  return literal(options_.parameters[node.input - 1], node.at);
}

Result<TypedId> Binder::bind_truth(NodeId id) {
  WEIR_ASSIGN(const TypedId bound, bind(id));
  if (type(bound).is(Kind::kNull)) return coerce(bound, Type::boolean());
  if (!type(bound).is(Kind::kBool))
    return fail(error("type_mismatch", "expected a condition, found " + type_name(type(bound)),
                      ast_.node(id).at, "a comparison or a bool"));
  return bound;
}

Result<TypedId> Binder::bind_logic(NodeId id) {
  const Node& node = ast_.node(id);
  const std::span<const NodeId> args = ast_.args(id);
  Ids bound;
  if (node.op == Op::kBetween) {
    for (const NodeId arg : args) {
      WEIR_ASSIGN(const TypedId typed, bind(arg));
      bound.push_back(typed);
    }
    WEIR_ASSIGN(const TypedId low, compare(Comparison::kGe, bound[0], bound[1], node.at));
    WEIR_ASSIGN(const TypedId high, compare(Comparison::kLe, bound[0], bound[2], node.at));
    return make(TypedOp::kAnd, 0, Type::boolean(), std::array{low, high}, node.at);
  }
  for (const NodeId arg : args) {
    WEIR_ASSIGN(const TypedId typed, bind_truth(arg));
    bound.push_back(typed);
  }
  const TypedOp op = node.op == Op::kOr    ? TypedOp::kOr
                     : node.op == Op::kAnd ? TypedOp::kAnd
                                           : TypedOp::kNot;
  return make(op, 0, Type::boolean(), bound, node.at);
}

Result<TypedId> Binder::compare(Comparison comparison, TypedId left, TypedId right, Position at) {
  adapt_durations(left, right);
  const Type a = type(left);
  const Type b = type(right);
  const bool whole = a.numeric() && b.numeric() && !a.is(Kind::kF64) && !b.is(Kind::kF64);
  if (!whole) {  // integers and decimals compare exactly as they are
    const std::optional<Type> shared = common(left, a, right);
    if (!shared)
      return fail(error("type_mismatch", "cannot compare " + type_name(a) + " with " + type_name(b),
                        at, "values of one type"));
    const bool symbols = shared->is(Kind::kSymbol);
    if (symbols && comparison != Comparison::kEq && comparison != Comparison::kNe)
      return fail(error("type_mismatch", "symbols have no order", at, "= or != or in"));
    const Type target = shared->is(Kind::kNull) ? Type::boolean() : *shared;
    WEIR_ASSIGN(left, coerce(left, target));
    WEIR_ASSIGN(right, coerce(right, target));
  }
  return make(TypedOp::kCompare, static_cast<std::uint8_t>(comparison), Type::boolean(),
              std::array{left, right}, at);
}

namespace {

template <class T>
void sort_once(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

// Constants of the operand's type become one set; what else is in the list is compared one by one.
Result<TypedId> Binder::bind_in(NodeId id) {
  const Node& node = ast_.node(id);
  const std::span<const NodeId> args = ast_.args(id);
  const bool negated = node.op == Op::kNotIn;
  WEIR_ASSIGN(const TypedId operand, bind(args[0]));
  const Type of = type(operand);
  ConstantSet set;
  std::size_t constants = 0;
  Ids parts;
  for (const NodeId arg : args.subspan(1)) {
    WEIR_ASSIGN(TypedId item, bind(arg));
    TypedId left = operand;
    const bool countable = tree_.is_constant(item) && !of.per_row() && !of.is(Kind::kNull) &&
                           !of.is(Kind::kBool) && !tree_.is_constant(operand);
    if (countable) {
      adapt_durations(left, item);
      const std::optional<Type> shared = common(left, of, item);
      if (shared && *shared == of) {
        WEIR_ASSIGN(const TypedId same, coerce(item, of));
        if (tree_.is_constant(same)) {
          const Value& value = tree_.constant(same);
          ++constants;
          if (value.null) {
            set.has_null = true;
          } else if (of.is(Kind::kF64) && numeric::is_nan(value.f)) {
            set.has_nan = true;
          } else if (of.is(Kind::kF64)) {
            set.doubles.push_back(value.f == 0 ? 0.0 : value.f);
          } else if (of.is(Kind::kString)) {
            set.texts.push_back(value.s);
          } else {
            set.integers.push_back(value.i);
          }
          continue;
        }
      }
    }
    WEIR_ASSIGN(const TypedId part,
                compare(negated ? Comparison::kNe : Comparison::kEq, operand, item, node.at));
    parts.push_back(part);
  }
  if (constants != 0) {
    sort_once(set.integers);
    sort_once(set.doubles);
    sort_once(set.texts);
    const auto index = static_cast<std::uint32_t>(tree_.sets.size());
    tree_.sets.push_back(std::move(set));
    parts.insert(parts.begin(), make(TypedOp::kIn, negated ? 1 : 0, Type::boolean(),
                                     std::array{operand}, node.at, index));
  }
  if (parts.size() == 1) return parts[0];
  return make(negated ? TypedOp::kAnd : TypedOp::kOr, 0, Type::boolean(), parts, node.at);
}

Result<TypedId> Binder::bind_like(NodeId id) {
  const Node& node = ast_.node(id);
  const std::span<const NodeId> args = ast_.args(id);
  WEIR_ASSIGN(TypedId text, bind(args[0]));
  WEIR_ASSIGN(const TypedId pattern, bind(args[1]));
  if (type(text).is(Kind::kNull)) {
    WEIR_ASSIGN(text, coerce(text, Type::string()));
  }
  if (!type(text).is(Kind::kString)) return fail(mismatch("like", text, "a string"));
  return make(TypedOp::kLike, node.op == Op::kNotLike ? 1 : 0, Type::boolean(),
              std::array{text, pattern}, node.at);
}

Result<TypedId> Binder::bind_case(NodeId id) {
  const Node& node = ast_.node(id);
  const std::span<const NodeId> args = ast_.args(id);
  Ids conditions;
  Ids results;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const bool condition = i % 2 == 0 && i + 1 < args.size();
    WEIR_ASSIGN(const TypedId bound, condition ? bind_truth(args[i]) : bind(args[i]));
    (condition ? conditions : results).push_back(bound);
  }
  if (results.size() == conditions.size()) results.push_back(constant({}, Type::null(), node.at));
  WEIR_ASSIGN(const Type shared, common_type(results, node.at));
  Ids typed;
  for (std::size_t i = 0; i < results.size(); ++i) {
    WEIR_ASSIGN(const TypedId result, coerce(results[i], shared));
    if (i < conditions.size()) typed.push_back(conditions[i]);
    typed.push_back(result);
  }
  return make(TypedOp::kCase, 0, shared, typed, node.at);
}

Result<TypedTree> bind_types(const Ast& ast, NodeId root, const Schema& schema,
                             const Options& options, std::optional<Type> as) {
  return Binder(ast, schema, options).run(root, as);
}

}  // namespace weir::expr
