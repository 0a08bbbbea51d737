// The instructions of a program, one block at a time, on the widest unit allowed. Everything here
// is exact or the plain IEEE operation of one row, so that every target gives the same bits.
#include <hwy/cache_control.h>

#include <cstring>

#include "base/numeric/elementary.hpp"
#include "ops/expr/code.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/expr/kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "ops/expr/kernels_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::expr::HWY_NAMESPACE {

// Lists the decimals that occur and the rows of each; rows of impossible decimals become null.
void list_scales(const Block& block, Register& reg) {
  const hn::ScalableTag<std::uint8_t> d;
  std::array<std::uint64_t, kBlockWords> rest;
  std::array<std::uint64_t, kBlockWords> rows;
  std::fill_n(rest.begin(), block.words, ~std::uint64_t{0});
  reg.scale_count = 0;
  for (std::size_t word = 0; word < block.words;) {
    if (rest[word] == 0) {
      ++word;
      continue;
    }
    const auto first = word * 64 + static_cast<std::size_t>(std::countr_zero(rest[word]));
    const std::uint8_t scale = reg.scales[first];
    const auto wanted = hn::Set(d, scale);
    fill_bits(d, block, rows.data(),
              [&](std::size_t i) HWY_ATTR { return hn::Eq(hn::LoadU(d, reg.scales + i), wanted); });
    if (scale <= kScaleMax) {
      std::copy_n(rows.begin(), block.words, reg.scale_rows + reg.scale_count * kBlockWords);
      reg.scale_list[reg.scale_count++] = scale;
    } else {
      exclude(block, reg, rows.data());
      for (std::size_t i = 0; i < block.words * 64; ++i)
        if (reg.scales[i] == scale) reg.scales[i] = kScaleMax;
      std::fill_n(rest.begin(), block.words,
                  ~std::uint64_t{0});  // they count as those of kScaleMax
      reg.scale_count = 0;
      word = 0;
      continue;
    }
    for (std::size_t i = 0; i < block.words; ++i) rest[i] &= ~rows[i];
  }
}

void load(const Block& block, const Instruction& in) {
  load_register(block, in);
  Register& dst = block.reg(in.dst);
  if (!block.code.options.non_finite_is_null) return;
  if (in.result == RegisterClass::kFloat) {
    drop_non_finite(block, dst, hn::ScalableTag<float>(), dst.floats());
  } else if (block.code.fields[in.aux].type.is(Kind::kF64)) {
    drop_non_finite(block, dst, hn::ScalableTag<double>(), dst.doubles());
  }
}

