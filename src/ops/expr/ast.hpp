// Ast: the untyped trees of one or many expressions, with the place in the text of every node.
//
//   Ast ast;
//   WEIR_ASSIGN(const NodeId root, parse("amount > 500 and type = 'payment'", ast));
//   std::string text = print(ast, root);       // canonical; parses to an equal tree
//   std::string json = print_json(ast, root);  // {"op":"and","args":[...]}
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ops/expr/type.hpp"

namespace weir::expr {

enum class Op : std::uint8_t {
  kLiteral,    // literal
  kName,       // text: a column, dotted names joined by '.'
  kInput,      // input: a column that an extension supplies; text is how it is written
  kAlias,      // args[0] under another name, text; compiles to what it stands for
  kParameter,  // input: the number n of $n, from 1
  kOr,         // two or more args, as are kAnd and kIn
  kAnd,
  kNot,
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,
  kIn,  // args[0] in (args[1..])
  kNotIn,
  kBetween,  // args[0] between args[1] and args[2], both ends included
  kIsNull,
  kIsNotNull,
  kLike,  // args[1] is a string literal
  kNotLike,
  kAdd,
  kSub,
  kConcat,
  kMul,
  kDiv,
  kIntDiv,
  kMod,
  kNeg,
  kCall,  // function, args
  kCase,  // when, then, ..., [else]: an odd number of args has an else
  kCast,  // args[0] as type
};

enum class Function : std::uint8_t {
  kAbs,
  kFloor,
  kCeil,
  kRound,
  kSqrt,
  kExp,
  kLn,
  kLog10,
  kPow,
  kLeast,
  kGreatest,
  kClamp,
  kCoalesce,
  kNullif,
  kIsNan,
  kLength,
  kLower,
  kUpper,
  kStartsWith,
  kEndsWith,
  kContains,
  kSubstr,
  kYear,
  kMonth,
  kDay,
  kHour,
  kMinute,
  kDow,
  kDateTrunc,
  kInterval,
  kHash64,
};
inline constexpr unsigned kFunctions = 31;

struct FunctionInfo {
  std::string_view name;
  std::uint8_t args_min;
  std::uint8_t args_max;  // 255: any number
};
const FunctionInfo& function_info(Function function);
// Returns true and the function of that name (lower case).
bool find_function(std::string_view name, Function& function);

struct Literal {
  Kind kind = Kind::kNull;  // kNull kBool kI64 kF64 kDecimal kDuration kString, and kTimestamp in
                            // parameters
  std::uint8_t scale = 0;   // kDecimal
  std::int64_t i = 0;       // kBool 0 or 1; kI64, kDecimal, kDuration, kTimestamp
  double f = 0;             // kF64
  std::string s;            // kString
  static Literal of(bool value) { return {Kind::kBool, 0, value ? 1 : 0, 0, {}}; }
  static Literal of(std::int64_t value) { return {Kind::kI64, 0, value, 0, {}}; }
  static Literal of(double value) { return {Kind::kF64, 0, 0, value, {}}; }
  static Literal of(std::string value) { return {Kind::kString, 0, 0, 0, std::move(value)}; }
  static Literal duration(std::int64_t us) { return {Kind::kDuration, 0, us, 0, {}}; }
  bool operator==(const Literal&) const = default;
};

using NodeId = std::uint32_t;

struct Position {
  std::uint32_t line = 0;  // 0: none (JSON, made by code)
  std::uint32_t column = 0;
};

struct Node {
  Op op = Op::kLiteral;
  Function function = Function::kAbs;
  std::uint8_t depth = 1;  // of the tree below, this node included
  Type type;               // kCast: the target
  std::uint32_t first = 0;
  std::uint32_t count = 0;  // args are Ast::args(node)
  std::uint32_t text = 0;   // kName, kInput, kAlias: index of Ast::text; kLiteral: of Ast::literal
  InputId input = kNoInput;
  Position at;
};

inline constexpr unsigned kDepthMax = 64;
inline constexpr unsigned kNodesMax = 1000;     // of one expression
inline constexpr unsigned kInListMax = 10'000;  // items of an in-list; they do not count as nodes
inline constexpr std::size_t kExpressionBytesMax = 64 * 1024;

// Grows only; node ids stay valid. Not thread-safe.
class Ast {
 public:
  NodeId add_literal(Literal literal, Position at);
  NodeId add_name(std::string_view dotted, Position at);
  // A leaf whose values the caller supplies as the column of `input` (see Schema::add_hidden).
  // `text` is its canonical form, which must parse back with the same extension.
  NodeId add_input(InputId input, std::string_view text, Position at);
  NodeId add_alias(std::string_view name, NodeId target, Position at);
  NodeId add_parameter(std::uint32_t number, Position at);
  NodeId add(Op op, std::span<const NodeId> args, Position at);
  NodeId add_call(Function function, std::span<const NodeId> args, Position at);
  NodeId add_cast(Type type, NodeId arg, Position at);

  const Node& node(NodeId id) const { return nodes_[id]; }
  std::size_t size() const { return nodes_.size(); }
  std::span<const NodeId> args(NodeId id) const {
    return {args_.data() + nodes_[id].first, nodes_[id].count};
  }
  std::string_view text(NodeId id) const { return texts_[nodes_[id].text]; }
  const Literal& literal(NodeId id) const { return literals_[nodes_[id].text]; }

 private:
  NodeId push(Node node, std::span<const NodeId> args);
  std::vector<Node> nodes_;
  std::vector<NodeId> args_;
  std::vector<std::string> texts_;
  std::vector<Literal> literals_;
};

// Returns true if the trees have the same shape, operators and leaves, whatever their places in the
// text.
bool equal(const Ast& a, NodeId a_root, const Ast& b, NodeId b_root);

// Returns the canonical text: lower-case keywords, one space around operators, only needed
// parentheses.
std::string print(const Ast& ast, NodeId root);
// Returns the JSON form: {"op":..,"args":[..]}, {"col":..}, {"lit":..}, {"duration":"5m"},
// {"param":1}, {"input":"count(card, 1h)"}; case and functions are ops, cast has "type".
std::string print_json(const Ast& ast, NodeId root);

}  // namespace weir::expr
