// Binder: settles the types of one expression. Private to the folder; callers use bind_types().
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ops/expr/typed.hpp"

namespace weir::expr {

class Binder {
 public:
  Binder(const Ast& ast, const Schema& schema, const Options& options)
      : ast_(ast), schema_(schema), options_(options) {}
  Result<TypedTree> run(NodeId root, std::optional<Type> as);

 private:
  using Bound = Result<TypedId>;
  using Ids = std::vector<TypedId>;

  // Of the grammar's operators (bind.cpp).
  Bound bind(NodeId id);
  Bound bind_fresh(NodeId id);
  Bound bind_name(NodeId id);
  Bound bind_parameter(const Node& node);
  Bound bind_logic(NodeId id);
  Bound bind_in(NodeId id);
  Bound bind_like(NodeId id);
  Bound bind_case(NodeId id);
  Bound bind_truth(NodeId id);  // a boolean
  Bound compare(Comparison comparison, TypedId left, TypedId right, Position at);

  // Of arithmetic and functions (bind_call.cpp).
  Bound bind_arithmetic(NodeId id);
  Bound bind_call(NodeId id);
  Bound numeric_arithmetic(TypedOp op, TypedId left, TypedId right, Position at);
  Bound timed_arithmetic(TypedOp op, TypedId left, TypedId right, Position at);
  Bound call_of_one_type(Function function, Ids args, Position at);
  Bound call_of_numbers(Function function, Ids args, Position at);
  Bound call_of_texts(Function function, Ids args, Position at);
  Bound call_of_times(Function function, Ids args, Position at);
  Bound negate(TypedOp op, std::uint8_t sub, TypedId arg, Position at, std::string_view what);

  // Types (bind_type.cpp).
  Bound cast(TypedId id, Type to, Position at);
  Bound coerce(TypedId id, Type to);
  Result<Type> common_type(const Ids& ids, Position at);
  std::optional<Type> common(TypedId left, Type left_type, TypedId right);
  bool exact_as(TypedId constant, Type to) const;
  void adapt_durations(TypedId& left, TypedId& right);

  TypedId constant(Value value, Type type, Position at);
  TypedId literal(const Literal& literal, Position at);
  // Adds a node, or the constant that it is.
  TypedId make(TypedOp op, std::uint8_t sub, Type type, std::span<const TypedId> args, Position at,
               std::uint32_t index = 0);
  Type type(TypedId id) const { return tree_.nodes[id].type; }
  Position at(TypedId id) const { return tree_.nodes[id].at; }
  Status error(std::string_view reason, std::string message, Position at, std::string expected = {},
               std::string nearest = {}) const;
  Status mismatch(std::string_view what, TypedId id, std::string_view expected) const;

  const Ast& ast_;
  const Schema& schema_;
  const Options& options_;
  TypedTree tree_;
  TextArena arena_;
  std::unordered_map<NodeId, TypedId> bound_;  // aliases make a tree share its parts
};

}  // namespace weir::expr
