#include "ops/expr/generator.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <utility>

#include "base/check.hpp"
#include "base/numeric/elementary.hpp"

namespace weir::expr {
namespace {

template <class T>
void put(std::string& key, const T& value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void put_type(std::string& key, Type type) {
  put(key, type.kind);
  put(key, type.scale);
  put(key, type.domain);
}

Comparison mirrored(Comparison comparison) {
  switch (comparison) {
    case Comparison::kLt:
      return Comparison::kGt;
    case Comparison::kLe:
      return Comparison::kGe;
    case Comparison::kGt:
      return Comparison::kLt;
    case Comparison::kGe:
      return Comparison::kLe;
    default:
      return comparison;
  }
}

}  // namespace

RegisterClass class_of(Type type) {
  switch (type.kind) {
    case Kind::kNull:
    case Kind::kBool:
      return RegisterClass::kBool;
    case Kind::kString:
      return RegisterClass::kText;
    default:
      return type.per_row() ? RegisterClass::kScaled : RegisterClass::kWord;
  }
}

bool can_fault(const TypedTree& tree, const TypedNode& node) {
  switch (node.op) {
    case TypedOp::kAdd:
    case TypedOp::kSub:
    case TypedOp::kMul:
    case TypedOp::kMod:
    case TypedOp::kNeg:
      return !node.type.is(Kind::kF64);
    case TypedOp::kIntDiv:
      return true;
    case TypedOp::kDiv:
      return node.sub != 0;
    case TypedOp::kConvert: {
      const Type from = tree.nodes[tree.args(node)[0]].type;
      if (node.type.is(Kind::kString) || node.type.is(Kind::kBool)) return from.is(Kind::kString);
      return !(node.type.is(Kind::kF64) && !from.is(Kind::kString));
    }
    case TypedOp::kCall: {
      const auto function = static_cast<Function>(node.sub);
      return function == Function::kDateTrunc || function == Function::kInterval ||
             (function == Function::kAbs && !node.type.is(Kind::kF64));
    }
    default:
      return false;
  }
}

Threshold threshold_of(Comparison comparison, unsigned scale, std::int64_t literal,
                       unsigned literal_scale) {
  // The literal in units of 10^-scale is between `low` and `high`, which differ by one if it is no
  // unit.
  Wide low = literal;
  Wide high = literal;
  if (scale >= literal_scale) {
    low = high = low * kPowersOfTen[scale - literal_scale];
  } else {
    const std::int64_t step = kPowersOfTen[literal_scale - scale];
    const std::int64_t rest = literal % step;
    low = literal / step - (rest < 0 ? 1 : 0);
    high = low + (rest != 0 ? 1 : 0);
  }
  constexpr Wide kMin = std::numeric_limits<std::int64_t>::min();
  constexpr Wide kMax = std::numeric_limits<std::int64_t>::max();
  const auto never = [](bool inverted) {
    return Threshold{std::numeric_limits<std::int64_t>::max(), false, inverted};
  };
  const bool inverted = comparison == Comparison::kNe || comparison == Comparison::kLt ||
                        comparison == Comparison::kLe;
  if (comparison == Comparison::kEq || comparison == Comparison::kNe) {
    if (low != high || low < kMin || low > kMax) return never(inverted);
    return {static_cast<std::int64_t>(low), true, inverted};
  }
  // value > L is value > low; value >= L is value > high - 1.
  const bool strict = comparison == Comparison::kGt || comparison == Comparison::kLe;
  const Wide limit = strict ? low : high - 1;
  if (limit < kMin) return never(!inverted);  // every value exceeds it
  if (limit > kMax) return never(inverted);
  return {static_cast<std::int64_t>(limit), false, inverted};
}

Generator::Generator(const Schema& schema, const Options& options)
    : schema_(schema),
      code_(std::make_shared<Program::Code>()),
      lazy_(!(options.errors_are_null && options.null_compares_false)) {
  code_->options = options;
  code_->options.parameters = {};
}

OutputId Generator::add(const TypedTree& tree) {
  Context context{tree, std::vector<std::int8_t>(tree.nodes.size(), -1), {}};
  const std::uint32_t result = widened(generate(context, tree.root, kNoRegister));
  code_->output_registers.push_back(result);
  code_->output_types.push_back(tree.nodes[tree.root].type);
  return static_cast<OutputId>(code_->output_registers.size() - 1);
}

std::uint32_t Generator::new_register(RegisterClass kind) {
  classes_.push_back(kind);
  return static_cast<std::uint32_t>(classes_.size() - 1);
}

std::uint32_t Generator::known(const std::string& key) const {
  const auto found = known_.find(key);
  return found == known_.end() ? kNoRegister : found->second;
}

std::string_view Generator::keep(std::string_view text) {
  code_->strings.emplace_back(text);
  return code_->strings.back();
}

std::uint32_t Generator::emit(Instruction instruction, const std::string& extra) {
  std::string key;
  put(key, instruction.op);
  put(key, instruction.sub);
  put(key, instruction.result);
  put(key, instruction.a);
  put(key, instruction.b);
  put(key, instruction.c);
  put(key, instruction.need);
  put(key, instruction.imm);
  key += extra.empty() ? std::string(1, static_cast<char>(instruction.aux)) : extra;
  if (const std::uint32_t found = known(key); found != kNoRegister) return found;
  instruction.dst = new_register(instruction.result);
  known_.emplace(std::move(key), instruction.dst);
  code_->instructions.push_back(instruction);
  return instruction.dst;
}

std::uint32_t Generator::load(InputId input) {
  const Field& field = schema_.field(input);
  Instruction in;
  in.op = Opcode::kLoad;
  in.result = field.storage == Storage::kF32 ? RegisterClass::kFloat : class_of(field.type);
  in.aux = input;
  std::string extra;
  put(extra, input);
  return emit(in, extra);
}

std::uint32_t Generator::widened(std::uint32_t reg) {
  if (classes_[reg] != RegisterClass::kFloat) return reg;
  Instruction in;
  in.op = Opcode::kFloatToF64;
  in.result = RegisterClass::kWord;
  in.a = reg;
  return emit(in);
}

std::uint32_t Generator::constant(const Value& value, Type type) {
  Value kept = value;
  if (code_->options.non_finite_is_null && type.is(Kind::kF64) && !numeric::is_finite(value.f))
    kept = {};
  if (kept.null) kept = {};
  std::string key = "constant";
  put_type(key, type);
  put(key, kept.null);
  put(key, kept.scale);
  put(key, kept.i);
  put(key, kept.f);
  key += kept.s;
  if (const std::uint32_t found = known(key); found != kNoRegister) return found;
  const std::uint32_t dst = new_register(class_of(type));
  kept.s = keep(kept.s);
  code_->constants.push_back({dst, class_of(type), type, kept});
  known_.emplace(std::move(key), dst);
  return dst;
}

std::uint32_t Generator::narrowed(Context& context, Opcode op, std::uint32_t by, std::uint32_t need,
                                  std::span<const TypedId> for_ids) {
  const bool matters = lazy_ && std::any_of(for_ids.begin(), for_ids.end(),
                                            [&](TypedId id) { return context.subtree_faults(id); });
  if (!matters) return need;
  Instruction in;
  in.op = op;
  in.a = by;
  in.b = need;
  return emit(in);
}

std::uint32_t Generator::generate(Context& context, TypedId id, std::uint32_t need) {
  if (const auto found = context.done.find({id, need}); found != context.done.end())
    return found->second;
  const std::uint32_t reg = generate_fresh(context, id, need);
  context.done.emplace(std::pair{id, need}, reg);
  return reg;
}

std::uint32_t Generator::generate_fresh(Context& context, TypedId id, std::uint32_t need) {
  const TypedNode& node = context.tree.nodes[id];
  const std::span<const TypedId> args = context.tree.args(node);
  Instruction in;
  switch (node.op) {
    case TypedOp::kConst:
      return constant(context.tree.constants[node.index], node.type);
    case TypedOp::kInput:
      return load(node.index);
    case TypedOp::kAnd:
    case TypedOp::kOr:
      return generate_logic(context, node, need);
    case TypedOp::kNot:
    case TypedOp::kIsNull:
      in.op = node.op == TypedOp::kNot ? Opcode::kNot : Opcode::kIsNull;
      in.sub = node.sub;
      in.a = generate(context, args[0], need);
      return emit(in);
    case TypedOp::kCompare:
      return generate_compare(context, node, need);
    case TypedOp::kIn:
      return generate_in(context, node, need);
    case TypedOp::kCase:
      return generate_case(context, node, need);
    case TypedOp::kCoalesce:
      return generate_coalesce(context, node, need);
    case TypedOp::kConvert:
      return generate_convert(context, node, need);
    case TypedOp::kCall:
      if (static_cast<Function>(node.sub) == Function::kSqrt) {
        in.op = Opcode::kSqrtF64;
        in.result = RegisterClass::kWord;
        in.a = widened(generate(context, args[0], need));
        return emit(in);
      }
      break;
    case TypedOp::kLike:
    case TypedOp::kNeg:
    case TypedOp::kConcat:
      break;
    default:
      return generate_arithmetic(context, node, need);
  }
  std::vector<std::uint32_t> registers;
  for (const TypedId arg : args) registers.push_back(generate(context, arg, need));
  return generate_generic(context, node, need, registers);
}

std::uint32_t Generator::generate_logic(Context& context, const TypedNode& node,
                                        std::uint32_t need) {
  const std::span<const TypedId> args = context.tree.args(node);
  const bool all = node.op == TypedOp::kAnd;
  std::uint32_t so_far = generate(context, args[0], need);
  for (std::size_t i = 1; i < args.size(); ++i) {
    const std::uint32_t asked =
        narrowed(context, all ? Opcode::kNeedNotFalse : Opcode::kNeedNotTrue, so_far, need,
                 args.subspan(i, 1));
    Instruction in;
    in.op = all ? Opcode::kAnd : Opcode::kOr;
    in.a = so_far;
    in.b = generate(context, args[i], asked);
    so_far = emit(in);
  }
  return so_far;
}

std::uint32_t Generator::generate_case(Context& context, const TypedNode& node,
                                       std::uint32_t need) {
  const std::span<const TypedId> args = context.tree.args(node);
  std::vector<std::uint32_t> registers;
  for (std::size_t i = 0; i + 1 < args.size(); i += 2) {
    const std::uint32_t condition = generate(context, args[i], need);
    const std::uint32_t asked =
        narrowed(context, Opcode::kNeedTrue, condition, need, args.subspan(i + 1, 1));
    registers.push_back(condition);
    registers.push_back(widened(generate(context, args[i + 1], asked)));
    need = narrowed(context, Opcode::kNeedNotTrue, condition, need, args.subspan(i + 2));
  }
  std::uint32_t result = widened(generate(context, args.back(), need));
  for (std::size_t i = registers.size(); i >= 2; i -= 2) {
    Instruction in;
    in.op = Opcode::kSelect;
    in.result = class_of(node.type);
    in.a = registers[i - 2];
    in.b = registers[i - 1];
    in.c = result;
    result = emit(in);
  }
  return result;
}

std::uint32_t Generator::generate_coalesce(Context& context, const TypedNode& node,
                                           std::uint32_t need) {
  const std::span<const TypedId> args = context.tree.args(node);
  std::vector<std::uint32_t> present;
  std::vector<std::uint32_t> values;
  for (std::size_t i = 0; i < args.size(); ++i) {
    values.push_back(widened(generate(context, args[i], need)));
    if (i + 1 == args.size()) break;
    Instruction in;
    in.op = Opcode::kIsNull;
    in.sub = 1;
    in.a = values.back();
    present.push_back(emit(in));
    need = narrowed(context, Opcode::kNeedNotTrue, present.back(), need, args.subspan(i + 1));
  }
  std::uint32_t result = values.back();
  for (std::size_t i = present.size(); i-- > 0;) {
    Instruction in;
    in.op = Opcode::kSelect;
    in.result = class_of(node.type);
    in.a = present[i];
    in.b = values[i];
    in.c = result;
    result = emit(in);
  }
  return result;
}

std::uint32_t Generator::generate_compare(Context& context, const TypedNode& node,
                                          std::uint32_t need) {
  const TypedTree& tree = context.tree;
  std::span<const TypedId> args = tree.args(node);
  TypedId left = args[0];
  TypedId right = args[1];
  auto comparison = static_cast<Comparison>(node.sub);
  const std::uint32_t a = generate(context, left, need);
  if (tree.is_constant(right)) {
    const std::uint32_t fast = compare_to(node, comparison, a, tree.nodes[left].type,
                                          tree.constant(right), tree.nodes[right].type);
    if (fast != kNoRegister) return fast;
  }
  const std::uint32_t b = generate(context, right, need);
  if (tree.is_constant(left)) {
    const std::uint32_t fast = compare_to(node, mirrored(comparison), b, tree.nodes[right].type,
                                          tree.constant(left), tree.nodes[left].type);
    if (fast != kNoRegister) return fast;
  }
  const Type type = tree.nodes[left].type;
  const Type other = tree.nodes[right].type;
  Instruction in;
  in.sub = node.sub;
  in.op = type.is(Kind::kF64) ? Opcode::kCompareF64 : Opcode::kCompareWord;
  const bool words = class_of(type) == RegisterClass::kWord &&
                     class_of(other) == RegisterClass::kWord && scale_of(type) == scale_of(other);
  if (!words) return generate_generic(context, node, need, {a, b});
  in.a = widened(a);
  in.b = widened(b);
  return emit(in);
}

// A comparison with a constant, where there is a kernel for it; else kNoRegister.
std::uint32_t Generator::compare_to(const TypedNode& node, Comparison comparison, std::uint32_t reg,
                                    Type type, const Value& limit, Type limit_type) {
  Instruction in;
  in.at = node.at;
  in.a = reg;
  in.sub = static_cast<std::uint8_t>(comparison);
  if (limit.null || type.is(Kind::kString) || type.is(Kind::kBool)) return kNoRegister;
  if (type.is(Kind::kF64)) {
    if (numeric::is_nan(limit.f) ||
        (code_->options.non_finite_is_null && !numeric::is_finite(limit.f)))
      return kNoRegister;
    in.op = classes_[reg] == RegisterClass::kFloat ? Opcode::kCompareF32To : Opcode::kCompareF64To;
    in.imm = std::bit_cast<std::uint64_t>(limit.f);
    return emit(in);
  }
  const unsigned limit_scale = limit_type.per_row() ? limit.scale : scale_of(limit_type);
  if (type.per_row()) {
    in.op = Opcode::kCompareScaledTo;
    in.aux = static_cast<std::uint32_t>(code_->thresholds.size());
    std::string extra;
    put(extra, limit.i);
    put(extra, limit_scale);
    std::array<Threshold, kScaleMax + 1> table;
    for (unsigned scale = 0; scale <= kScaleMax; ++scale)
      table[scale] = threshold_of(comparison, scale, limit.i, limit_scale);
    const std::size_t before = code_->instructions.size();
    const std::uint32_t result = emit(in, extra);
    if (code_->instructions.size() != before) code_->thresholds.push_back(table);
    return result;
  }
  const Threshold threshold = threshold_of(comparison, scale_of(type), limit.i, limit_scale);
  const Comparison simple = threshold.equals
                                ? (threshold.inverted ? Comparison::kNe : Comparison::kEq)
                                : (threshold.inverted ? Comparison::kLe : Comparison::kGt);
  in.op = Opcode::kCompareWordTo;
  in.sub = static_cast<std::uint8_t>(simple);
  in.imm = static_cast<std::uint64_t>(threshold.units);
  return emit(in);
}

}  // namespace weir::expr
