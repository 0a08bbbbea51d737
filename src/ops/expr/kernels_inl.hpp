// The loops of kernels.cpp, compiled once a target.
#if defined(WEIR_OPS_EXPR_KERNELS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef WEIR_OPS_EXPR_KERNELS_INL
#undef WEIR_OPS_EXPR_KERNELS_INL
#else
#define WEIR_OPS_EXPR_KERNELS_INL
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "base/numeric/elementary.hpp"
#include "ops/expr/code.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::expr::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Calls step(i) for the first row of each vector.
template <class D, class Step>
HWY_INLINE void each(D d, const Block& block, const Step& step) {
  const std::size_t rows = block.words * 64;
  for (std::size_t i = 0; i < rows; i += hn::Lanes(d)) step(i);
}

// Writes the masks step(i) as a bitmap.
template <class D, class Step>
HWY_INLINE void fill_bits(D d, const Block& block, std::uint64_t* out, const Step& step) {
  auto* bytes = reinterpret_cast<std::uint8_t*>(out);
  const std::size_t rows = block.words * 64;
  const std::size_t lanes = hn::Lanes(d);
  if (lanes >= 8) {
    for (std::size_t i = 0; i < rows; i += lanes) hn::StoreMaskBits(d, step(i), bytes + i / 8);
  } else {
    for (std::size_t i = 0; i < rows; i += 8) {
      unsigned byte = 0;
      for (std::size_t j = 0; j < 8; j += lanes) {
        std::array<std::uint8_t, 8> bits;
        hn::StoreMaskBits(d, step(i + j), bits.data());
        byte |= static_cast<unsigned>(bits[0]) << j;
      }
      bytes[i / 8] = static_cast<std::uint8_t>(byte);
    }
  }
}

HWY_INLINE bool any_bit(const Block& block, const std::uint64_t* bits) {
  std::uint64_t any = 0;
  for (std::size_t word = 0; word < block.words; ++word) any |= bits[word];
  return any != 0;
}

inline Register& start(const Block& block, const Instruction& in) {
  Register& dst = block.reg(in.dst);
  dst.data = dst.own_data;
  dst.valid = nullptr;
  return dst;
}

// Makes the rows of a bitmap null.
HWY_INLINE void exclude(const Block& block, Register& reg, const std::uint64_t* rows) {
  for (std::size_t word = 0; word < block.words; ++word)
    reg.own_valid[word] =
        ~rows[word] & (reg.valid == nullptr ? ~std::uint64_t{0} : reg.valid[word]);
  reg.valid = reg.own_valid;
}

// Makes NaN and infinities null.
template <class D, class T>
HWY_INLINE void drop_non_finite(const Block& block, Register& reg, D d, const T* values) {
  std::array<std::uint64_t, kBlockWords> bad;
  const auto largest = hn::Set(d, std::numeric_limits<T>::max());
  fill_bits(d, block, bad.data(), [&](std::size_t i) HWY_ATTR {
    return hn::Not(hn::Le(hn::Abs(hn::LoadU(d, values + i)), largest));
  });
  if (any_bit(block, bad.data())) exclude(block, reg, bad.data());
}

HWY_INLINE void finish_f64(const Block& block, Register& dst) {
  if (block.code.options.non_finite_is_null)
    drop_non_finite(block, dst, hn::ScalableTag<double>(), dst.doubles());
}

// Turns raw comparison bits into a boolean: inverted if so, null (or false) where an operand is
// null.
HWY_INLINE void settle_truth(const Block& block, Register& dst, bool inverted,
                             const std::uint64_t* a, const std::uint64_t* b) {
  std::uint64_t* bits = dst.bits();
  join_validity(block, dst, a, b);
  if (inverted)
    for (std::size_t word = 0; word < block.words; ++word) bits[word] = ~bits[word];
  if (dst.valid != nullptr)
    for (std::size_t word = 0; word < block.words; ++word) bits[word] &= dst.own_valid[word];
  if (block.code.options.null_compares_false) dst.valid = nullptr;
}

// The comparisons below write equality or an order and return whether the result is to be inverted.

HWY_INLINE bool compare_words(const Block& block, Comparison comparison, const std::int64_t* a,
                              const std::int64_t* b, std::uint64_t* out) {
  const hn::ScalableTag<std::int64_t> d;
  const bool equality = comparison == Comparison::kEq || comparison == Comparison::kNe;
  if (equality) {
    fill_bits(d, block, out, [&](std::size_t i) HWY_ATTR {
      return hn::Eq(hn::LoadU(d, a + i), hn::LoadU(d, b + i));
    });
    return comparison == Comparison::kNe;
  }
  const bool less = comparison == Comparison::kLt || comparison == Comparison::kGe;
  if (!less) std::swap(a, b);
  fill_bits(d, block, out, [&](std::size_t i) HWY_ATTR {
    return hn::Lt(hn::LoadU(d, a + i), hn::LoadU(d, b + i));
  });
  return comparison == Comparison::kGe || comparison == Comparison::kLe;
}

