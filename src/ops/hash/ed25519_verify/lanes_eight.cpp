// Eight signatures side by side: limb i of lane j is element j of vector i. The multiplier of
// AVX-512 IFMA gives the low and the high 52 bits of a product; with limbs of 51 bits the high half
// counts twice at the next limb.
#if !defined(__clang__)  // GCC 12's own header makes shifts out of a vector that it calls undefined
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__clang__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512ifma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512ifma")
#endif

// Inside, so that its templates are compiled for these instructions as well.
#include "ops/hash/ed25519_verify/lanes.hpp"

namespace weir::ops::ed25519 {
namespace {

struct FieldIfma {
  static constexpr std::size_t kLanes = 8;
  using Mask = std::uint8_t;
  using V = __m512i;
  struct Fe {
    V v[5];
  };

  static V splat(std::uint64_t x) { return _mm512_set1_epi64(static_cast<long long>(x)); }
  static V limb_mask() { return splat((std::uint64_t{1} << 51) - 1); }
  static Fe constant(const std::uint64_t* limbs) {
    return {{splat(limbs[0]), splat(limbs[1]), splat(limbs[2]), splat(limbs[3]), splat(limbs[4])}};
  }
  static Fe load(const std::uint64_t (&limbs)[5][8]) {
    Fe out;
    for (std::size_t i = 0; i < 5; ++i) out.v[i] = _mm512_loadu_si512(limbs[i]);
    return out;
  }
  static Fe zero() {
    const V none = _mm512_setzero_si512();
    return {{none, none, none, none, none}};
  }
  static Fe one() {
    Fe out = zero();
    out.v[0] = splat(1);
    return out;
  }

  // x + 19 y
  static V plus_nineteen(V x, V y) {
    const V sixteen_and_two = _mm512_add_epi64(_mm512_slli_epi64(y, 4), _mm512_slli_epi64(y, 1));
    return _mm512_add_epi64(_mm512_add_epi64(x, y), sixteen_and_two);
  }
  // One round: limbs below 2^60 come below 2^51 + 2^14.
  static void carry(Fe& out, const V* r) {
    const V mask = limb_mask();
    V above[5];
#pragma GCC unroll 5
    for (std::size_t i = 0; i < 5; ++i) above[i] = _mm512_srli_epi64(r[i], 51);
    out.v[0] = plus_nineteen(_mm512_and_si512(r[0], mask), above[4]);
#pragma GCC unroll 5
    for (std::size_t i = 1; i < 5; ++i) {
      out.v[i] = _mm512_add_epi64(_mm512_and_si512(r[i], mask), above[i - 1]);
    }
  }
  static void add(Fe& out, const Fe& a, const Fe& b) {
    V r[5];
#pragma GCC unroll 5
    for (std::size_t i = 0; i < 5; ++i) r[i] = _mm512_add_epi64(a.v[i], b.v[i]);
    carry(out, r);
  }
  static void subtract(Fe& out, const Fe& a, const Fe& b) {
    const std::uint64_t full = (std::uint64_t{1} << 52) - 2;  // of 2 p
    V r[5];
#pragma GCC unroll 5
    for (std::size_t i = 0; i < 5; ++i) {
      const V twice_p = splat(i == 0 ? full - 36 : full);
      r[i] = _mm512_add_epi64(a.v[i], _mm512_sub_epi64(twice_p, b.v[i]));
    }
    carry(out, r);
  }

  // low[k] and high[k] are the sums of the halves of the products of weight k.
  static void reduce(Fe& out, const V* low, const V* high) {
    V z[10];
    z[0] = low[0];
#pragma GCC unroll 10
    for (std::size_t k = 1; k < 9; ++k) {
      z[k] = _mm512_add_epi64(low[k], _mm512_add_epi64(high[k - 1], high[k - 1]));
    }
    z[9] = _mm512_add_epi64(high[8], high[8]);
    V r[5];
#pragma GCC unroll 5
    for (std::size_t k = 0; k < 5; ++k) r[k] = plus_nineteen(z[k], z[k + 5]);
    carry(out, r);
  }
  [[gnu::noinline]] static void multiply(Fe& out, const Fe& x, const Fe& y) {
    V low[9], high[9];
#pragma GCC unroll 9
    for (std::size_t k = 0; k < 9; ++k) low[k] = high[k] = _mm512_setzero_si512();
#pragma GCC unroll 5
    for (std::size_t i = 0; i < 5; ++i) {
#pragma GCC unroll 5
      for (std::size_t j = 0; j < 5; ++j) {
        low[i + j] = _mm512_madd52lo_epu64(low[i + j], x.v[i], y.v[j]);
        high[i + j] = _mm512_madd52hi_epu64(high[i + j], x.v[i], y.v[j]);
      }
    }
    reduce(out, low, high);
  }
  // Products of two different limbs count twice.
  [[gnu::noinline]] static void square(Fe& out, const Fe& x) {
    V low[9], high[9];
#pragma GCC unroll 9
    for (std::size_t k = 0; k < 9; ++k) low[k] = high[k] = _mm512_setzero_si512();
#pragma GCC unroll 5
    for (std::size_t i = 0; i < 5; ++i) {
#pragma GCC unroll 5
      for (std::size_t j = i + 1; j < 5; ++j) {
        low[i + j] = _mm512_madd52lo_epu64(low[i + j], x.v[i], x.v[j]);
        high[i + j] = _mm512_madd52hi_epu64(high[i + j], x.v[i], x.v[j]);
      }
    }
#pragma GCC unroll 9
    for (std::size_t k = 1; k < 8; ++k) {
      low[k] = _mm512_add_epi64(low[k], low[k]);
      high[k] = _mm512_add_epi64(high[k], high[k]);
    }
#pragma GCC unroll 5
    for (std::size_t i = 0; i < 5; ++i) {
      low[2 * i] = _mm512_madd52lo_epu64(low[2 * i], x.v[i], x.v[i]);
      high[2 * i] = _mm512_madd52hi_epu64(high[2 * i], x.v[i], x.v[i]);
    }
    reduce(out, low, high);
  }

