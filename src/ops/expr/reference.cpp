// The tree walk: one row at a time, one node at a time, as the language reads.
#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/numeric/elementary.hpp"
#include "ops/expr/typed.hpp"

namespace weir::expr {
namespace {

std::int64_t read_integer(const ColumnView& column, const void* at) {
  switch (column.storage) {
    case Storage::kU8:
      return load<std::uint8_t>(at);
    case Storage::kU16:
      return load<std::uint16_t>(at);
    case Storage::kU32:
      return load<std::uint32_t>(at);
    case Storage::kI32:
      return load<std::int32_t>(at);
    default:
      return load<std::int64_t>(at);
  }
}

}  // namespace

Value read_value(const ColumnView& column, Type type, std::size_t row) {
  Value value;
  if (!column.valid(row)) return value;
  value.null = false;
  const void* at = column.at(row);
  switch (column.storage) {
    case Storage::kBitmap:
      value.i = static_cast<std::int64_t>(
          static_cast<const std::uint64_t*>(column.data)[row / 64] >> (row % 64) & 1);
      return value;
    case Storage::kF32:
      value.f = static_cast<double>(load<float>(at));
      return value;
    case Storage::kF64:
      value.f = load<double>(at);
      return value;
    case Storage::kText:
      value.s = load<std::string_view>(at);
      return value;
    case Storage::kTextOffsets: {
      const auto begin = load<std::uint32_t>(at);
      const auto end = load<std::uint32_t>(static_cast<const char*>(at) + sizeof(std::uint32_t));
      value.s = {column.bytes + begin, end - begin};
      return value;
    }
    case Storage::kTextCodes: {
      const std::uint32_t* const text = column.offsets + load<std::uint32_t>(at);
      value.s = {column.bytes + text[0], text[1] - text[0]};
      return value;
    }
    default:
      value.i = read_integer(column, at);
  }
  if (column.zero_is_null && value.i == 0) return {};
  if (type.is(Kind::kBool)) value.i = value.i != 0 ? 1 : 0;
  if (type.per_row()) {
    value.scale = column.exponents == nullptr ? std::uint8_t{0}
                                              : column.exponents[row * column.exponent_stride];
    if (value.scale > kScaleMax) return {};
  }
  return value;
}

Status fault_status(Fault fault, std::size_t row, Position at) {
  return invalid_argument(fault == Fault::kOverflow       ? "expr_overflow"
                          : fault == Fault::kZeroDivision ? "expr_zero_division"
                                                          : "expr_cast",
                          "row " + std::to_string(row) + ": " + std::string(fault_text(fault)))
      .at_line(at.line, at.column);
}

Value TreeWalk::read_input(const TypedNode& node, std::size_t row) const {
  return read_value(inputs_[node.index], node.type, row);
}

// What options make of a value: non-finite numbers and comparisons with null.
Value TreeWalk::finish(Value value, const TypedNode& node) const {
  if (options_.non_finite_is_null && node.type.is(Kind::kF64) && !value.null &&
      !numeric::is_finite(value.f))
    return {};
  const bool compares =
      node.op == TypedOp::kCompare || node.op == TypedOp::kIn || node.op == TypedOp::kLike;
  if (options_.null_compares_false && compares && value.null) return Value::of_i64(0);
  return value;
}

Value TreeWalk::logic(const TypedNode& node, std::size_t row) {
  const std::int64_t decisive = node.op == TypedOp::kOr ? 1 : 0;
  bool null = false;
  for (const TypedId arg : tree_.args(node)) {
    const Value value = evaluate(arg, row);
    if (value.null) {
      null = true;
    } else if (value.i == decisive) {
      return value;
    }
  }
  Value result = Value::of_i64(1 - decisive);
  result.null = null;
  return result;
}

Value TreeWalk::member(const TypedNode& node, std::size_t row) {
  const TypedId operand = tree_.args(node)[0];
  const Value value = evaluate(operand, row);
  const ConstantSet& set = tree_.sets[node.index];
  if (value.null) return {};
  bool found = false;
  if (tree_.nodes[operand].type.is(Kind::kF64)) {
    found = numeric::is_nan(value.f)
                ? set.has_nan
                : std::binary_search(set.doubles.begin(), set.doubles.end(), value.f);
  } else if (tree_.nodes[operand].type.is(Kind::kString)) {
    found = std::binary_search(set.texts.begin(), set.texts.end(), value.s);
  } else {
    found = std::binary_search(set.integers.begin(), set.integers.end(), value.i);
  }
  if (!found && set.has_null) return {};
  return Value::of_i64(found != (node.sub != 0) ? 1 : 0);
}

Value TreeWalk::evaluate_strict(const TypedNode& node, std::size_t row) {
  const std::span<const TypedId> ids = tree_.args(node);
  constexpr std::size_t kInline = 4;
  std::array<Value, kInline> few;
  std::array<Type, kInline> few_types;
  std::vector<Value> many;
  std::vector<Type> many_types;
  Value* args = few.data();
  Type* types = few_types.data();
  if (ids.size() > kInline) {
    many.resize(ids.size());
    many_types.resize(ids.size());
    args = many.data();
    types = many_types.data();
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    args[i] = evaluate(ids[i], row);
    types[i] = tree_.nodes[ids[i]].type;
  }
  Value result;
  const ScalarOp op{static_cast<std::uint8_t>(node.op), node.sub, node.type};
  const Fault fault = apply(op, args, types, ids.size(), arena_, result);
  if (fault == Fault::kNone) return result;
  if (!options_.errors_are_null && fault_ == Fault::kNone) {
    fault_ = fault;
    fault_at_ = node.at;
  }
  return {};
}

Value TreeWalk::evaluate(TypedId id, std::size_t row) {
  const TypedNode& node = tree_.nodes[id];
  const std::span<const TypedId> args = tree_.args(node);
  switch (node.op) {
    case TypedOp::kConst:
      return finish(tree_.constants[node.index], node);
    case TypedOp::kInput:
      return finish(read_input(node, row), node);
    case TypedOp::kAnd:
    case TypedOp::kOr:
      return logic(node, row);
    case TypedOp::kNot: {
      Value value = evaluate(args[0], row);
      value.i = 1 - value.i;
      return value;
    }
    case TypedOp::kIsNull:
      return Value::of_i64(evaluate(args[0], row).null != (node.sub != 0) ? 1 : 0);
    case TypedOp::kIn:
      return finish(member(node, row), node);
    case TypedOp::kCase:
      for (std::size_t i = 0; i + 1 < args.size(); i += 2) {
        const Value condition = evaluate(args[i], row);
        if (!condition.null && condition.i != 0) return evaluate(args[i + 1], row);
      }
      return evaluate(args.back(), row);
    case TypedOp::kCoalesce:
      for (const TypedId arg : args.first(args.size() - 1)) {
        const Value value = evaluate(arg, row);
        if (!value.null) return value;
      }
      return evaluate(args.back(), row);
    default:
      return finish(evaluate_strict(node, row), node);
  }
}

Status evaluate_reference(const Ast& ast, NodeId root, const Schema& schema, const Options& options,
                          std::span<const ColumnView> inputs, std::size_t rows,
                          const OutputView& output, std::vector<std::string>& strings) {
  WEIR_ASSIGN(const TypedTree tree, bind_types(ast, root, schema, options, std::nullopt));
  TextArena arena;
  TreeWalk walk(tree, options, inputs, arena);
  const Type type = tree.nodes[tree.root].type;
  const bool boolean = type.is(Kind::kBool) || type.is(Kind::kNull);
  for (std::size_t word = 0; word < (rows + 63) / 64; ++word) {
    if (output.validity != nullptr) output.validity[word] = 0;
    if (boolean) static_cast<std::uint64_t*>(output.data)[word] = 0;
  }
  strings.assign(type.is(Kind::kString) ? rows : 0, {});
  for (std::size_t row = 0; row < rows; ++row) {
    const Value value = walk.evaluate(tree.root, row);
    if (walk.fault() != Fault::kNone) return fault_status(walk.fault(), row, walk.fault_at());
    const std::uint64_t bit = std::uint64_t{1} << (row % 64);
    if (!value.null && output.validity != nullptr) output.validity[row / 64] |= bit;
    if (boolean) {
      if (!value.null && value.i != 0) static_cast<std::uint64_t*>(output.data)[row / 64] |= bit;
    } else if (type.is(Kind::kF64)) {
      static_cast<double*>(output.data)[row] = value.null ? 0.0 : value.f;
    } else if (type.is(Kind::kString)) {
      strings[row] = value.null ? std::string_view{} : value.s;
      static_cast<std::string_view*>(output.data)[row] = strings[row];
    } else {
      static_cast<std::int64_t*>(output.data)[row] = value.null ? 0 : value.i;
      if (type.per_row() && output.exponents != nullptr)
        output.exponents[row] = value.null ? std::uint8_t{0} : value.scale;
    }
    arena.reset();
  }
  return Status::ok();
}

}  // namespace weir::expr
