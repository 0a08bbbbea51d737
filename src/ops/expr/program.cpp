#include <hwy/cache_control.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "ops/expr/code.hpp"
#include "ops/expr/generator.hpp"

namespace weir::expr {
namespace {

constexpr std::size_t kValidBytes = kBlockWords * sizeof(std::uint64_t);
constexpr std::size_t kScaleRowsBytes = (kScaleMax + 1) * kValidBytes;

std::size_t data_bytes(RegisterClass kind) {
  switch (kind) {
    case RegisterClass::kBool:
      return kValidBytes;
    case RegisterClass::kFloat:
      return kBlockRows * sizeof(float);
    case RegisterClass::kText:
      return kBlockRows * sizeof(std::string_view);
    default:
      return kBlockRows * sizeof(std::int64_t);
  }
}

std::size_t register_bytes(RegisterClass kind) {
  const std::size_t scales =
      kind == RegisterClass::kScaled ? kBlockRows + kScaleRowsBytes : std::size_t{0};
  return data_bytes(kind) + kValidBytes + scales;
}

// Whole blocks of a constant, with what vector code reads beside it.
void fill_constant(Register& reg, const ConstantRegister& constant) {
  const Value& value = constant.value;
  reg.data = reg.own_data;
  reg.constant = true;
  std::fill_n(reg.own_valid, kBlockWords, std::uint64_t{0});
  reg.valid = value.null ? reg.own_valid : nullptr;
  switch (constant.kind) {
    case RegisterClass::kBool:
      std::fill_n(reg.bits(), kBlockWords,
                  !value.null && value.i != 0 ? ~std::uint64_t{0} : std::uint64_t{0});
      return;
    case RegisterClass::kText:
      std::fill_n(reg.texts(), kBlockRows, value.s);
      return;
    case RegisterClass::kScaled:
      std::fill_n(reg.scales, kBlockRows, value.scale);
      reg.scale_list[0] = value.scale;
      reg.scale_count = 1;
      std::fill_n(reg.scale_rows, kBlockWords, ~std::uint64_t{0});
      break;
    default:
      break;
  }
  if (constant.type.is(Kind::kF64)) {
    std::fill_n(reg.doubles(), kBlockRows, value.f);
  } else {
    std::fill_n(reg.words(), kBlockRows, value.i);
  }
}

// Copies a bitmap to the block's place in an output; bits beyond the last row become 0.
void copy_bits(const Block& block, const std::uint64_t* from, std::uint64_t* output) {
  std::uint64_t* to = output + block.begin / 64;
  if (from == nullptr) {
    std::fill_n(to, block.words, ~std::uint64_t{0});
  } else {
    std::memcpy(to, from, block.words * sizeof(std::uint64_t));
  }
  if (block.rows % 64 != 0) to[block.words - 1] &= (std::uint64_t{1} << (block.rows % 64)) - 1;
}

// An output this long has left the cache by the time it is complete: read before it is written, as
// plain stores do, it would cost half as much memory traffic again.
constexpr std::size_t kPastCacheBytes = std::size_t{16} << 20;

void copy_output(const Block& block, const Register& reg, RegisterClass kind,
                 const OutputView& output, bool past_cache, const void* next) {
  if (output.validity != nullptr) copy_bits(block, reg.valid, output.validity);
  if (kind == RegisterClass::kBool) {
    copy_bits(block, reg.bits(), static_cast<std::uint64_t*>(output.data));
    return;
  }
  const std::size_t size =
      kind == RegisterClass::kText ? sizeof(std::string_view) : sizeof(std::int64_t);
  char* const to = static_cast<char*>(output.data) + block.begin * size;
  if (past_cache) {
    copy_past_cache(reg.data, to, block.rows * size, next);
  } else {
    std::memcpy(to, reg.data, block.rows * size);
  }
  if (kind == RegisterClass::kScaled && output.exponents != nullptr)
    std::copy_n(reg.scales, block.rows, output.exponents + block.begin);
}

// Returns where the next whole block of the n-th input column begins; null if there is none, or its
// values are not side by side.
const void* next_block(const Block& block, std::size_t n, std::size_t rows) {
  if (n >= block.code.inputs.size() || block.begin + 2 * kBlockRows > rows) return nullptr;
  const ColumnView& input = block.inputs[block.code.inputs[n]];
  if (input.stride != sizeof(std::int64_t)) return nullptr;
  return static_cast<const char*>(input.data) + (block.begin + kBlockRows) * sizeof(std::int64_t);
}

}  // namespace

std::string_view opcode_name(Opcode opcode) {
  static constexpr std::array<std::string_view, 29> kNames = {"load",
                                                              "and",
                                                              "or",
                                                              "not",
                                                              "is_null",
                                                              "need_not_false",
                                                              "need_not_true",
                                                              "need_true",
                                                              "select",
                                                              "compare_word",
                                                              "compare_f64",
                                                              "compare_word_to",
                                                              "compare_f64_to",
                                                              "compare_f32_to",
                                                              "compare_scaled_to",
                                                              "in_words",
                                                              "add_f64",
                                                              "sub_f64",
                                                              "mul_f64",
                                                              "div_f64",
                                                              "sqrt_f64",
                                                              "add_i64",
                                                              "sub_i64",
                                                              "mul_i64",
                                                              "word_to_f64",
                                                              "float_to_f64",
                                                              "scaled_to_f64",
                                                              "generic",
                                                              ""};
  return kNames[static_cast<std::size_t>(opcode)];
}

float float_next(float value, int direction) {
  if (value == 0)
    return direction > 0 ? std::numeric_limits<float>::denorm_min()
                         : -std::numeric_limits<float>::denorm_min();
  auto bits = std::bit_cast<std::uint32_t>(value);
  bits = (value > 0) == (direction > 0) ? bits + 1 : bits - 1;
  return std::bit_cast<float>(bits);
}

Scratch::Scratch(const Program& program) : state_(std::make_unique<State>()) {
  const Program::Code& code = program.code();
  std::size_t bytes = 0;
  for (const RegisterClass kind : code.registers) bytes += register_bytes(kind);
  state_->memory = AlignedBuffer<std::uint8_t>(std::max<std::size_t>(bytes, 64));
  state_->faults = AlignedBuffer<std::uint64_t>(kBlockWords);
  state_->args.resize(std::max<std::size_t>(code.generic_args_max, 1));
  std::uint8_t* next = state_->memory.data();
  for (const RegisterClass kind : code.registers) {
    Register reg;
    reg.own_data = reg.data = next;
    reg.own_valid = reinterpret_cast<std::uint64_t*>(next + data_bytes(kind));
    if (kind == RegisterClass::kScaled) {
      reg.scales = next + data_bytes(kind) + kValidBytes;
      reg.scale_rows = reinterpret_cast<std::uint64_t*>(reg.scales + kBlockRows);
    }
    next += register_bytes(kind);
    state_->registers.push_back(reg);
  }
  for (const ConstantRegister& constant : code.constants)
    fill_constant(state_->registers[constant.dst], constant);
}

Scratch::Scratch(Scratch&&) noexcept = default;
Scratch& Scratch::operator=(Scratch&&) noexcept = default;
Scratch::~Scratch() = default;
std::uint64_t Scratch::errors() const {
  return state_->errors;
}

std::size_t Program::outputs() const {
  return code_->output_registers.size();
}
Type Program::output_type(OutputId output) const {
  return code_->output_types[output];
}
std::span<const InputId> Program::inputs() const {
  return code_->inputs;
}
std::size_t Program::instructions() const {
  return code_->instructions.size();
}

std::string Program::to_string() const {
  std::string out;
  const auto operand = [&](std::string_view name, std::uint32_t id) {
    if (id != kNoRegister) out.append(name).append(std::to_string(id));
  };
  for (const Instruction& in : code_->instructions) {
    operand("r", in.dst);
    out.append(" = ").append(opcode_name(in.op));
    if (in.op == Opcode::kLoad) out += ' ' + code_->fields[in.aux].name;
    operand(" r", in.a);
    operand(" r", in.b);
    operand(" r", in.c);
    if (in.op == Opcode::kGeneric)
      for (const std::uint32_t arg : code_->generics[in.aux].args) operand(" r", arg);
    operand(" need r", in.need);
    out += '\n';
  }
  return out;
}

Status Program::evaluate(std::span<const ColumnView> inputs, std::size_t rows, Scratch& scratch,
                         std::span<const OutputView> outputs) const {
  Scratch::State& state = *scratch.state_;
  CHECK_EQ(state.registers.size(), code_->registers.size());
  CHECK(code_->inputs.empty() || inputs.size() > code_->inputs.back());
  CHECK(outputs.size() >= code_->output_registers.size());
  state.arena.reset();
  state.fault = Fault::kNone;
  const bool past_cache = rows * sizeof(std::int64_t) >= kPastCacheBytes;
  for (std::size_t begin = 0; begin < rows; begin += kBlockRows) {
    Block block{*code_, state, inputs, begin, std::min(kBlockRows, rows - begin), 0};
    block.words = (block.rows + 63) / 64;
    run_block(block);
    if (state.fault != Fault::kNone) break;
    for (std::size_t o = 0; o < code_->output_registers.size(); ++o) {
      const std::uint32_t id = code_->output_registers[o];
      if (outputs[o].data != nullptr)
        copy_output(block, state.registers[id], code_->registers[id], outputs[o], past_cache,
                    past_cache ? next_block(block, o, rows) : nullptr);
    }
  }
  if (past_cache) hwy::FlushStream();
  if (state.fault == Fault::kNone) return Status::ok();
  return fault_status(state.fault, state.fault_row, state.fault_at);
}

struct Compiler::State {
  const Schema& schema;
  Options options;
  std::vector<Literal> parameters;
  Generator generator;
};

Compiler::Compiler(const Schema& schema, const Options& options)
    : state_(std::make_unique<State>(State{schema,
                                           options,
                                           {options.parameters.begin(), options.parameters.end()},
                                           Generator(schema, options)})) {
  state_->options.parameters = state_->parameters;
}

Compiler::Compiler(Compiler&&) noexcept = default;
Compiler::~Compiler() = default;

Result<OutputId> Compiler::add(const Ast& ast, NodeId root, std::optional<Type> as) {
  WEIR_ASSIGN(const TypedTree tree, bind_types(ast, root, state_->schema, state_->options, as));
  return state_->generator.add(tree);
}

Result<Type> Compiler::check(const Ast& ast, NodeId root) const {
  WEIR_ASSIGN(const TypedTree tree,
              bind_types(ast, root, state_->schema, state_->options, std::nullopt));
  return tree.nodes[tree.root].type;
}

Result<Program> Compiler::finish() {
  return Program(state_->generator.finish());
}

}  // namespace weir::expr
