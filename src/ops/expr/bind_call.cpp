// Types of arithmetic and of the functions.
#include <algorithm>
#include <array>

#include "ops/expr/bind.hpp"
#include "ops/expr/spelling.hpp"

namespace weir::expr {
namespace {

TypedOp typed_op(Op op) {
  switch (op) {
    case Op::kAdd:
      return TypedOp::kAdd;
    case Op::kSub:
      return TypedOp::kSub;
    case Op::kMul:
      return TypedOp::kMul;
    case Op::kDiv:
      return TypedOp::kDiv;
    case Op::kIntDiv:
      return TypedOp::kIntDiv;
    default:
      return TypedOp::kMod;
  }
}

std::uint8_t scale_of(Type type) {
  return type.is(Kind::kDecimal) ? type.scale : std::uint8_t{0};
}

}  // namespace

Result<TypedId> Binder::bind_arithmetic(NodeId id) {
  const Node& node = ast_.node(id);
  const std::span<const NodeId> args = ast_.args(id);
  WEIR_ASSIGN(TypedId left, bind(args[0]));
  if (node.op == Op::kNeg) return negate(TypedOp::kNeg, 0, left, node.at, "-");
  WEIR_ASSIGN(TypedId right, bind(args[1]));
  if (node.op == Op::kConcat) {
    for (TypedId* side : {&left, &right}) {
      if (type(*side).is(Kind::kNull)) {
        WEIR_ASSIGN(*side, coerce(*side, Type::string()));
      }
      if (!type(*side).is(Kind::kString))
        return fail(mismatch("||", *side, "strings; cast(x as string) makes one"));
    }
    return make(TypedOp::kConcat, 0, Type::string(), std::array{left, right}, node.at);
  }
  const TypedOp op = typed_op(node.op);
  if (op == TypedOp::kAdd || op == TypedOp::kSub) adapt_durations(left, right);
  for (TypedId* side : {&left, &right})
    if (type(*side).is(Kind::kNull)) {
      const Type other = type(side == &left ? right : left);
      WEIR_ASSIGN(*side, coerce(*side, other.is(Kind::kNull) ? Type::i64() : other));
    }
  const auto timed = [&](TypedId side) {
    return type(side).is(Kind::kTimestamp) || type(side).is(Kind::kDuration);
  };
  if (timed(left) || timed(right)) return timed_arithmetic(op, left, right, node.at);
  for (const TypedId side : {left, right})
    if (!type(side).numeric())
      return fail(mismatch(operator_word(node.op), side, "numbers on both sides"));
  return numeric_arithmetic(op, left, right, node.at);
}

Result<TypedId> Binder::numeric_arithmetic(TypedOp op, TypedId left, TypedId right, Position at) {
  const Type a = type(left);
  const Type b = type(right);
  const bool f64 = a.is(Kind::kF64) || b.is(Kind::kF64);
  if (f64 && op == TypedOp::kIntDiv)
    return fail(error("type_mismatch", "div is for integers and decimals", at, "floor(a / b)"));
  if (f64 || op == TypedOp::kDiv) {
    const std::uint8_t strict = op == TypedOp::kDiv && !f64 ? 1 : 0;
    WEIR_ASSIGN(left, coerce(left, Type::f64()));
    WEIR_ASSIGN(right, coerce(right, Type::f64()));
    return make(op, strict, Type::f64(), std::array{left, right}, at);
  }
  if (op == TypedOp::kIntDiv) return make(op, 0, Type::i64(), std::array{left, right}, at);
  if (a.is(Kind::kI64) && b.is(Kind::kI64))
    return make(op, 0, Type::i64(), std::array{left, right}, at);
  if (a.per_row() || b.per_row())
    return make(op, 0, Type::decimal_per_row(), std::array{left, right}, at);
  if (op == TypedOp::kMul) {
    const unsigned scale = scale_of(a) + scale_of(b);
    if (scale > kScaleMax)
      return fail(error("type_mismatch",
                        "the product would have " + std::to_string(scale) + " decimals", at,
                        "at most 18: cast one side"));
    return make(op, 0, Type::decimal(static_cast<std::uint8_t>(scale)), std::array{left, right},
                at);
  }
  for (auto [side, other] : {std::pair{&left, b}, std::pair{&right, a}})
    if (exact_as(*side, other)) {
      WEIR_ASSIGN(*side, coerce(*side, other));
      break;
    }
  const bool integers = type(left).is(Kind::kI64) && type(right).is(Kind::kI64);
  const std::uint8_t scale = std::max(scale_of(type(left)), scale_of(type(right)));
  return make(op, 0, integers ? Type::i64() : Type::decimal(scale), std::array{left, right}, at);
}

Result<TypedId> Binder::timed_arithmetic(TypedOp op, TypedId left, TypedId right, Position at) {
  const Kind a = type(left).kind;
  const Kind b = type(right).kind;
  const auto is = [&](Kind x, Kind y) { return a == x && b == y; };
  const auto result = [&](Type to) { return make(op, 0, to, std::array{left, right}, at); };
  const Kind time = Kind::kTimestamp;
  const Kind span = Kind::kDuration;
  if (op == TypedOp::kAdd && (is(time, span) || is(span, time))) return result(Type::timestamp());
  if (op == TypedOp::kSub && is(time, span)) return result(Type::timestamp());
  if (op == TypedOp::kSub && is(time, time)) return result(Type::duration());
  if ((op == TypedOp::kAdd || op == TypedOp::kSub) && is(span, span))
    return result(Type::duration());
  if (op == TypedOp::kMul && (is(span, Kind::kI64) || is(Kind::kI64, span)))
    return result(Type::duration());
  if (op == TypedOp::kDiv && is(span, span)) {
    WEIR_ASSIGN(left, coerce(left, Type::f64()));
    WEIR_ASSIGN(right, coerce(right, Type::f64()));
    return make(op, 1, Type::f64(), std::array{left, right}, at);
  }
  return fail(
      error("type_mismatch",
            "no such arithmetic of " + type_name(type(left)) + " and " + type_name(type(right)), at,
            "time - time, time + 5m, 5m + 1h, 5m * 2 or 1h / 5m"));
}

Result<TypedId> Binder::negate(TypedOp op, std::uint8_t sub, TypedId arg, Position at,
                               std::string_view what) {
  if (type(arg).is(Kind::kNull)) {
    WEIR_ASSIGN(arg, coerce(arg, Type::i64()));
  }
  if (!type(arg).numeric() && !type(arg).is(Kind::kDuration))
    return fail(mismatch(what, arg, "a number or a duration"));
  return make(op, sub, type(arg), std::array{arg}, at);
}

Result<TypedId> Binder::bind_call(NodeId id) {
  const Node& node = ast_.node(id);
  const FunctionInfo& info = function_info(node.function);
  if (node.count < info.args_min || node.count > info.args_max) {
    std::string wanted = std::to_string(info.args_min);
    if (info.args_max == 255) wanted += " or more";
    if (info.args_max == info.args_min + 1) wanted += " or " + std::to_string(info.args_max);
    return fail(
        error("argument_count",
              std::string(info.name) + " takes " + wanted + ", not " + std::to_string(node.count),
              node.at));
  }
  Ids args;
  for (const NodeId arg : ast_.args(id)) {
    WEIR_ASSIGN(const TypedId bound, bind(arg));
    args.push_back(bound);
  }
  switch (node.function) {
    case Function::kLeast:
    case Function::kGreatest:
    case Function::kClamp:
    case Function::kCoalesce:
    case Function::kNullif:
    case Function::kHash64:
      return call_of_one_type(node.function, std::move(args), node.at);
    case Function::kAbs:
      return negate(TypedOp::kCall, static_cast<std::uint8_t>(Function::kAbs), args[0], node.at,
                    "abs");
    case Function::kYear:
    case Function::kMonth:
    case Function::kDay:
    case Function::kHour:
    case Function::kMinute:
    case Function::kDow:
    case Function::kDateTrunc:
    case Function::kInterval:
      return call_of_times(node.function, std::move(args), node.at);
    default:
      return node.function <= Function::kPow || node.function == Function::kIsNan
                 ? call_of_numbers(node.function, std::move(args), node.at)
                 : call_of_texts(node.function, std::move(args), node.at);
  }
}

Result<TypedId> Binder::call_of_one_type(Function function, Ids args, Position at) {
  const auto sub = static_cast<std::uint8_t>(function);
  WEIR_ASSIGN(Type shared, common_type(args, at));
  if (shared.is(Kind::kNull)) shared = Type::i64();
  for (TypedId& arg : args) {
    WEIR_ASSIGN(arg, coerce(arg, shared));
  }
  if (function == Function::kHash64) return make(TypedOp::kCall, sub, Type::i64(), args, at);
  if (function == Function::kCoalesce) return make(TypedOp::kCoalesce, 0, shared, args, at);
  if (function != Function::kNullif && shared.is(Kind::kSymbol))
    return fail(mismatch(function_info(function).name, args[0], "values that have an order"));
  if (function != Function::kClamp) return make(TypedOp::kCall, sub, shared, args, at);
  const TypedId raised = make(TypedOp::kCall, static_cast<std::uint8_t>(Function::kGreatest),
                              shared, std::array{args[0], args[1]}, at);
  return make(TypedOp::kCall, static_cast<std::uint8_t>(Function::kLeast), shared,
              std::array{raised, args[2]}, at);
}

Result<TypedId> Binder::call_of_numbers(Function function, Ids args, Position at) {
  const std::string_view name = function_info(function).name;
  const bool rounds =
      function == Function::kFloor || function == Function::kCeil || function == Function::kRound;
  for (TypedId& arg : args) {
    if (!type(arg).numeric() && !type(arg).is(Kind::kNull))
      return fail(mismatch(name, arg, "a number"));
    if (!rounds) {
      WEIR_ASSIGN(arg, coerce(arg, Type::f64()));
    }
  }
  const auto sub = static_cast<std::uint8_t>(function);
  if (!rounds) {
    const bool test = function == Function::kIsNan;
    return make(TypedOp::kCall, sub, test ? Type::boolean() : Type::f64(), args, at);
  }
  if (type(args[0]).is(Kind::kNull)) return coerce(args[0], Type::i64());
  if (type(args[0]).is(Kind::kI64)) return args[0];
  const bool f64 = type(args[0]).is(Kind::kF64);
  return make(TypedOp::kCall, sub, f64 ? Type::f64() : Type::i64(), args, at);
}

Result<TypedId> Binder::call_of_texts(Function function, Ids args, Position at) {
  const std::string_view name = function_info(function).name;
  const bool substr = function == Function::kSubstr;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const Type wanted = substr && i > 0 ? Type::i64() : Type::string();
    if (type(args[i]).is(Kind::kNull)) {
      WEIR_ASSIGN(args[i], coerce(args[i], wanted));
    }
    if (type(args[i]) != wanted) return fail(mismatch(name, args[i], type_name(wanted)));
  }
  Type result = Type::boolean();
  if (function == Function::kLength) result = Type::i64();
  if (substr || function == Function::kLower || function == Function::kUpper)
    result = Type::string();
  return make(TypedOp::kCall, static_cast<std::uint8_t>(function), result, args, at);
}

