// What all kernels share, and the operations that run row by row.
#include <algorithm>
#include <bit>
#include <cmath>

#include "base/numeric/elementary.hpp"
#include "ops/expr/code.hpp"

namespace weir::expr {
namespace {

Value read_register(const Register& reg, RegisterClass kind, Type type, std::size_t row) {
  Value value;
  if (!reg.is_valid(row)) return value;
  value.null = false;
  switch (kind) {
    case RegisterClass::kBool:
      value.i = static_cast<std::int64_t>(reg.bits()[row / 64] >> (row % 64) & 1);
      break;
    case RegisterClass::kFloat:
      value.f = static_cast<double>(reg.floats()[row]);
      break;
    case RegisterClass::kText:
      value.s = reg.texts()[row];
      break;
    case RegisterClass::kScaled:
      value.scale = reg.scales[row];
      value.i = reg.words()[row];
      break;
    case RegisterClass::kWord:
      if (type.is(Kind::kF64)) {
        value.f = reg.doubles()[row];
      } else {
        value.i = reg.words()[row];
      }
  }
  return value;
}

void write_register(Register& reg, RegisterClass kind, Type type, std::size_t row,
                    const Value& value) {
  switch (kind) {
    case RegisterClass::kText:
      reg.texts()[row] = value.s;
      return;
    case RegisterClass::kScaled:
      reg.scales[row] = value.scale;
      reg.words()[row] = value.i;
      return;
    case RegisterClass::kWord:
      if (type.is(Kind::kF64)) {
        reg.doubles()[row] = value.f;
      } else {
        reg.words()[row] = value.i;
      }
      return;
    default:
      return;  // booleans are written a word at a time
  }
}

bool text_in(const std::vector<std::string_view>& set, std::string_view text) {
  return std::binary_search(set.begin(), set.end(), text);
}

}  // namespace

void join_validity(const Block& block, Register& dst, const std::uint64_t* a,
                   const std::uint64_t* b) {
  dst.valid = a == nullptr && b == nullptr ? nullptr : dst.own_valid;
  if (dst.valid == nullptr) return;
  for (std::size_t word = 0; word < block.words; ++word)
    dst.own_valid[word] =
        (a == nullptr ? ~std::uint64_t{0} : a[word]) & (b == nullptr ? ~std::uint64_t{0} : b[word]);
}

void note_faults(const Block& block, const Instruction& instruction, Fault fault) {
  Scratch::State& state = block.state;
  Register& dst = block.reg(instruction.dst);
  const std::uint64_t* need =
      instruction.need == kNoRegister ? nullptr : block.reg(instruction.need).bits();
  for (std::size_t word = 0; word < block.words; ++word) {
    const std::size_t left = block.rows - word * 64;
    std::uint64_t faults = state.faults[word];
    if (left < 64) faults &= (std::uint64_t{1} << left) - 1;
    if (dst.valid != nullptr) faults &= dst.valid[word];
    if (faults == 0) continue;
    if (dst.valid == nullptr) {
      std::fill_n(dst.own_valid, block.words, ~std::uint64_t{0});
      dst.valid = dst.own_valid;
    }
    dst.own_valid[word] &= ~faults;
    if (need != nullptr) faults &= need[word];
    if (faults == 0) continue;
    state.errors += static_cast<std::uint64_t>(std::popcount(faults));
    const std::size_t row =
        block.begin + word * 64 + static_cast<std::size_t>(std::countr_zero(faults));
    if (block.code.options.errors_are_null) continue;
    if (state.fault == Fault::kNone || row < state.fault_row) {
      state.fault = fault;
      state.fault_row = row;
      state.fault_at = instruction.at;
    }
  }
}

void run_generic(const Block& block, const Instruction& instruction) {
  const GenericCall& call = block.code.generics[instruction.aux];
  const Options& options = block.code.options;
  Register& dst = block.reg(instruction.dst);
  dst.data = dst.own_data;
  Value* args = block.state.args.data();
  const std::size_t count = call.args.size();
  const auto op = static_cast<TypedOp>(call.op.op);
  const bool member = op == TypedOp::kIn;
  const bool compares = member || op == TypedOp::kCompare || op == TypedOp::kLike;
  std::array<std::array<std::uint64_t, kBlockWords>, 4> faults{};  // by Fault
  bool faulted = false;
  for (std::size_t row = 0; row < block.rows; ++row) {
    for (std::size_t i = 0; i < count; ++i)
      args[i] = read_register(block.reg(call.args[i]), block.code.registers[call.args[i]],
                              call.types[i], row);
    Value value;
    Fault fault = Fault::kNone;
    if (!member) {
      fault = apply(call.op, args, call.types.data(), count, block.state.arena, value);
    } else if (!args[0].null) {
      const std::vector<std::string_view>& set = block.code.text_sets[call.text_set];
      const bool found = text_in(set, args[0].s);
      value = Value::of_i64(found != (call.op.sub != 0) ? 1 : 0);
      value.null = !found && call.has_null;
    }
    const std::size_t word = row / 64;
    const std::uint64_t bit = std::uint64_t{1} << (row % 64);
    if (fault != Fault::kNone) {
      faults[static_cast<std::size_t>(fault)][word] |= bit;
      faulted = true;
      value = {};
      value.null = false;  // until note_faults has seen it
    }
    if (options.non_finite_is_null && call.op.type.is(Kind::kF64) && !numeric::is_finite(value.f))
      value = {};
    if (options.null_compares_false && compares && value.null) value = Value::of_i64(0);
    if (row % 64 == 0) {
      dst.own_valid[word] = 0;
      if (instruction.result == RegisterClass::kBool) dst.bits()[word] = 0;
    }
    if (!value.null) dst.own_valid[word] |= bit;
    if (instruction.result == RegisterClass::kBool) {
      if (!value.null && value.i != 0) dst.bits()[word] |= bit;
    } else {
      write_register(dst, instruction.result, call.op.type, row, value);
    }
  }
  dst.valid = dst.own_valid;
  if (faulted)
    for (const Fault fault : {Fault::kOverflow, Fault::kZeroDivision, Fault::kCast}) {
      std::copy_n(faults[static_cast<std::size_t>(fault)].begin(), block.words,
                  block.state.faults.begin());
      note_faults(block, instruction, fault);
    }
  if (instruction.result != RegisterClass::kScaled) return;
  std::fill(dst.scales + block.rows, dst.scales + block.words * 64, dst.scales[0]);
  index_scales(block, dst);
}

}  // namespace weir::expr
