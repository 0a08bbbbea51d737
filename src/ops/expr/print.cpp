#include <array>
#include <charconv>

#include "base/decimal.hpp"
#include "base/json.hpp"
#include "ops/expr/ast.hpp"
#include "ops/expr/parser.hpp"
#include "ops/expr/spelling.hpp"

namespace weir::expr {
namespace {

// How tight an operator binds; a child that binds looser stands in parentheses.
enum Level : int {
  kOrLevel,
  kAndLevel,
  kNotLevel,
  kCompareLevel,
  kAddLevel,
  kMulLevel,
  kUnaryLevel,
  kPrimaryLevel
};

int level(Op op) {
  switch (op) {
    case Op::kOr:
      return kOrLevel;
    case Op::kAnd:
      return kAndLevel;
    case Op::kNot:
      return kNotLevel;
    case Op::kAdd:
    case Op::kSub:
    case Op::kConcat:
      return kAddLevel;
    case Op::kMul:
    case Op::kDiv:
    case Op::kIntDiv:
    case Op::kMod:
      return kMulLevel;
    case Op::kNeg:
      return kUnaryLevel;
    default:
      return op >= Op::kEq && op <= Op::kNotLike ? kCompareLevel : kPrimaryLevel;
  }
}

class Printer {
 public:
  Printer(const Ast& ast, std::string& out) : ast_(ast), out_(out) {}

  void print(NodeId id) {
    const Node& node = ast_.node(id);
    switch (node.op) {
      case Op::kLiteral:
        append_literal(out_, ast_.literal(id));
        return;
      case Op::kName:
      case Op::kAlias:
        append_name(out_, ast_.text(id));
        return;
      case Op::kInput:
        out_ += ast_.text(id);
        return;
      case Op::kParameter:
        out_ += '$' + std::to_string(node.input);
        return;
      case Op::kCall:
        out_ += function_info(node.function).name;
        print_list(ast_.args(id));
        return;
      case Op::kCase:
        print_case(id);
        return;
      case Op::kCast:
        out_ += "cast(";
        print(ast_.args(id)[0]);
        out_ += " as " + type_name(node.type) + ')';
        return;
      default:
        print_operator(id);
    }
  }

 private:
  void print_at(NodeId id, int least) {
    const bool parentheses = level(ast_.node(id).op) < least;
    if (parentheses) out_ += '(';
    print(id);
    if (parentheses) out_ += ')';
  }
  void print_list(std::span<const NodeId> items) {
    out_ += '(';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i != 0) out_ += ", ";
      print(items[i]);
    }
    out_ += ')';
  }
  void print_case(NodeId id) {
    const std::span<const NodeId> args = ast_.args(id);
    out_ += "case";
    for (std::size_t i = 0; i + 1 < args.size(); i += 2) {
      out_ += " when ";
      print(args[i]);
      out_ += " then ";
      print(args[i + 1]);
    }
    if (args.size() % 2 == 1) {
      out_ += " else ";
      print(args.back());
    }
    out_ += " end";
  }
  void print_operator(NodeId id) {
    const Node& node = ast_.node(id);
    const std::span<const NodeId> args = ast_.args(id);
    const int own = level(node.op);
    const std::string_view word = operator_word(node.op);
    switch (node.op) {
      case Op::kNot:
        out_ += "not ";
        print_at(args[0], kNotLevel);
        return;
      case Op::kNeg:
        out_ += '-';
        print_at(args[0], kUnaryLevel);
        return;
      case Op::kIsNull:
      case Op::kIsNotNull:
        print_at(args[0], kAddLevel);
        out_ += node.op == Op::kIsNull ? " is null" : " is not null";
        return;
      case Op::kBetween:
        print_at(args[0], kAddLevel);
        out_ += " between ";
        print_at(args[1], kAddLevel);
        out_ += " and ";
        print_at(args[2], kAddLevel);
        return;
      case Op::kIn:
      case Op::kNotIn:
        print_at(args[0], kAddLevel);
        out_ += node.op == Op::kIn ? " in " : " not in ";
        print_list(args.subspan(1));
        return;
      case Op::kAnd:
      case Op::kOr:
        for (std::size_t i = 0; i < args.size(); ++i) {
          if (i != 0) out_.append(" ").append(word).append(" ");
          print_at(args[i], own + 1);
        }
        return;
      case Op::kNotLike:
        print_at(args[0], kAddLevel);
        out_ += " not like ";
        print_at(args[1], kAddLevel);
        return;
      default:  // two operands; a sum or product groups to the left, a comparison not at all
        print_at(args[0], own == kCompareLevel ? kAddLevel : own);
        out_.append(" ").append(word).append(" ");
        print_at(args[1], own + 1);
    }
  }

  const Ast& ast_;
  std::string& out_;
};

}  // namespace

void append_name(std::string& out, std::string_view dotted) {
  while (true) {
    const std::size_t point = dotted.find('.');
    const std::string_view part = dotted.substr(0, point);
    if (is_bare_name(part)) {
      out += part;
    } else {
      out += '`';
      for (const char c : part) out.append(c == '`' ? 2 : 1, c);
      out += '`';
    }
    if (point == std::string_view::npos) return;
    out += '.';
    dotted.remove_prefix(point + 1);
  }
}

std::string duration_text(std::int64_t us) {
  constexpr std::array<std::pair<std::int64_t, char>, 4> kUnits = {
      {{86'400'000'000, 'd'}, {3'600'000'000, 'h'}, {60'000'000, 'm'}, {1'000'000, 's'}}};
  for (const auto& [unit, letter] : kUnits)
    if (us != 0 && us % unit == 0) return std::to_string(us / unit) + letter;
  return std::to_string(us / 1'000'000) + 's';
}

std::string number_text(const Literal& literal) {
  if (literal.kind == Kind::kI64) return std::to_string(literal.i);
  if (literal.kind == Kind::kDecimal) return format_decimal(literal.i, literal.scale);
  std::array<char, 40> buffer;
  const auto [end, code] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), literal.f,
                                         std::chars_format::scientific);
  return {buffer.data(), end};
}

std::optional<Literal> negated(const Literal& literal) {
  if (literal.kind == Kind::kDuration && literal.i >= 0) return Literal::duration(-literal.i);
  if (!Type{literal.kind}.numeric()) return std::nullopt;
  const std::string text = number_text(literal);
  if (text.front() == '-') return std::nullopt;
  Result<Literal> result = parse_number_literal('-' + text);
  if (!result) return std::nullopt;
  return std::move(*result);
}

void append_literal(std::string& out, const Literal& literal) {
  switch (literal.kind) {
    case Kind::kNull:
      out += "null";
      return;
    case Kind::kBool:
      out += literal.i != 0 ? "true" : "false";
      return;
    case Kind::kDuration:
      out += duration_text(literal.i);
      return;
    case Kind::kString:
      out += '\'';
      for (const char c : literal.s) out.append(c == '\'' ? 2 : 1, c);
      out += '\'';
      return;
    default:
      out += number_text(literal);
  }
}

std::string print(const Ast& ast, NodeId root) {
  std::string out;
  Printer(ast, out).print(root);
  return out;
}

}  // namespace weir::expr