Result<TypedId> Binder::call_of_times(Function function, Ids args, Position at) {
  static constexpr std::array<std::string_view, 8> kUnits = {"second", "minute",  "hour",  "day",
                                                             "week",   "quarter", "month", "year"};
  const std::string_view name = function_info(function).name;
  const bool makes = function == Function::kInterval;
  const bool cuts = function == Function::kDateTrunc;
  if (makes || cuts) {
    const TypedId unit = args[makes ? 1 : 0];
    const std::size_t known = makes ? 5 : kUnits.size();
    const bool text = tree_.is_constant(unit) && type(unit).is(Kind::kString);
    const auto* end = kUnits.begin() + known;
    if (!text || std::find(kUnits.begin(), end, tree_.constant(unit).s) == end)
      return fail(error("type_mismatch", std::string(name) + " needs a unit of time",
                        this->at(unit),
                        makes ? "'second', 'minute', 'hour', 'day' or 'week'"
                              : "'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter' "
                                "or 'year'"));
  }
  TypedId& value = args[cuts ? 1 : 0];
  const Type wanted = makes ? Type::i64() : Type::timestamp();
  const bool text_time = tree_.is_constant(value) && type(value).is(Kind::kString);
  if (type(value).is(Kind::kNull) || (text_time && !makes)) {
    WEIR_ASSIGN(value, coerce(value, wanted));
  }
  if (type(value) != wanted) return fail(mismatch(name, value, type_name(wanted)));
  const Type result = makes ? Type::duration() : cuts ? Type::timestamp() : Type::i64();
  return make(TypedOp::kCall, static_cast<std::uint8_t>(function), result, args, at);
}

}  // namespace weir::expr