  // The limbs of the numbers below p.
  static Fe freeze(const Fe& x) {
    const V mask = limb_mask();
    Fe r;
    carry(r, x.v);
    V above = _mm512_srli_epi64(_mm512_add_epi64(r.v[0], splat(19)), 51);
    for (std::size_t i = 1; i < 5; ++i) {
      above = _mm512_srli_epi64(_mm512_add_epi64(r.v[i], above), 51);
    }
    V next = plus_nineteen(_mm512_setzero_si512(), above);
    for (std::size_t i = 0; i < 5; ++i) {
      next = _mm512_add_epi64(next, r.v[i]);
      r.v[i] = _mm512_and_si512(next, mask);
      next = _mm512_srli_epi64(next, 51);
    }
    return r;
  }
  static Mask equal_limbs(const Fe& a, const Fe& b) {
    Mask equal = 0xff;
    for (std::size_t i = 0; i < 5; ++i) {
      equal = static_cast<Mask>(equal & _mm512_cmpeq_epi64_mask(a.v[i], b.v[i]));
    }
    return equal;
  }
  static Mask is_zero(const Fe& x) {
    return equal_limbs(freeze(x), zero());
  }
  static Mask is_odd(const Fe& x) {
    return _mm512_test_epi64_mask(freeze(x).v[0], splat(1));
  }
  static Fe select(Mask mask, const Fe& yes, const Fe& no) {
    Fe out;
#pragma GCC unroll 5
    for (std::size_t i = 0; i < 5; ++i) {
      out.v[i] = _mm512_mask_blend_epi64(mask, no.v[i], yes.v[i]);
    }
    return out;
  }

  static V digits_of(const std::int8_t* digits) {
    return _mm512_cvtepi8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(digits)));
  }
  static Mask negative(const std::int8_t* digits) {
    return _mm512_movepi64_mask(digits_of(digits));
  }
  // Each lane's own entry: nine masked moves a vector cost less than a gather.
  template <class Cached>
  static void pick(Cached& out, const Cached* table, const std::int8_t* digits) {
    constexpr std::size_t kVectors = sizeof(Cached) / sizeof(V);
    const V size = _mm512_abs_epi64(digits_of(digits));
    V picked[kVectors];
    std::memcpy(picked, table, sizeof(picked));
    for (std::size_t entry = 1; entry < 9; ++entry) {
      const Mask here = _mm512_cmpeq_epi64_mask(size, splat(entry));
      const V* from = reinterpret_cast<const V*>(table + entry);
#pragma GCC unroll 20
      for (std::size_t i = 0; i < kVectors; ++i) {
        picked[i] = _mm512_mask_mov_epi64(picked[i], here, from[i]);
      }
    }
    std::memcpy(&out, picked, sizeof(picked));
  }
  template <class Affine>
  static void pick_base(Affine& out, const BaseTable& base, const std::int8_t* digits) {
    const V size = _mm512_abs_epi64(digits_of(digits));
    const V at = _mm512_sub_epi64(_mm512_slli_epi64(size, 4), size);
    V picked[15];
#pragma GCC unroll 15
    for (std::size_t i = 0; i < 15; ++i) {
      picked[i] = _mm512_i64gather_epi64(at, base.entries[0] + i, 8);
    }
    std::memcpy(&out, picked, sizeof(picked));
  }
};

}  // namespace

Decision verify_eight(const Batch<8>& batch) {
  return Group<FieldIfma>::verify(batch, base_table());
}

}  // namespace weir::ops::ed25519

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
