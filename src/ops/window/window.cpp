#include "ops/window/window.hpp"

#include "ops/table/at_member.hpp"
#include "ops/window/frame_values.hpp"

namespace weir::ops {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

Status syntax(std::string_view text, std::string_view hint) {
  return invalid_argument("window_syntax", "\"" + std::string(text) + "\" is no window function")
      .hint(std::string(hint));
}

// The arguments of lag and lead: an expression, and behind the last comma perhaps an offset.
Result<WindowFunction> parse_shift(std::string_view text, std::string_view inside,
                                   WindowFunction::Kind kind) {
  WindowFunction out;
  out.kind = kind;
  const std::size_t comma = inside.rfind(',');
  if (comma != std::string_view::npos) {
    const auto number = expr::parse_number_literal(trim(inside.substr(comma + 1)));
    if (number && number->kind == expr::Kind::kI64) {
      out.offset = number->i;
      inside = trim(inside.substr(0, comma));
    }
  }
  if (inside.empty() || out.offset < 0) return fail(syntax(text, "write lag(amount) or lag(x, 3)"));
  WEIR_ASSIGN(out.argument, Expression::parse(inside));
  return out;
}

Result<ColumnPtr> compute(OpRunner& run, const WindowFunction& function, const Column* argument,
                          const WindowOrder& order, const FrameBounds& frames,
                          const EvaluateOptions& options, std::uint64_t* errors) {
  switch (function.kind) {
    case WindowFunction::Kind::kRowNumber:
      return frame_places(order, false);
    case WindowFunction::Kind::kRank:
      return frame_places(order, true);
    case WindowFunction::Kind::kLag:
      return frame_shift(*argument, order, -function.offset);
    case WindowFunction::Kind::kLead:
      return frame_shift(*argument, order, function.offset);
    default:
      return frame_aggregate(run, function.aggregate, argument, order, frames, options, errors);
  }
}

const std::optional<Expression>& argument_of(const WindowFunction& function) {
  return function.kind == WindowFunction::Kind::kAggregate ? function.aggregate.argument
                                                           : function.argument;
}

}  // namespace

Result<WindowFunction> WindowFunction::parse(std::string_view text) {
  const std::string_view whole = trim(text);
  const std::size_t open = whole.find('(');
  if (open == std::string_view::npos || whole.back() != ')') {
    return fail(syntax(text, "write row_number(), lag(amount) or sum(amount)"));
  }
  const std::string_view name = trim(whole.substr(0, open));
  const std::string_view inside = trim(whole.substr(open + 1, whole.size() - open - 2));
  WindowFunction out;
  if (name == "row_number" || name == "rank") {
    if (!inside.empty()) return fail(syntax(text, "row_number() and rank() take nothing"));
    out.kind = name == "rank" ? Kind::kRank : Kind::kRowNumber;
    return out;
  }
  if (name == "lag") return parse_shift(text, inside, Kind::kLag);
  if (name == "lead") return parse_shift(text, inside, Kind::kLead);
  WEIR_ASSIGN(out.aggregate, Aggregate::parse(text));
  return out;
}

Result<Table> add_window(OpRunner& run, const Table& table, const WindowStep& step,
                         const EvaluateOptions& options, std::uint64_t* errors) {
  std::vector<Expression> expressions;
  for (const WindowStep::Named& named : step.set) {
    if (argument_of(named.function)) expressions.push_back(*argument_of(named.function));
  }
  WEIR_ASSIGN(const std::vector<ColumnPtr> arguments,
              at_member("set", evaluate(run, table, expressions, options, errors)));
  WEIR_ASSIGN(const WindowOrder order, window_order(run, table, step, options, errors));
  WEIR_ASSIGN(const FrameBounds frames, frame_bounds(order, step.frame));
  Table out = table;
  std::size_t next = 0;
  for (const WindowStep::Named& named : step.set) {
    const Column* argument = argument_of(named.function) ? arguments[next++].get() : nullptr;
    WEIR_ASSIGN(ColumnPtr column,
                at_member("set." + named.name,
                          compute(run, named.function, argument, order, frames, options, errors)));
    WEIR_TRY(out.set(named.name, std::move(column)));
  }
  return out;
}

}  // namespace weir::ops
