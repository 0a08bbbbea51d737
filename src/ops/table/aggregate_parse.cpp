#include <array>

#include "ops/table/aggregate.hpp"

namespace weir::ops {
namespace {

struct Name {
  AggregateKind kind;
  std::string_view name;
};
constexpr std::array<Name, 13> kNames{{
    {AggregateKind::kCount, "count"},
    {AggregateKind::kSum, "sum"},
    {AggregateKind::kAvg, "avg"},
    {AggregateKind::kMin, "min"},
    {AggregateKind::kMax, "max"},
    {AggregateKind::kVarPop, "var_pop"},
    {AggregateKind::kVarSamp, "var_samp"},
    {AggregateKind::kStddevPop, "stddev_pop"},
    {AggregateKind::kStddevSamp, "stddev_samp"},
    {AggregateKind::kFirst, "first"},
    {AggregateKind::kLast, "last"},
    {AggregateKind::kCountDistinct, "count_distinct"},
    {AggregateKind::kQuantile, "quantile"},
}};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Status syntax(std::string_view text) {
  return invalid_argument("aggregate_syntax", "\"" + std::string(text) + "\" is no aggregate")
      .hint("write sum(amount), count() or quantile(latency, 0.99)");
}

Result<double> parse_quantile(std::string_view text) {
  WEIR_ASSIGN(const expr::Literal number, expr::parse_number_literal(trim(text)));
  double q = number.f;
  if (number.kind == expr::Kind::kI64) q = static_cast<double>(number.i);
  if (number.kind == expr::Kind::kDecimal) q = expr::decimal_to_f64(number.i, number.scale);
  if (q >= 0 && q <= 1) return q;
  return fail(invalid_argument("quantile_range", "quantile " + std::string(trim(text)))
                  .hint("give one from 0 to 1"));
}

Result<AggregateKind> find_kind(std::string_view name) {
  std::array<std::string_view, kNames.size()> names;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i].name == name) return kNames[i].kind;
    names[i] = kNames[i].name;
  }
  const std::string_view nearest = expr::nearest_name(name, names);
  return fail(invalid_argument("aggregate_unknown", "no aggregate \"" + std::string(name) + "\"")
                  .hint(nearest.empty() ? "use count, sum, avg, min, max, first, last, ..."
                                        : "did you mean " + std::string(nearest) + "?"));
}

}  // namespace

std::string_view aggregate_name(AggregateKind kind) {
  for (const Name& name : kNames) {
    if (name.kind == kind) return name.name;
  }
  return "count";
}

Result<Aggregate> Aggregate::parse(std::string_view text) {
  const std::string_view whole = trim(text);
  const std::size_t open = whole.find('(');
  if (open == std::string_view::npos || whole.back() != ')') return fail(syntax(text));
  Aggregate out;
  WEIR_ASSIGN(out.kind, find_kind(trim(whole.substr(0, open))));
  std::string_view inside = trim(whole.substr(open + 1, whole.size() - open - 2));
  if (out.kind == AggregateKind::kQuantile) {
    const std::size_t comma = inside.rfind(',');
    if (comma == std::string_view::npos) return fail(syntax(text));
    WEIR_ASSIGN(out.q, parse_quantile(inside.substr(comma + 1)));
    inside = trim(inside.substr(0, comma));
  }
  if (out.kind == AggregateKind::kCount && (inside.empty() || inside == "*")) return out;
  if (inside.empty()) return fail(syntax(text));
  WEIR_ASSIGN(out.argument, Expression::parse(inside));
  return out;
}

std::string Aggregate::print() const {
  std::string out(aggregate_name(kind));
  out += '(';
  if (argument) out += argument->print();
  if (kind == AggregateKind::kQuantile) {
    expr::Ast number;
    out += ", " + expr::print(number, number.add_literal(expr::Literal::of(q), {}));
  }
  return out + ')';
}

Result<ColumnType> aggregate_type(AggregateKind kind, const ColumnType* argument) {
  if (argument == nullptr || kind == AggregateKind::kCount ||
      kind == AggregateKind::kCountDistinct) {
    return ColumnType::i64();
  }
  switch (kind) {
    case AggregateKind::kMin:
    case AggregateKind::kMax:
    case AggregateKind::kFirst:
    case AggregateKind::kLast:
      return *argument;
    default:
      break;
  }
  if (!argument->numeric()) {
    return fail(invalid_argument("type_mismatch", std::string(aggregate_name(kind)) + " of a " +
                                                      column_type_name(*argument) + " column")
                    .hint("give it numbers"));
  }
  if (kind != AggregateKind::kSum || argument->floating()) return ColumnType::f64();
  return argument->is(ColumnKind::kI32) ? ColumnType::i64() : *argument;
}

double sum_to_f64(ColumnType type, __int128 sum) {
  const auto value = static_cast<double>(sum);
  return type.is(ColumnKind::kDecimal) ? value / static_cast<double>(expr::kPowersOfTen[type.scale])
                                       : value;
}

bool sum_fits(ColumnType type, __int128 sum) {
  if (type.is(ColumnKind::kU64)) {
    return sum >= 0 && sum == static_cast<__int128>(static_cast<std::uint64_t>(sum));
  }
  return expr::fits_i64(sum);
}

Status sum_overflow(std::uint64_t row) {
  return invalid_argument("sum_overflow",
                          "row " + std::to_string(row) + ": the sum is beyond 64 bits")
      .hint("sum cast(x as f64)");
}

}  // namespace weir::ops