// One operation on two columns of a block, or on a column and a constant. Returns the result's
// register.
template <class Op>
HWY_INLINE Register& each_f64(const Block& block, const Instruction& in, const Op& op) {
  const hn::ScalableTag<double> d;
  const double* a = block.reg(in.a).doubles();
  const double* b = block.reg(in.b).doubles();
  Register& dst = start(block, in);
  double* out = dst.doubles();
  if (block.reg(in.b).constant) {
    const auto right = hn::Set(d, *b);
    each(d, block,
         [&](std::size_t i) HWY_ATTR { hn::Store(op(hn::LoadU(d, a + i), right), d, out + i); });
  } else if (block.reg(in.a).constant) {
    const auto left = hn::Set(d, *a);
    each(d, block,
         [&](std::size_t i) HWY_ATTR { hn::Store(op(left, hn::LoadU(d, b + i)), d, out + i); });
  } else {
    each(d, block, [&](std::size_t i) HWY_ATTR {
      hn::Store(op(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, out + i);
    });
  }
  return dst;
}

Register& compute_f64(const Block& block, const Instruction& in) {
  using V = hn::Vec<hn::ScalableTag<double>>;
  switch (in.op) {
    case Opcode::kAddF64:
      return each_f64(block, in, [](V a, V b) HWY_ATTR { return a + b; });
    case Opcode::kSubF64:
      return each_f64(block, in, [](V a, V b) HWY_ATTR { return a - b; });
    case Opcode::kMulF64:
      return each_f64(block, in, [](V a, V b) HWY_ATTR { return a * b; });
    default:
      return each_f64(block, in, [](V a, V b) HWY_ATTR { return a / b; });
  }
}

void arithmetic_f64(const Block& block, const Instruction& in) {
  const double* divisors = block.reg(in.b).doubles();
  Register& dst = compute_f64(block, in);
  join_validity(block, dst, block.reg(in.a).valid, block.reg(in.b).valid);
  if (in.op == Opcode::kDivF64 && in.sub != 0) {
    const hn::ScalableTag<double> d;
    const auto zero = hn::Zero(d);
    fill_bits(d, block, block.state.faults.data(),
              [&](std::size_t i) HWY_ATTR { return hn::Eq(hn::LoadU(d, divisors + i), zero); });
    if (any_bit(block, block.state.faults.data())) note_faults(block, in, Fault::kZeroDivision);
  }
  finish_f64(block, dst);
}

void add_i64(const Block& block, const Instruction& in) {
  const hn::ScalableTag<std::int64_t> d;
  const std::int64_t* a = block.reg(in.a).words();
  const std::int64_t* b = block.reg(in.b).words();
  Register& dst = start(block, in);
  std::int64_t* out = dst.words();
  const bool subtract = in.op == Opcode::kSubI64;
  // A sum overflows if its sign differs from both operands', a difference if the operands' signs
  // differ and its own is not the first's.
  const auto step = [&](std::size_t i) HWY_ATTR {
    const auto left = hn::LoadU(d, a + i);
    const auto right = hn::LoadU(d, b + i);
    const auto result = subtract ? left - right : left + right;
    hn::Store(result, d, out + i);
    const auto signs = subtract ? hn::And(hn::Xor(left, right), hn::Xor(left, result))
                                : hn::And(hn::Xor(left, result), hn::Xor(right, result));
    return hn::Lt(signs, hn::Zero(d));
  };
  fill_bits(d, block, block.state.faults.data(), step);
  join_validity(block, dst, block.reg(in.a).valid, block.reg(in.b).valid);
  if (any_bit(block, block.state.faults.data())) note_faults(block, in, Fault::kOverflow);
}

void multiply_i64(const Block& block, const Instruction& in) {
  const Register& left = block.reg(in.a);
  const std::int64_t* a = left.words();
  const std::int64_t* b = block.reg(in.b).words();
  Register& dst = start(block, in);
  std::int64_t* out = dst.words();
  std::uint64_t any = 0;
  for (std::size_t word = 0; word < block.words; ++word) {
    std::uint64_t faults = 0;
    for (std::size_t i = 0; i < 64; ++i) {
      const std::size_t row = word * 64 + i;
      const bool overflow = __builtin_mul_overflow(a[row], b[row], &out[row]);
      faults |= static_cast<std::uint64_t>(overflow ? 1 : 0) << i;
    }
    block.state.faults[word] = faults;
    any |= faults;
  }
  join_validity(block, dst, left.valid, block.reg(in.b).valid);
  if (any != 0) note_faults(block, in, Fault::kOverflow);
  if (in.result != RegisterClass::kScaled) return;
  std::copy_n(left.scales, block.words * 64, dst.scales);
  dst.scale_count = left.scale_count;
  dst.scale_list = left.scale_list;
  std::copy_n(left.scale_rows, left.scale_count * kBlockWords, dst.scale_rows);
}

void convert(const Block& block, const Instruction& in) {
  const hn::ScalableTag<double> d;
  const Register& from = block.reg(in.a);
  Register& dst = start(block, in);
  double* out = dst.doubles();
  if (in.op == Opcode::kFloatToF64) {
    const hn::Rebind<float, decltype(d)> half;
    const float* a = from.floats();
    each(d, block, [&](std::size_t i) HWY_ATTR {
      hn::Store(hn::PromoteTo(d, hn::LoadU(half, a + i)), d, out + i);
    });
  } else if (in.op == Opcode::kScaledToF64) {
    for (std::size_t i = 0; i < block.words * 64; ++i)
      out[i] = decimal_to_f64(from.words()[i], from.scales[i]);
  } else {
    const hn::RebindToSigned<decltype(d)> whole;
    const std::int64_t* a = from.words();
    const auto divisor = hn::Set(d, static_cast<double>(kPowersOfTen[in.sub]));
    each(d, block, [&](std::size_t i) HWY_ATTR {
      hn::Store(hn::ConvertTo(d, hn::LoadU(whole, a + i)) / divisor, d, out + i);
    });
  }
  join_validity(block, dst, from.valid, nullptr);
}

void square_root(const Block& block, const Instruction& in) {
  const hn::ScalableTag<double> d;
  const double* a = block.reg(in.a).doubles();
  Register& dst = start(block, in);
  double* out = dst.doubles();
  each(d, block,
       [&](std::size_t i) HWY_ATTR { hn::Store(hn::Sqrt(hn::LoadU(d, a + i)), d, out + i); });
  join_validity(block, dst, block.reg(in.a).valid, nullptr);
  finish_f64(block, dst);
}

void compare(const Block& block, const Instruction& in) {
  const auto comparison = static_cast<Comparison>(in.sub);
  Register& dst = start(block, in);
  const Register& a = block.reg(in.a);
  const std::uint64_t* b_valid = nullptr;
  bool inverted = false;
  switch (in.op) {
    case Opcode::kCompareWord:
      inverted = compare_words(block, comparison, a.words(), block.reg(in.b).words(), dst.bits());
      b_valid = block.reg(in.b).valid;
      break;
    case Opcode::kCompareF64:
      inverted =
          compare_doubles(block, comparison, a.doubles(), block.reg(in.b).doubles(), dst.bits());
      b_valid = block.reg(in.b).valid;
      break;
    case Opcode::kCompareWordTo:
      inverted = compare_words_to(block, comparison, a.words(), static_cast<std::int64_t>(in.imm),
                                  dst.bits());
      break;
    case Opcode::kCompareF64To:
      inverted = compare_doubles_to(block, comparison, a.doubles(), std::bit_cast<double>(in.imm),
                                    dst.bits());
      break;
    case Opcode::kCompareF32To:
      inverted = compare_floats_to(block, comparison, a.floats(), std::bit_cast<double>(in.imm),
                                   dst.bits());
      break;
    default:
      compare_scaled_to(block, a, block.code.thresholds[in.aux], dst.bits());
  }
  settle_truth(block, dst, inverted, a.valid, b_valid);
}

void in_words(const Block& block, const Instruction& in) {
  const Register& a = block.reg(in.a);
  const WordSet& set = block.code.sets[in.aux];
  Register& dst = start(block, in);
  std::uint64_t* bits = dst.bits();
  if (set.table.empty()) {
    scan_set(block, a, set, bits);
  } else {
    probe_set(block, a, set, bits);
  }
  if (set.has_nan) add_nans(block, a, bits);
  if (!set.has_null) {
    settle_truth(block, dst, in.sub != 0, a.valid, nullptr);
    return;
  }
  // A list with a null: what is not found is unknown.
  const bool is_false = block.code.options.null_compares_false;
  for (std::size_t word = 0; word < block.words; ++word) {
    const std::uint64_t found =
        bits[word] & (a.valid == nullptr ? ~std::uint64_t{0} : a.valid[word]);
    bits[word] = in.sub != 0 ? 0 : found;
    dst.own_valid[word] = found;
  }
  dst.valid = is_false ? nullptr : dst.own_valid;
}

void select(const Block& block, const Instruction& in) {
  const std::uint64_t* chosen = block.reg(in.a).bits();
  const Register& yes = block.reg(in.b);
  const Register& no = block.reg(in.c);
  Register& dst = start(block, in);
  const auto bit = [&](std::size_t i) { return (chosen[i / 64] >> (i % 64) & 1) != 0; };
  const std::size_t rows = block.words * 64;
  switch (in.result) {
    case RegisterClass::kBool:
      for (std::size_t word = 0; word < block.words; ++word)
        dst.bits()[word] = (chosen[word] & yes.bits()[word]) | (~chosen[word] & no.bits()[word]);
      break;
    case RegisterClass::kText:
      for (std::size_t i = 0; i < block.rows; ++i)
        dst.texts()[i] = bit(i) ? yes.texts()[i] : no.texts()[i];
      break;
    case RegisterClass::kScaled:
      for (std::size_t i = 0; i < rows; ++i) dst.scales[i] = bit(i) ? yes.scales[i] : no.scales[i];
      list_scales(block, dst);
      [[fallthrough]];
    default:
      for (std::size_t i = 0; i < rows; ++i) {
        const auto mask = std::uint64_t{0} - (chosen[i / 64] >> (i % 64) & 1);
        const auto left = static_cast<std::uint64_t>(yes.words()[i]);
        const auto right = static_cast<std::uint64_t>(no.words()[i]);
        dst.words()[i] = static_cast<std::int64_t>((left & mask) | (right & ~mask));
      }
  }
  if (yes.valid == nullptr && no.valid == nullptr) return;
  dst.valid = dst.own_valid;
  for (std::size_t word = 0; word < block.words; ++word) {
    const std::uint64_t yes_valid = yes.valid == nullptr ? ~std::uint64_t{0} : yes.valid[word];
    const std::uint64_t no_valid = no.valid == nullptr ? ~std::uint64_t{0} : no.valid[word];
    dst.own_valid[word] = (chosen[word] & yes_valid) | (~chosen[word] & no_valid);
  }
}

void run_instruction(const Block& block, const Instruction& in) {
  switch (in.op) {
    case Opcode::kLoad:
      return load(block, in);
    case Opcode::kAnd:
    case Opcode::kOr:
    case Opcode::kNot:
    case Opcode::kIsNull:
    case Opcode::kNeedNotFalse:
    case Opcode::kNeedNotTrue:
    case Opcode::kNeedTrue:
      return logic(block, in);
    case Opcode::kSelect:
      return select(block, in);
    case Opcode::kCompareWord:
    case Opcode::kCompareF64:
    case Opcode::kCompareWordTo:
    case Opcode::kCompareF64To:
    case Opcode::kCompareF32To:
    case Opcode::kCompareScaledTo:
      return compare(block, in);
    case Opcode::kInWords:
      return in_words(block, in);
    case Opcode::kAddF64:
    case Opcode::kSubF64:
    case Opcode::kMulF64:
    case Opcode::kDivF64:
      return arithmetic_f64(block, in);
    case Opcode::kSqrtF64:
      return square_root(block, in);
    case Opcode::kAddI64:
    case Opcode::kSubI64:
      return add_i64(block, in);
    case Opcode::kMulI64:
      return multiply_i64(block, in);
    case Opcode::kWordToF64:
    case Opcode::kFloatToF64:
    case Opcode::kScaledToF64:
      return convert(block, in);
    case Opcode::kGeneric:
      return run_generic(block, in);
  }
}

// Whole cache lines go past the cache, the ends by plain stores.
void copy_past_cache(const void* from, void* to, std::size_t bytes, const void* next) {
  const hn::ScalableTag<std::uint8_t> d;
  constexpr std::size_t kLine = 64;
  const auto* in = static_cast<const std::uint8_t*>(from);
  auto* out = static_cast<std::uint8_t*>(to);
  const std::size_t ahead = (kLine - reinterpret_cast<std::uintptr_t>(out) % kLine) % kLine;
  std::size_t i = std::min(bytes, ahead);
  std::memcpy(out, in, i);
  for (; i + kLine <= bytes; i += kLine) {
    if (next != nullptr) hwy::Prefetch(static_cast<const std::uint8_t*>(next) + i);
    for (std::size_t j = 0; j < kLine; j += hn::Lanes(d)) {
      hn::Stream(hn::LoadU(d, in + i + j), d, out + i + j);
    }
  }
  std::memcpy(out + i, in + i, bytes - i);
}

void run_block(const Block& block) {
  for (const Instruction& instruction : block.code.instructions)
    run_instruction(block, instruction);
}

}  // namespace weir::expr::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::expr {

HWY_EXPORT(run_block);
HWY_EXPORT(copy_past_cache);
HWY_EXPORT(list_scales);

void run_block(const Block& block) {
  HWY_DYNAMIC_DISPATCH(run_block)(block);
}

void copy_past_cache(const void* from, void* to, std::size_t bytes, const void* next) {
  HWY_DYNAMIC_DISPATCH(copy_past_cache)(from, to, bytes, next);
}

void index_scales(const Block& block, Register& reg) {
  HWY_DYNAMIC_DISPATCH(list_scales)(block, reg);
}

}  // namespace weir::expr
#endif
