// The group of Ed25519 over any form of the field modulo p = 2^255 - 19: several signatures in
// lock-step, one a lane, or one alone. Included once by each file that brings a field.
//
//   struct Field {                                     // see field51.hpp
//     static constexpr std::size_t kLanes = 8;
//     struct Fe { ... };  using Mask = std::uint8_t;   // a bit a lane
//   };
//   const Decision decision = Group<Field>::verify(batch);
//
// Points are extended twisted Edwards coordinates (Hisil, Wong, Carter, Dawson, ASIACRYPT 2008),
// whose addition has no exceptions. Not in constant time. Templates only: a file may compile them
// for an instruction set of its own.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::ops::ed25519 {

// What kLanes signatures bring: the encodings of key and R as five numbers of 51 bits and a sign,
// and the digits of k = SHA-512(R, key, message) mod L and of S.
template <std::size_t kLanes>
struct Batch {
  alignas(64) std::uint64_t key[5][kLanes];
  alignas(64) std::uint64_t r[5][kLanes];
  std::uint8_t key_signs = 0;
  std::uint8_t r_signs = 0;
  std::int8_t k[64][kLanes];  // base 16, [-8, 8)
  std::int8_t s[32][kLanes];  // base 256, [-128, 128)
};

// A bit a lane.
struct Decision {
  std::uint8_t on_curve;  // the key is a point
  std::uint8_t matches;   // S B - k A encodes to R; means nothing if the key is none
};

// y + x, y - x and 2 d x y of the multiples 0 B ... 128 B of the base point.
inline constexpr std::size_t kBaseEntries = 129;
struct BaseTable {
  std::uint64_t entries[kBaseEntries][15];
};

inline constexpr std::uint64_t kD[5] = {0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029,
                                        0x739c663a03cbb, 0x52036cee2b6ff};
inline constexpr std::uint64_t kTwoD[5] = {0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052,
                                           0x6738cc7407977, 0x2406d9dc56dff};
inline constexpr std::uint64_t kRootOfMinusOne[5] = {
    0x61b274a0ea0b0, 0x0d5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d};

template <class F>
struct Group {
  using Fe = typename F::Fe;
  using Mask = typename F::Mask;
  static constexpr std::size_t kTable = 9;  // 0 A ... 8 A

  struct Projective {  // x = X / Z, y = Y / Z
    Fe x, y, z;
  };
  struct Extended {  // and T = X Y / Z
    Fe x, y, z, t;
  };
  struct Completed {  // x = X / Z, y = Y / T
    Fe x, y, z, t;
  };
  struct Cached {  // Y + X, Y - X, Z, 2 d T
    Fe plus, minus, z, t2d;
  };
  struct Affine {  // y + x, y - x, 2 d x y
    Fe plus, minus, t2d;
  };

  static void project(Projective& out, const Completed& p) {
    F::multiply(out.x, p.x, p.t);
    F::multiply(out.y, p.y, p.z);
    F::multiply(out.z, p.z, p.t);
  }
  static void extend(Extended& out, const Completed& p) {
    F::multiply(out.x, p.x, p.t);
    F::multiply(out.y, p.y, p.z);
    F::multiply(out.z, p.z, p.t);
    F::multiply(out.t, p.x, p.y);
  }

  template <class Point>
  static void twice(Completed& out, const Point& p) {
    Fe xx, yy, zz, sum;
    F::square(xx, p.x);
    F::square(yy, p.y);
    F::square(zz, p.z);
    F::add(sum, p.x, p.y);
    F::square(sum, sum);
    F::add(out.y, yy, xx);
    F::subtract(out.z, yy, xx);
    F::subtract(out.x, sum, out.y);
    F::add(zz, zz, zz);
    F::subtract(out.t, zz, out.z);
  }

  // p + q, given what q contributes: `zz` = 2 Z1 Z2.
  template <class Other>
  static void add_with(Completed& out, const Extended& p, const Other& q, const Fe& zz) {
    Fe a, b, c;
    F::add(a, p.y, p.x);
    F::multiply(a, a, q.plus);
    F::subtract(b, p.y, p.x);
    F::multiply(b, b, q.minus);
    F::multiply(c, q.t2d, p.t);
    F::subtract(out.x, a, b);
    F::add(out.y, a, b);
    F::add(out.z, zz, c);
    F::subtract(out.t, zz, c);
  }
  static void add(Completed& out, const Extended& p, const Cached& q) {
    Fe zz;
    F::multiply(zz, p.z, q.z);
    F::add(zz, zz, zz);
    add_with(out, p, q, zz);
  }
  static void add(Completed& out, const Extended& p, const Affine& q) {
    Fe zz;
    F::add(zz, p.z, p.z);
    add_with(out, p, q, zz);
  }
  static void cache(Cached& out, const Extended& p) {
    F::add(out.plus, p.y, p.x);
    F::subtract(out.minus, p.y, p.x);
    out.z = p.z;
    F::multiply(out.t2d, p.t, F::constant(kTwoD));
  }

