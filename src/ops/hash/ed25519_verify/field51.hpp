// Field51: numbers modulo 2^255 - 19 as five limbs of 51 bits, one at a time, for any 64-bit CPU.
//
//   Field51::Fe z;
//   Field51::multiply(z, x, y);        // outputs may be inputs
//
// Limbs are kept below 2^51 + 2^16. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ops/hash/ed25519_verify/group_inl.hpp"

namespace weir::ops::ed25519 {

struct Field51 {
  static constexpr std::size_t kLanes = 1;
  using Mask = std::uint8_t;  // the lowest bit
  using Wide = unsigned __int128;
  static constexpr std::uint64_t kMask = (std::uint64_t{1} << 51) - 1;
  struct Fe {
    std::uint64_t v[5];
  };

  static Fe constant(const std::uint64_t* limbs) {
    return {{limbs[0], limbs[1], limbs[2], limbs[3], limbs[4]}};
  }
  static Fe load(const std::uint64_t (&limbs)[5][1]) {
    return {{limbs[0][0], limbs[1][0], limbs[2][0], limbs[3][0], limbs[4][0]}};
  }
  static Fe zero() { return {}; }
  static Fe one() { return {{1, 0, 0, 0, 0}}; }

  static void carry(Fe& out, const std::uint64_t* r) {
    const std::uint64_t r0 = r[0], r1 = r[1], r2 = r[2], r3 = r[3], r4 = r[4];
    out = {{(r0 & kMask) + 19 * (r4 >> 51), (r1 & kMask) + (r0 >> 51), (r2 & kMask) + (r1 >> 51),
            (r3 & kMask) + (r2 >> 51), (r4 & kMask) + (r3 >> 51)}};
  }
  static void add(Fe& out, const Fe& a, const Fe& b) {
    std::uint64_t r[5];
    for (std::size_t i = 0; i < 5; ++i) r[i] = a.v[i] + b.v[i];
    carry(out, r);
  }
  // a - b + 2 p, so that no limb goes below zero.
  static void subtract(Fe& out, const Fe& a, const Fe& b) {
    std::uint64_t r[5];
    for (std::size_t i = 0; i < 5; ++i) r[i] = a.v[i] + 2 * (kMask - (i == 0 ? 18 : 0)) - b.v[i];
    carry(out, r);
  }
  static void multiply(Fe& out, const Fe& x, const Fe& y) {
    const std::uint64_t* a = x.v;
    const std::uint64_t b[5] = {y.v[0], y.v[1], y.v[2], y.v[3], y.v[4]};
    const std::uint64_t c[5] = {0, 19 * b[1], 19 * b[2], 19 * b[3], 19 * b[4]};
    const Wide r[5] = {Wide{a[0]} * b[0] + Wide{a[1]} * c[4] + Wide{a[2]} * c[3] +
                           Wide{a[3]} * c[2] + Wide{a[4]} * c[1],
                       Wide{a[0]} * b[1] + Wide{a[1]} * b[0] + Wide{a[2]} * c[4] +
                           Wide{a[3]} * c[3] + Wide{a[4]} * c[2],
                       Wide{a[0]} * b[2] + Wide{a[1]} * b[1] + Wide{a[2]} * b[0] +
                           Wide{a[3]} * c[4] + Wide{a[4]} * c[3],
                       Wide{a[0]} * b[3] + Wide{a[1]} * b[2] + Wide{a[2]} * b[1] +
                           Wide{a[3]} * b[0] + Wide{a[4]} * c[4],
                       Wide{a[0]} * b[4] + Wide{a[1]} * b[3] + Wide{a[2]} * b[2] +
                           Wide{a[3]} * b[1] + Wide{a[4]} * b[0]};
    reduce(out, r);
  }
  static void square(Fe& out, const Fe& x) {
    const std::uint64_t* a = x.v;
    const std::uint64_t two0 = 2 * a[0], two1 = 2 * a[1];
    const std::uint64_t c3 = 19 * a[3], c4 = 19 * a[4];
    const Wide r[5] = {Wide{a[0]} * a[0] + Wide{two1} * c4 + Wide{2 * a[2]} * c3,
                       Wide{two0} * a[1] + Wide{2 * a[2]} * c4 + Wide{a[3]} * c3,
                       Wide{two0} * a[2] + Wide{a[1]} * a[1] + Wide{2 * a[3]} * c4,
                       Wide{two0} * a[3] + Wide{two1} * a[2] + Wide{a[4]} * c4,
                       Wide{two0} * a[4] + Wide{two1} * a[3] + Wide{a[2]} * a[2]};
    reduce(out, r);
  }

  // The limbs of the number below p that x is congruent to.
  static Fe freeze(const Fe& x) {
    Fe r;
    carry(r, x.v);
    std::uint64_t above = (r.v[0] + 19) >> 51;
    for (std::size_t i = 1; i < 5; ++i) above = (r.v[i] + above) >> 51;
    std::uint64_t next = 19 * above;
    for (std::size_t i = 0; i < 5; ++i) {
      next += r.v[i];
      r.v[i] = next & kMask;
      next >>= 51;
    }
    return r;
  }
  static Mask equal_limbs(const Fe& a, const Fe& b) {
    for (std::size_t i = 0; i < 5; ++i) {
      if (a.v[i] != b.v[i]) return 0;
    }
    return 1;
  }
  static Mask is_zero(const Fe& x) { return equal_limbs(freeze(x), zero()); }
  static Mask is_odd(const Fe& x) { return static_cast<Mask>(freeze(x).v[0] & 1); }
  static const Fe& select(Mask mask, const Fe& yes, const Fe& no) {
    return (mask & 1) != 0 ? yes : no;
  }

  static Mask negative(const std::int8_t* digits) { return digits[0] < 0 ? 1 : 0; }
  static std::size_t size_of(const std::int8_t* digits) {
    return static_cast<std::size_t>(digits[0] < 0 ? -digits[0] : digits[0]);
  }
  template <class Cached>
  static void pick(Cached& out, const Cached* table, const std::int8_t* digits) {
    out = table[size_of(digits)];
  }
  template <class Affine>
  static void pick_base(Affine& out, const BaseTable& base, const std::int8_t* digits) {
    const std::uint64_t* entry = base.entries[size_of(digits)];
    out = {constant(entry), constant(entry + 5), constant(entry + 10)};
  }

 private:
  static void reduce(Fe& out, const Wide* r) {
    Wide next = r[0];
    std::uint64_t limbs[5];
    for (std::size_t i = 0; i < 5; ++i) {
      limbs[i] = static_cast<std::uint64_t>(next) & kMask;
      next = (next >> 51) + (i < 4 ? r[i + 1] : 0);
    }
    limbs[0] += 19 * static_cast<std::uint64_t>(next);
    limbs[1] += limbs[0] >> 51;
    limbs[0] &= kMask;
    out = {{limbs[0], limbs[1], limbs[2], limbs[3], limbs[4]}};
  }
};

}  // namespace weir::ops::ed25519