HWY_INLINE bool compare_words_to(const Block& block, Comparison comparison, const std::int64_t* a,
                                 std::int64_t limit, std::uint64_t* out) {
  const hn::ScalableTag<std::int64_t> d;
  const auto to = hn::Set(d, limit);
  switch (comparison) {
    case Comparison::kEq:
    case Comparison::kNe:
      fill_bits(d, block, out,
                [&](std::size_t i) HWY_ATTR { return hn::Eq(hn::LoadU(d, a + i), to); });
      return comparison == Comparison::kNe;
    case Comparison::kLt:
    case Comparison::kGe:
      fill_bits(d, block, out,
                [&](std::size_t i) HWY_ATTR { return hn::Lt(hn::LoadU(d, a + i), to); });
      return comparison == Comparison::kGe;
    default:
      fill_bits(d, block, out,
                [&](std::size_t i) HWY_ATTR { return hn::Gt(hn::LoadU(d, a + i), to); });
      return comparison == Comparison::kLe;
  }
}

// In the total order: NaN equals NaN and exceeds every number. (Highway's Ne is false for NaN on
// some targets, so what is not equal to itself is asked by Eq.)
HWY_INLINE bool compare_doubles(const Block& block, Comparison comparison, const double* a,
                                const double* b, std::uint64_t* out) {
  const hn::ScalableTag<double> d;
  if (comparison == Comparison::kEq || comparison == Comparison::kNe) {
    fill_bits(d, block, out, [&](std::size_t i) HWY_ATTR {
      const auto x = hn::LoadU(d, a + i);
      const auto y = hn::LoadU(d, b + i);
      return hn::Or(hn::Eq(x, y), hn::Not(hn::Or(hn::Eq(x, x), hn::Eq(y, y))));
    });
    return comparison == Comparison::kNe;
  }
  const bool less = comparison == Comparison::kLt || comparison == Comparison::kGe;
  if (!less) std::swap(a, b);
  fill_bits(d, block, out, [&](std::size_t i) HWY_ATTR {
    const auto x = hn::LoadU(d, a + i);
    const auto y = hn::LoadU(d, b + i);
    return hn::Or(hn::Lt(x, y), hn::AndNot(hn::Eq(y, y), hn::Eq(x, x)));
  });
  return comparison == Comparison::kGe || comparison == Comparison::kLe;
}

// With a limit that is no NaN the IEEE comparisons agree with the total order, given that > is
// taken as the opposite of <=.
template <class T>
HWY_INLINE bool compare_reals_to(const Block& block, Comparison comparison, const T* a, T limit,
                                 std::uint64_t* out) {
  const hn::ScalableTag<T> d;
  const auto to = hn::Set(d, limit);
  switch (comparison) {
    case Comparison::kEq:
    case Comparison::kNe:
      fill_bits(d, block, out,
                [&](std::size_t i) HWY_ATTR { return hn::Eq(hn::LoadU(d, a + i), to); });
      return comparison == Comparison::kNe;
    case Comparison::kLt:
    case Comparison::kGe:
      fill_bits(d, block, out,
                [&](std::size_t i) HWY_ATTR { return hn::Lt(hn::LoadU(d, a + i), to); });
      return comparison == Comparison::kGe;
    default:
      fill_bits(d, block, out,
                [&](std::size_t i) HWY_ATTR { return hn::Le(hn::LoadU(d, a + i), to); });
      return comparison == Comparison::kGt;
  }
}

HWY_INLINE bool compare_doubles_to(const Block& block, Comparison comparison, const double* a,
                                   double limit, std::uint64_t* out) {
  return compare_reals_to(block, comparison, a, limit, out);
}

// Compares floats with a double as exactly as if they were widened: the limit becomes the float
// next below (for <= and >) or above (for < and >=), and equals nothing if it is no float.
HWY_INLINE bool compare_floats_to(const Block& block, Comparison comparison, const float* a,
                                  double limit, std::uint64_t* out) {
  const auto near = static_cast<float>(limit);
  const auto back = static_cast<double>(near);
  float to = near;
  if (comparison == Comparison::kEq || comparison == Comparison::kNe) {
    if (back != limit) {
      std::fill_n(out, block.words, std::uint64_t{0});
      return comparison == Comparison::kNe;
    }
  } else if (comparison == Comparison::kLe || comparison == Comparison::kGt) {
    if (back > limit) to = float_next(near, -1);
  } else if (back < limit) {
    to = float_next(near, 1);
  }
  return compare_reals_to(block, comparison, a, to, out);
}

