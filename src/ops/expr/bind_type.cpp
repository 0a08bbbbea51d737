// Which types go together, and how a value becomes one of another type.
#include <algorithm>
#include <array>

#include "base/time_text.hpp"
#include "ops/expr/bind.hpp"
#include "ops/expr/spelling.hpp"

namespace weir::expr {
namespace {

bool castable(Type from, Type to) {
  if (from == to || from.is(Kind::kNull)) return true;
  switch (to.kind) {
    case Kind::kBool:
      return from.is(Kind::kI64) || from.is(Kind::kString);
    case Kind::kI64:
      return from.kind != Kind::kNull;
    case Kind::kF64:
      return from.numeric() || from.is(Kind::kDuration) || from.is(Kind::kString);
    case Kind::kDecimal:
      if (to.per_row()) return from.is(Kind::kI64) || from.is(Kind::kDecimal);
      return from.numeric() || from.is(Kind::kDuration) || from.is(Kind::kString);
    case Kind::kTimestamp:
      return from.is(Kind::kI64) || from.is(Kind::kString);
    case Kind::kDuration:
      return from.numeric() || from.is(Kind::kString);
    case Kind::kString:
      return !from.is(Kind::kSymbol);
    default:
      return false;
  }
}

Type wider(Type a, Type b) {
  if (a.is(Kind::kF64) || b.is(Kind::kF64)) return Type::f64();
  if (a.per_row() || b.per_row()) return Type::decimal_per_row();
  const std::uint8_t scale = std::max(a.is(Kind::kDecimal) ? a.scale : std::uint8_t{0},
                                      b.is(Kind::kDecimal) ? b.scale : std::uint8_t{0});
  return a.is(Kind::kI64) && b.is(Kind::kI64) ? Type::i64() : Type::decimal(scale);
}

}  // namespace

Result<TypedId> Binder::cast(TypedId id, Type to, Position at) {
  const Type from = type(id);
  if (!castable(from, to))
    return fail(error("type_mismatch",
                      "there is no cast from " + type_name(from) + " to " + type_name(to), at));
  if (from == to) return id;
  return make(TypedOp::kConvert, 0, to, std::array{id}, at);
}

// Returns true if a constant integer or decimal has exactly the same value as `to`.
bool Binder::exact_as(TypedId id, Type to) const {
  if (!tree_.is_constant(id) || tree_.constant(id).null || to.per_row()) return false;
  const Type from = type(id);
  const unsigned from_scale = from.is(Kind::kDecimal) ? from.scale : 0;
  const unsigned to_scale = to.is(Kind::kDecimal) ? to.scale : 0;
  std::int64_t units = 0;
  const std::int64_t value = tree_.constant(id).i;
  return rescale(value, from_scale, to_scale, units) == Fault::kNone &&
         compare_decimal(value, from_scale, units, to_scale) == 0;
}

// A duration beside a number means its seconds: since(debtor) < 5m.
void Binder::adapt_durations(TypedId& left, TypedId& right) {
  const auto adapt = [&](TypedId& id, TypedId other) {
    if (!type(id).is(Kind::kDuration) || !tree_.is_constant(id) || !type(other).numeric()) return;
    const std::int64_t us = tree_.constant(id).i;
    const bool whole = us % kMicrosPerSecond == 0;
    Value value = Value::of_i64(whole ? us / kMicrosPerSecond : us);
    value.null = tree_.constant(id).null;
    id = constant(value, whole ? Type::i64() : Type::decimal(6), at(id));
  };
  adapt(left, right);
  adapt(right, left);
}

// Returns the type that `left` (taken as left_type) and `right` share, if there is one.
std::optional<Type> Binder::common(TypedId left, Type left_type, TypedId right) {
  const Type b = type(right);
  if (left_type == b || b.is(Kind::kNull)) return left_type;
  if (left_type.is(Kind::kNull)) return b;
  if (left_type.numeric() && b.numeric()) {
    if (left_type.is(Kind::kF64) || b.is(Kind::kF64)) return Type::f64();
    if (exact_as(right, left_type)) return left_type;
    if (left_type == type(left) && exact_as(left, b)) return b;
    return wider(left_type, b);
  }
  const auto takes = [&](Type column, TypedId text) {
    const Type of = type(text);
    if (!tree_.is_constant(text)) return false;
    return (column.is(Kind::kTimestamp) && of.is(Kind::kString)) ||
           (column.is(Kind::kSymbol) && (of.is(Kind::kString) || of.is(Kind::kI64))) ||
           (column.numeric() && of.is(Kind::kDuration));
  };
  if (takes(left_type, right)) return left_type;
  if (takes(b, left)) return b;
  return std::nullopt;
}

Result<Type> Binder::common_type(const Ids& ids, Position at) {
  Type shared = type(ids[0]);
  TypedId holder = ids[0];
  for (std::size_t i = 1; i < ids.size(); ++i) {
    const std::optional<Type> next = common(holder, shared, ids[i]);
    if (!next)
      return fail(error(
          "type_mismatch",
          type_name(shared) + " and " + type_name(type(ids[i])) + " have no type in common", at));
    if (*next == type(ids[i])) holder = ids[i];
    shared = *next;
  }
  // A constant may have been fitted into an earlier, narrower type.
  for (const TypedId id : ids) {
    const bool numbers = type(id).numeric() && shared.numeric();
    if (numbers && !shared.is(Kind::kF64) && !exact_as(id, shared))
      shared = wider(shared, type(id));
  }
  return shared;
}

Result<TypedId> Binder::coerce(TypedId id, Type to) {
  const Type from = type(id);
  if (from == to) return id;
  if (from.is(Kind::kNull)) return constant({}, to, at(id));
  if (to.is(Kind::kSymbol)) {
    const Value value = tree_.constant(id);
    const std::string text =
        from.is(Kind::kString) ? std::string(value.s) : std::to_string(value.i);
    if (value.null) return constant({}, to, at(id));
    const Result<std::int64_t> code = schema_.resolve(to.domain, text);
    if (!code) {
      const Status::Error& cause = code.error().error();
      return fail(invalid_argument(cause.reason, cause.message)
                      .at(cause.field)
                      .at_line(at(id).line, at(id).column)
                      .hint(cause.hint));
    }
    return constant(Value::of_i64(*code), to, at(id));
  }
  if (to.is(Kind::kTimestamp) && from.is(Kind::kString)) {
    const Value value = tree_.constant(id);
    std::int64_t us = 0;
    if (value.null) return constant({}, to, at(id));
    if (!parse_time(value.s, us))
      return fail(error("literal_range", "'" + std::string(value.s) + "' is no ISO 8601 time",
                        at(id), "'2026-11-21' or '2026-11-21T04:00:00Z'"));
    return constant(Value::of_i64(us), to, at(id));
  }
  return make(TypedOp::kConvert, 0, to, std::array{id}, at(id));
}

}  // namespace weir::expr