  static void square_times(Fe& out, const Fe& x, unsigned times) {
    F::square(out, x);
    for (unsigned i = 1; i < times; ++i) F::square(out, out);
  }
  // x^(2^250 - 1), and x^11 on the way.
  static void long_power(Fe& out, Fe& eleventh, const Fe& x) {
    Fe a, b, c;
    F::square(a, x);
    square_times(b, a, 2);
    F::multiply(b, b, x);         // 9
    F::multiply(eleventh, a, b);  // 11
    F::square(a, eleventh);
    F::multiply(a, a, b);  // 2^5 - 1
    square_times(b, a, 5);
    F::multiply(a, b, a);  // 2^10 - 1
    square_times(b, a, 10);
    F::multiply(b, b, a);  // 2^20 - 1
    square_times(c, b, 20);
    F::multiply(b, c, b);  // 2^40 - 1
    square_times(b, b, 10);
    F::multiply(a, b, a);  // 2^50 - 1
    square_times(b, a, 50);
    F::multiply(b, b, a);  // 2^100 - 1
    square_times(c, b, 100);
    F::multiply(b, c, b);  // 2^200 - 1
    square_times(b, b, 50);
    F::multiply(out, b, a);
  }
  static void invert(Fe& out, const Fe& x) {  // x^(p - 2) = x^(2^255 - 21)
    Fe power, eleventh;
    long_power(power, eleventh, x);
    square_times(power, power, 5);
    F::multiply(out, power, eleventh);
  }
  static void root_power(Fe& out, const Fe& x) {  // x^((p - 5) / 8) = x^(2^252 - 3)
    Fe power, eleventh;
    long_power(power, eleventh, x);
    square_times(power, power, 2);
    F::multiply(out, power, x);
  }

  // The point with this y and the other sign: -A. Returns the lanes where there is one. y may be p
  // or more; where x = 0 either sign does.
  static Mask decompress_negated(Extended& out, const Fe& y, Mask sign) {
    const Fe one = F::one();
    Fe u, v, v3, x, check;
    F::square(u, y);
    F::multiply(v, u, F::constant(kD));
    F::subtract(u, u, one);
    F::add(v, v, one);
    F::square(v3, v);
    F::multiply(v3, v3, v);
    F::square(x, v3);
    F::multiply(x, x, v);
    F::multiply(x, x, u);  // u v^7
    root_power(x, x);
    F::multiply(x, x, v3);
    F::multiply(x, x, u);  // u v^3 (u v^7)^((p - 5) / 8)
    F::square(check, x);
    F::multiply(check, check, v);
    Fe difference, sum;
    F::subtract(difference, check, u);
    F::add(sum, check, u);
    const Mask is_root = F::is_zero(difference);
    const Mask is_other = F::is_zero(sum);
    Fe other;
    F::multiply(other, x, F::constant(kRootOfMinusOne));
    x = F::select(is_root, x, other);
    Fe negated;
    F::subtract(negated, F::zero(), x);
    const auto flip = static_cast<Mask>(~(F::is_odd(x) ^ sign));
    out.x = F::select(flip, negated, x);
    out.y = y;
    out.z = one;
    F::multiply(out.t, out.x, y);
    return static_cast<Mask>(is_root | is_other);
  }

  // q or -q, whichever the signs say.
  template <class Other>
  static void negate_if(Other& q, Mask negative) {
    const Fe plus = F::select(negative, q.minus, q.plus);
    q.minus = F::select(negative, q.plus, q.minus);
    q.plus = plus;
    Fe negated;
    F::subtract(negated, F::zero(), q.t2d);
    q.t2d = F::select(negative, negated, q.t2d);
  }

  // S B - k A, from the highest digit down: four doublings a digit of k.
  static void combine(Projective& out, const Extended& minus_a, const Batch<F::kLanes>& batch,
                      const BaseTable& base) {
    Cached table[kTable];
    table[0] = {F::one(), F::one(), F::one(), F::zero()};
    cache(table[1], minus_a);
    Completed sum;
    Extended point;
    for (std::size_t i = 2; i < kTable; ++i) {
      add(sum, minus_a, table[i - 1]);
      extend(point, sum);
      cache(table[i], point);
    }
    point = {F::zero(), F::one(), F::one(), F::zero()};
    for (std::size_t i = 64; i-- != 0;) {
      if (i != 63) {
        for (unsigned times = 0; times < 3; ++times) {
          twice(sum, out);
          project(out, sum);
        }
        twice(sum, out);
        extend(point, sum);
      }
      Cached multiple;
      F::pick(multiple, table, batch.k[i]);
      negate_if(multiple, F::negative(batch.k[i]));
      add(sum, point, multiple);
      if (i % 2 == 0) {
        extend(point, sum);
        Affine of_base;
        F::pick_base(of_base, base, batch.s[i / 2]);
        negate_if(of_base, F::negative(batch.s[i / 2]));
        add(sum, point, of_base);
      }
      project(out, sum);
    }
  }

  static Decision verify(const Batch<F::kLanes>& batch, const BaseTable& base) {
    Extended minus_a;
    const Mask on_curve = decompress_negated(minus_a, F::load(batch.key), batch.key_signs);
    Projective r;
    combine(r, minus_a, batch, base);
    Fe inverse, x, y;
    invert(inverse, r.z);
    F::multiply(x, r.x, inverse);
    F::multiply(y, r.y, inverse);
    // R as it came, not reduced: an encoding of p or more never equals a canonical one.
    const Mask same_y = F::equal_limbs(F::freeze(y), F::load(batch.r));
    const auto same_sign = static_cast<Mask>(~(F::is_odd(x) ^ batch.r_signs));
    return {on_curve, static_cast<std::uint8_t>(same_y & same_sign)};
  }
};

}  // namespace weir::ops::ed25519
