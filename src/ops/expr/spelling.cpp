#include "ops/expr/spelling.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::expr {
namespace {

constexpr std::array<std::pair<std::string_view, Op>, 26> kWords = {{
    {"or", Op::kOr},          {"and", Op::kAnd},
    {"not", Op::kNot},        {"=", Op::kEq},
    {"!=", Op::kNe},          {"<", Op::kLt},
    {"<=", Op::kLe},          {">", Op::kGt},
    {">=", Op::kGe},          {"in", Op::kIn},
    {"not_in", Op::kNotIn},   {"between", Op::kBetween},
    {"is_null", Op::kIsNull}, {"is_not_null", Op::kIsNotNull},
    {"like", Op::kLike},      {"not_like", Op::kNotLike},
    {"+", Op::kAdd},          {"-", Op::kSub},
    {"||", Op::kConcat},      {"*", Op::kMul},
    {"/", Op::kDiv},          {"div", Op::kIntDiv},
    {"%", Op::kMod},          {"neg", Op::kNeg},
    {"case", Op::kCase},      {"cast", Op::kCast},
}};

constexpr std::array<std::string_view, 15> kReserved = {"and",  "or",   "not",  "in",   "between",
                                                        "is",   "null", "like", "case", "when",
                                                        "then", "else", "end",  "true", "false"};

}  // namespace

std::string_view operator_word(Op op) {
  for (const auto& [word, known] : kWords)
    if (known == op) return word;
  return {};
}

bool find_operator(std::string_view word, Op& op) {
  if (word == "==") word = "=";
  if (word == "<>") word = "!=";
  for (const auto& [known, found] : kWords)
    if (known == word) {
      op = found;
      return true;
    }
  return false;
}

bool is_reserved(const Token& token) {
  return std::any_of(kReserved.begin(), kReserved.end(),
                     [&](std::string_view word) { return token.is_word(word); });
}

bool is_bare_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (text.empty() || !letter(text.front())) return false;
  if (!std::all_of(text.begin(), text.end(),
                   [&](char c) { return letter(c) || (c >= '0' && c <= '9'); }))
    return false;
  Token token;
  token.kind = TokenKind::kName;
  token.text = text;
  return !is_reserved(token);
}

bool find_cast_type(std::string_view text, Type& type) {
  for (const Type known : {Type::boolean(), Type::i64(), Type::f64(), Type::timestamp(),
                           Type::duration(), Type::string()})
    if (text == type_name(known)) {
      type = known;
      return true;
    }
  for (unsigned scale = 0; scale <= 18; ++scale) {
    type = Type::decimal(static_cast<std::uint8_t>(scale));
    if (text == type_name(type)) return true;
  }
  return false;
}

}  // namespace weir::expr
