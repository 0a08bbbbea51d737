// Generator: typed trees to instructions over virtual registers, equal ones once. Private to the
// folder.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ops/expr/code.hpp"

namespace weir::expr {

// Returns the class of register that holds values of a type.
RegisterClass class_of(Type type);
// Returns true if the operation itself, its operands aside, can have a fault.
bool can_fault(const TypedTree& tree, const TypedNode& node);
// The fixed decimals of a type; kPerRow where rows differ.
inline unsigned scale_of(Type type) {
  return type.is(Kind::kDecimal) ? type.scale : 0U;
}

class Generator {
 public:
  Generator(const Schema& schema, const Options& options);

  // Adds an expression and returns its output.
  OutputId add(const TypedTree& tree);
  // Assigns physical registers and returns the code; the generator is used up.
  std::shared_ptr<const Program::Code> finish();

 private:
  struct Context;  // one tree while it is generated

  std::uint32_t generate(Context& context, TypedId id, std::uint32_t need);
  std::uint32_t generate_fresh(Context& context, TypedId id, std::uint32_t need);
  std::uint32_t generate_logic(Context& context, const TypedNode& node, std::uint32_t need);
  std::uint32_t generate_case(Context& context, const TypedNode& node, std::uint32_t need);
  std::uint32_t generate_coalesce(Context& context, const TypedNode& node, std::uint32_t need);
  std::uint32_t generate_compare(Context& context, const TypedNode& node, std::uint32_t need);
  std::uint32_t compare_to(const TypedNode& node, Comparison comparison, std::uint32_t reg,
                           Type type, const Value& limit, Type limit_type);
  std::uint32_t generate_in(Context& context, const TypedNode& node, std::uint32_t need);
  std::uint32_t generate_arithmetic(Context& context, const TypedNode& node, std::uint32_t need);
  std::uint32_t generate_convert(Context& context, const TypedNode& node, std::uint32_t need);
  std::uint32_t generate_generic(Context& context, const TypedNode& node, std::uint32_t need,
                                 const std::vector<std::uint32_t>& args,
                                 const ConstantSet* texts = nullptr);
  std::uint32_t load(InputId input);
  std::uint32_t constant(const Value& value, Type type);
  std::uint32_t widened(std::uint32_t reg);  // kFloat to kWord
  // The rows of `need` that a later operand is asked for; `need` itself where that makes no
  // difference.
  std::uint32_t narrowed(Context& context, Opcode op, std::uint32_t by, std::uint32_t need,
                         std::span<const TypedId> for_ids);
  // Adds an instruction, or returns the register of an equal one. `extra` tells apart what aux
  // points to.
  std::uint32_t emit(Instruction instruction, const std::string& extra = {});
  std::uint32_t known(const std::string& key) const;
  std::uint32_t new_register(RegisterClass kind);
  std::string_view keep(std::string_view text);

  const Schema& schema_;
  std::shared_ptr<Program::Code> code_;
  bool lazy_;  // do faults of operands that nobody needs make a difference?
  std::vector<RegisterClass> classes_;  // of virtual registers
  std::unordered_map<std::string, std::uint32_t> known_;
};

struct Generator::Context {
  const TypedTree& tree;
  std::vector<std::int8_t> faulting;  // of the whole subtree: -1 unknown
  std::map<std::pair<TypedId, std::uint32_t>, std::uint32_t> done;

  bool subtree_faults(TypedId id) {
    std::int8_t& state = faulting[id];
    if (state < 0) {
      const TypedNode& node = tree.nodes[id];
      bool any = can_fault(tree, node);
      for (const TypedId arg : tree.args(node)) any = subtree_faults(arg) || any;
      faulting[id] = any ? 1 : 0;
    }
    return faulting[id] != 0;
  }
};

}  // namespace weir::expr
