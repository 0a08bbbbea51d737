// TypedTree: one expression after names, types and constants are settled. The tree walk runs it as
// it is, the compiler turns it into instructions.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ops/expr/ast.hpp"
#include "ops/expr/expr.hpp"
#include "ops/expr/value.hpp"

namespace weir::expr {

enum class TypedOp : std::uint8_t {
  kConst,  // index: of constants
  kInput,  // index: the input
  kAnd,    // n operands, Kleene, left to right
  kOr,
  kNot,
  kCompare,  // sub: Comparison; operands of one kind, or decimals and integers mixed
  kIn,       // index: of sets; sub: 1 for not in
  kIsNull,   // sub: 1 for is not null
  kLike,     // args[1] is the constant pattern; sub: 1 for not like
  kAdd,
  kSub,
  kMul,
  kDiv,  // f64 quotient; sub: 1 where a zero divisor is a fault (operands were no f64)
  kIntDiv,
  kMod,
  kNeg,
  kConcat,
  kCase,  // as Op::kCase, always with an else
  kCoalesce,
  kConvert,  // args[0] to type
  kCall,     // sub: Function
};

enum class Comparison : std::uint8_t { kEq, kNe, kLt, kLe, kGt, kGe };
// Returns whether `order` (-1, 0, 1) satisfies the comparison.
constexpr bool satisfies(Comparison comparison, int order) {
  switch (comparison) {
    case Comparison::kEq:
      return order == 0;
    case Comparison::kNe:
      return order != 0;
    case Comparison::kLt:
      return order < 0;
    case Comparison::kLe:
      return order <= 0;
    case Comparison::kGt:
      return order > 0;
    case Comparison::kGe:
      return order >= 0;
  }
  return false;
}

using TypedId = std::uint32_t;

struct TypedNode {
  TypedOp op = TypedOp::kConst;
  std::uint8_t sub = 0;
  Type type;
  std::uint32_t index = 0;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  Position at;
};

// The constants of an in-list, sorted, each once. Which vector is used follows the operand's type.
struct ConstantSet {
  std::vector<std::int64_t> integers;
  std::vector<double> doubles;  // without NaN, which has no place in a sorted list
  std::vector<std::string_view> texts;
  bool has_nan = false;
  bool has_null = false;
};

struct TypedTree {
  std::vector<TypedNode> nodes;
  std::vector<TypedId> arg_ids;
  std::vector<Value> constants;
  std::vector<ConstantSet> sets;
  std::deque<std::string> strings;  // what constants point into
  TypedId root = 0;

  std::span<const TypedId> args(const TypedNode& node) const {
    return {arg_ids.data() + node.first, node.count};
  }
  bool is_constant(TypedId id) const { return nodes[id].op == TypedOp::kConst; }
  const Value& constant(TypedId id) const { return constants[nodes[id].index]; }
};

// Settles names, types and constants of an expression. Errors as of Compiler.
Result<TypedTree> bind_types(const Ast& ast, NodeId root, const Schema& schema,
                             const Options& options, std::optional<Type> as);

// Evaluates a typed tree for one row at a time.
class TreeWalk {
 public:
  TreeWalk(const TypedTree& tree, const Options& options, std::span<const ColumnView> inputs,
           TextArena& arena)
      : tree_(tree), options_(options), inputs_(inputs), arena_(arena) {}
  Value evaluate(TypedId id, std::size_t row);
  // The first fault since the start that options do not turn into null; kNone if there was none.
  Fault fault() const { return fault_; }
  Position fault_at() const { return fault_at_; }

 private:
  Value evaluate_strict(const TypedNode& node, std::size_t row);
  Value read_input(const TypedNode& node, std::size_t row) const;
  Value logic(const TypedNode& node, std::size_t row);
  Value member(const TypedNode& node, std::size_t row);
  Value finish(Value value, const TypedNode& node) const;

  const TypedTree& tree_;
  const Options& options_;
  std::span<const ColumnView> inputs_;
  TextArena& arena_;
  Fault fault_ = Fault::kNone;
  Position fault_at_;
};

// Reads one value of a column as `type`; the scalar twin of a program's loads.
Value read_value(const ColumnView& column, Type type, std::size_t row);
// Returns the error of a fault: "overflow in row 17", with the place in the expression.
Status fault_status(Fault fault, std::size_t row, Position at);

}  // namespace weir::expr
