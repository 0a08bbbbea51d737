// Instructions of arithmetic, conversions, in-lists and everything that runs row by row; registers.
#include <algorithm>
#include <bit>
#include <set>
#include <unordered_map>

#include "ops/expr/generator.hpp"

namespace weir::expr {
namespace {

constexpr std::size_t kScanned = 8;  // words of an in-list that are compared one by one

// Fills the open-addressed table of a set, at most half full.
void build_table(WordSet& set) {
  if (set.words.size() <= kScanned) return;
  const std::set<std::uint64_t> members(set.words.begin(), set.words.end());
  while (members.contains(set.vacant)) ++set.vacant;
  const std::size_t size = std::bit_ceil(set.words.size() * 2);
  set.table.assign(size, set.vacant);
  for (const std::uint64_t word : set.words) {
    std::size_t at = set_slot(word) & (size - 1);
    while (set.table[at] != set.vacant) at = (at + 1) & (size - 1);
    set.table[at] = word;
  }
}

}  // namespace

std::uint32_t Generator::generate_in(Context& context, const TypedNode& node, std::uint32_t need) {
  const TypedId operand = context.tree.args(node)[0];
  const Type type = context.tree.nodes[operand].type;
  const ConstantSet& from = context.tree.sets[node.index];
  const std::uint32_t reg = widened(generate(context, operand, need));
  if (type.is(Kind::kString)) return generate_generic(context, node, need, {reg}, &from);
  WordSet set;
  set.doubles = type.is(Kind::kF64);
  set.has_nan = from.has_nan;
  set.has_null = from.has_null;
  for (const double value : from.doubles) set.words.push_back(std::bit_cast<std::uint64_t>(value));
  for (const std::int64_t value : from.integers)
    set.words.push_back(static_cast<std::uint64_t>(value));
  std::string extra = set.doubles ? "doubles" : "words";
  extra += set.has_null ? '0' : '1';
  extra += set.has_nan ? '0' : '1';
  for (const std::uint64_t word : set.words)
    extra.append(reinterpret_cast<const char*>(&word), sizeof(word));
  Instruction in;
  in.op = Opcode::kInWords;
  in.sub = node.sub;
  in.a = reg;
  in.aux = static_cast<std::uint32_t>(code_->sets.size());
  const std::size_t before = code_->instructions.size();
  const std::uint32_t result = emit(in, extra);
  if (code_->instructions.size() != before) {
    build_table(set);
    code_->sets.push_back(std::move(set));
  }
  return result;
}

std::uint32_t Generator::generate_arithmetic(Context& context, const TypedNode& node,
                                             std::uint32_t need) {
  const std::span<const TypedId> args = context.tree.args(node);
  const Type left = context.tree.nodes[args[0]].type;
  const Type right = context.tree.nodes[args[1]].type;
  std::uint32_t a = widened(generate(context, args[0], need));
  std::uint32_t b = widened(generate(context, args[1], need));
  Instruction in;
  in.at = node.at;
  in.result = RegisterClass::kWord;
  const bool sums = node.op == TypedOp::kAdd || node.op == TypedOp::kSub;
  if (node.type.is(Kind::kF64)) {
    if (node.op == TypedOp::kMod) return generate_generic(context, node, need, {a, b});
    in.op = node.op == TypedOp::kAdd   ? Opcode::kAddF64
            : node.op == TypedOp::kSub ? Opcode::kSubF64
            : node.op == TypedOp::kMul ? Opcode::kMulF64
                                       : Opcode::kDivF64;
    in.sub = node.sub;
  } else if (sums && !left.per_row() && !right.per_row() && scale_of(left) == scale_of(right)) {
    in.op = node.op == TypedOp::kAdd ? Opcode::kAddI64 : Opcode::kSubI64;
  } else if (node.op == TypedOp::kMul && !left.per_row() && !right.per_row()) {
    in.op = Opcode::kMulI64;
  } else if (node.op == TypedOp::kMul && (scale_of(left) == 0 || scale_of(right) == 0)) {
    if (right.per_row()) std::swap(a, b);  // the decimals are those of the first operand
    in.op = Opcode::kMulI64;
    in.result = RegisterClass::kScaled;
  } else {
    return generate_generic(context, node, need, {a, b});
  }
  const bool fault = in.op == Opcode::kAddI64 || in.op == Opcode::kSubI64 ||
                     in.op == Opcode::kMulI64 || (in.op == Opcode::kDivF64 && in.sub != 0);
  if (fault) in.need = need;
  in.a = a;
  in.b = b;
  return emit(in);
}

std::uint32_t Generator::generate_convert(Context& context, const TypedNode& node,
                                          std::uint32_t need) {
  const TypedId arg = context.tree.args(node)[0];
  const Type from = context.tree.nodes[arg].type;
  const std::uint32_t reg = generate(context, arg, need);
  Instruction in;
  in.at = node.at;
  in.a = reg;
  in.result = RegisterClass::kWord;
  if (!node.type.is(Kind::kF64) || from.is(Kind::kString))
    return generate_generic(context, node, need, {reg});
  if (from.per_row()) {
    in.op = Opcode::kScaledToF64;
  } else {
    in.op = Opcode::kWordToF64;
    in.sub = static_cast<std::uint8_t>(from.is(Kind::kDuration) ? 6 : scale_of(from));
  }
  return emit(in);
}

std::uint32_t Generator::generate_generic(Context& context, const TypedNode& node,
                                          std::uint32_t need,
                                          const std::vector<std::uint32_t>& args,
                                          const ConstantSet* texts) {
  GenericCall call;
  call.op = {static_cast<std::uint8_t>(node.op), node.sub, node.type};
  call.args = args;
  for (const TypedId arg : context.tree.args(node))
    call.types.push_back(context.tree.nodes[arg].type);
  std::string extra = "generic";
  const auto put = [&](std::uint64_t value) {
    extra.append(reinterpret_cast<const char*>(&value), sizeof(value));
  };
  put(call.op.op);
  put(call.op.sub);
  call.types.push_back(node.type);
  for (const Type type : call.types)
    put(static_cast<std::uint64_t>(type.kind) | static_cast<std::uint64_t>(type.scale) << 8 |
        static_cast<std::uint64_t>(type.domain) << 16);
  call.types.pop_back();
  for (const std::uint32_t arg : args) put(arg);
  if (texts != nullptr) {
    call.has_null = texts->has_null;
    put(texts->has_null ? 1 : 0);
    for (const std::string_view text : texts->texts) {
      put(text.size());
      extra += text;
    }
  }
  Instruction in;
  in.op = Opcode::kGeneric;
  in.at = node.at;
  in.result = class_of(node.type);
  in.need = can_fault(context.tree, node) ? need : kNoRegister;
  in.aux = static_cast<std::uint32_t>(code_->generics.size());
  const std::size_t before = code_->instructions.size();
  const std::uint32_t result = emit(in, extra);
  if (code_->instructions.size() == before) return result;
  if (texts != nullptr) {
    call.text_set = static_cast<std::uint32_t>(code_->text_sets.size());
    std::vector<std::string_view>& kept = code_->text_sets.emplace_back();
    for (const std::string_view text : texts->texts) kept.push_back(keep(text));
  }
  code_->generic_args_max = std::max(code_->generic_args_max, args.size());
  code_->generics.push_back(std::move(call));
  return result;
}

namespace {

// Calls visit(id) for every register that an instruction reads.
template <class Visit>
void each_operand(Program::Code& code, Instruction& in, const Visit& visit) {
  for (std::uint32_t* id : {&in.a, &in.b, &in.c, &in.need})
    if (*id != kNoRegister) visit(*id);
  if (in.op == Opcode::kGeneric)
    for (std::uint32_t& id : code.generics[in.aux].args) visit(id);
}

bool compares_with_constant(Opcode op) {
  return op == Opcode::kCompareWordTo || op == Opcode::kCompareF64To ||
         op == Opcode::kCompareF32To || op == Opcode::kCompareScaledTo || op == Opcode::kInWords;
}

// Moves every comparison of a loaded column with a constant behind the load: the column is then
// read from the first-level cache by all of them, and what lives on is a bit a row. None of them
// can have a fault.
std::vector<Instruction> by_column(const std::vector<Instruction>& instructions) {
  std::unordered_map<std::uint32_t, std::vector<Instruction>> of_load;
  for (const Instruction& in : instructions) {
    if (in.op == Opcode::kLoad) of_load.try_emplace(in.dst);
    const auto load = of_load.find(in.a);
    if (load != of_load.end() && compares_with_constant(in.op)) load->second.push_back(in);
  }
  std::vector<Instruction> ordered;
  for (const Instruction& in : instructions) {
    if (compares_with_constant(in.op) && of_load.contains(in.a)) continue;
    ordered.push_back(in);
    if (in.op != Opcode::kLoad) continue;
    const std::vector<Instruction>& readers = of_load[in.dst];
    ordered.insert(ordered.end(), readers.begin(), readers.end());
  }
  return ordered;
}

}  // namespace

// Linear scan: a register is free again after the last instruction that reads it. Constants and
// outputs keep theirs.
std::shared_ptr<const Program::Code> Generator::finish() {
  constexpr std::size_t kForever = ~std::size_t{0};
  Program::Code& code = *code_;
  code.instructions = by_column(code.instructions);
  std::vector<std::size_t> last(classes_.size(), 0);
  for (std::size_t i = 0; i < code.instructions.size(); ++i) {
    last[code.instructions[i].dst] = i;
    each_operand(code, code.instructions[i], [&](std::uint32_t& id) { last[id] = i; });
  }
  for (const std::uint32_t id : code.output_registers) last[id] = kForever;
  std::vector<std::uint32_t> physical(classes_.size(), kNoRegister);
  std::array<std::vector<std::uint32_t>, 5> vacant;
  const auto assign = [&](std::uint32_t id) {
    std::vector<std::uint32_t>& pool = vacant[static_cast<std::size_t>(classes_[id])];
    if (pool.empty()) {
      pool.push_back(static_cast<std::uint32_t>(code.registers.size()));
      code.registers.push_back(classes_[id]);
    }
    physical[id] = pool.back();
    pool.pop_back();
  };
  for (ConstantRegister& constant : code.constants) {
    assign(constant.dst);
    last[constant.dst] = kForever;
    constant.dst = physical[constant.dst];
  }
  std::set<InputId> inputs;
  for (std::size_t i = 0; i < code.instructions.size(); ++i) {
    Instruction& in = code.instructions[i];
    std::set<std::uint32_t> finished;
    if (last[in.dst] == i) finished.insert(in.dst);
    assign(in.dst);
    in.dst = physical[in.dst];
    each_operand(code, in, [&](std::uint32_t& id) {
      if (last[id] == i) finished.insert(id);
      id = physical[id];
    });
    for (const std::uint32_t id : finished)
      vacant[static_cast<std::size_t>(classes_[id])].push_back(physical[id]);
    if (in.op == Opcode::kLoad) inputs.insert(in.aux);
  }
  for (std::uint32_t& id : code.output_registers) id = physical[id];
  code.inputs.assign(inputs.begin(), inputs.end());
  code.fields.assign(schema_.fields().begin(), schema_.fields().end());
  return code_;
}

}  // namespace weir::expr