// Each row against the threshold of its own decimals.
HWY_INLINE void compare_scaled_to(const Block& block, const Register& a,
                                  const std::array<Threshold, kScaleMax + 1>& thresholds,
                                  std::uint64_t* out) {
  std::array<std::uint64_t, kBlockWords> part;
  std::fill_n(out, block.words, std::uint64_t{0});
  for (unsigned n = 0; n < a.scale_count; ++n) {
    const Threshold& threshold = thresholds[a.scale_list[n]];
    compare_words_to(block, threshold.equals ? Comparison::kEq : Comparison::kGt, a.words(),
                     threshold.units, part.data());
    const std::uint64_t flip = threshold.inverted ? ~std::uint64_t{0} : 0;
    const std::uint64_t* rows = a.scale_rows + n * kBlockWords;
    for (std::size_t word = 0; word < block.words; ++word)
      out[word] |= (part[word] ^ flip) & rows[word];
  }
}

HWY_INLINE void scan_set(const Block& block, const Register& a, const WordSet& set,
                         std::uint64_t* out) {
  std::array<std::uint64_t, kBlockWords> part;
  std::fill_n(out, block.words, std::uint64_t{0});
  for (const std::uint64_t word : set.words) {
    if (set.doubles) {
      compare_doubles_to(block, Comparison::kEq, a.doubles(), std::bit_cast<double>(word),
                         part.data());
    } else {
      compare_words_to(block, Comparison::kEq, a.words(), static_cast<std::int64_t>(word),
                       part.data());
    }
    for (std::size_t i = 0; i < block.words; ++i) out[i] |= part[i];
  }
}

HWY_INLINE void probe_set(const Block& block, const Register& a, const WordSet& set,
                          std::uint64_t* out) {
  for (std::size_t word = 0; word < block.words; ++word) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 64; ++i) {
      std::uint64_t key = static_cast<std::uint64_t>(a.words()[word * 64 + i]);
      if (set.doubles && key == std::uint64_t{1} << 63) key = 0;  // -0.0
      bits |= static_cast<std::uint64_t>(set_contains(set, key) ? 1 : 0) << i;
    }
    out[word] = bits;
  }
}

// Sets the bits of the rows that are NaN.
HWY_INLINE void add_nans(const Block& block, const Register& a, std::uint64_t* out) {
  for (std::size_t word = 0; word < block.words; ++word) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 64; ++i) {
      bits |= static_cast<std::uint64_t>(numeric::is_nan(a.doubles()[word * 64 + i]) ? 1 : 0) << i;
    }
    out[word] |= bits;
  }
}

// Kleene logic and masks on bitmaps; operands keep the invariant that null bits are 0. `step` gets
// bits and validity of a and b, and a reference to the validity of the result.
template <class Step>
HWY_INLINE void each_word(const Block& block, const Register& a, const Register* b, Register& dst,
                          const Step& step) {
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  const std::uint64_t* x = a.bits();
  std::uint64_t* out = dst.bits();
  if (b == nullptr) {
    for (std::size_t i = 0; i < block.words; ++i)
      out[i] = step(x[i], a.valid == nullptr ? kAll : a.valid[i], kAll, kAll, dst.own_valid[i]);
    return;
  }
  const std::uint64_t* y = b->bits();
  if (a.valid == nullptr && b->valid == nullptr) {
    for (std::size_t i = 0; i < block.words; ++i)
      out[i] = step(x[i], kAll, y[i], kAll, dst.own_valid[i]);
    return;
  }
  for (std::size_t i = 0; i < block.words; ++i)
    out[i] = step(x[i], a.valid == nullptr ? kAll : a.valid[i], y[i],
                  b->valid == nullptr ? kAll : b->valid[i], dst.own_valid[i]);
}

HWY_INLINE void logic(const Block& block, const Instruction& in) {
  const Register& a = block.reg(in.a);
  const Register* b = in.b == kNoRegister ? nullptr : &block.reg(in.b);
  Register& dst = start(block, in);
  using Word = std::uint64_t;
  const bool nulls = a.valid != nullptr || (b != nullptr && b->valid != nullptr);
  bool kleene = true;
  switch (in.op) {
    case Opcode::kAnd:
      each_word(block, a, b, dst, [](Word x, Word x_valid, Word y, Word y_valid, Word& valid) {
        valid = (x & y) | (~x & x_valid) | (~y & y_valid);
        return x & y;
      });
      break;
    case Opcode::kOr:
      each_word(block, a, b, dst, [](Word x, Word x_valid, Word y, Word y_valid, Word& valid) {
        valid = x | y | (x_valid & y_valid);
        return x | y;
      });
      break;
    case Opcode::kNot:
      each_word(block, a, b, dst, [](Word x, Word x_valid, Word, Word, Word& valid) {
        valid = x_valid;
        return ~x & x_valid;
      });
      break;
    default:
      kleene = false;
      each_word(block, a, b, dst, [&](Word x, Word x_valid, Word y, Word, Word&) {
        switch (in.op) {
          case Opcode::kIsNull:
            return in.sub != 0 ? x_valid : ~x_valid;
          case Opcode::kNeedNotFalse:
            return y & (x | ~x_valid);
          case Opcode::kNeedNotTrue:
            return y & ~x;
          default:
            return y & x;
        }
      });
  }
  if (kleene && nulls) dst.valid = dst.own_valid;
}

}  // namespace weir::expr::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
