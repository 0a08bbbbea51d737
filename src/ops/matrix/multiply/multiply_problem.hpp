// Problem<M>: matrices of random values for a product, and the check of its result, for tests.
//
//   Problem<MultiplyF64> problem({.m = 5, .n = 7, .k = 3, .a_form = Form::kTransposed}, seed);
//   ... run on problem.args(), problem.output() ...
//   EXPECT_EQ(first_difference<MultiplyF64>(problem.args(), expected, problem.output()), "");
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "ops/matrix/multiply/multiply.hpp"
#include "ops/matrix/multiply/wide.hpp"

namespace weir::ops {

struct ProblemShape {
  std::size_t m = 0;
  std::size_t n = 0;
  std::size_t k = 0;
  Form a_form = Form::kPlain;
  Form b_form = Form::kPlain;
  double alpha = 1;
  double beta = 0;
  std::size_t batch = 1;
  std::size_t gap = 0;    // stride beyond the columns
  double magnitude = 1;   // of floating elements
  bool extremes = false;  // bytes: the largest and smallest only
  bool shared_b = false;  // one B for the whole batch
  bool special = false;   // NaN, infinities and -0.0 among the elements of A
};

template <class T>
T from_float(float value) {
  if constexpr (std::is_same_v<T, BFloat16>) {
    return to_bfloat16(value);
  } else if constexpr (std::is_same_v<T, Float16>) {
    return to_float16(value);
  } else {
    return static_cast<T>(value);
  }
}

// Returns a random element: a multiple of magnitude / 2^20 in (-magnitude, magnitude), any byte.
template <class T>
T random_element(Philox& rng, const ProblemShape& shape) {
  if constexpr (kIsByte<T>) {
    if (!shape.extremes) return static_cast<T>(rng.next_u32());
    return rng.next_u32() % 8 == 0 ? std::numeric_limits<T>::max()
                                   : (std::is_signed_v<T> ? T(-128) : T(255));
  } else {
    if (shape.special && rng.next_below(40) == 0) {
      const float specials[] = {std::numeric_limits<float>::quiet_NaN(),
                                std::numeric_limits<float>::infinity(),
                                -std::numeric_limits<float>::infinity(), -0.0F};
      return from_float<T>(specials[rng.next_below(4)]);
    }
    const double unit = static_cast<double>(rng.next_below(1u << 21)) * 0x1p-20 - 1;
    const double value = unit * shape.magnitude;
    if constexpr (std::is_same_v<T, double>) {
      return value;
    } else {
      return from_float<T>(static_cast<float>(value));
    }
  }
}

template <class M>
class Problem {
 public:
  using Left = typename M::Left;
  using Right = typename M::Right;
  using Sum = typename M::Sum;

  Problem(const ProblemShape& shape, std::uint64_t seed) : shape_(shape) {
    const bool turn_a = shape.a_form == Form::kTransposed;
    const bool turn_b = shape.b_form == Form::kTransposed;
    a_rows_ = turn_a ? shape.k : shape.m;
    a_cols_ = turn_a ? shape.m : shape.k;
    b_rows_ = turn_b ? shape.n : shape.k;
    b_cols_ = turn_b ? shape.k : shape.n;
    Philox rng(seed, 1);
    a.resize(a_rows_ * (a_cols_ + shape.gap) * shape.batch);
    b.resize(b_rows_ * (b_cols_ + shape.gap) * (shape.shared_b ? 1 : shape.batch));
    d.resize(shape.beta == 0 ? 0 : shape.m * (shape.n + shape.gap) * shape.batch);
    for (auto& x : a) x = random_element<Left>(rng, shape);
    ProblemShape ordinary = shape;
    ordinary.special = false;
    for (auto& x : b) x = random_element<Right>(rng, ordinary);
    if constexpr (!M::kExact) {
      for (auto& x : d) x = random_element<Sum>(rng, ordinary);
    }
    c.assign(shape.m * (shape.n + shape.gap) * shape.batch, untouched());
  }

  typename M::Args args() const {
    typename M::Args args;
    args.a = {a.data(), a_rows_, a_cols_, a_cols_ + shape_.gap};
    args.b = {b.data(), b_rows_, b_cols_, b_cols_ + shape_.gap};
    args.a_form = shape_.a_form;
    args.b_form = shape_.b_form;
    args.alpha = static_cast<Sum>(shape_.alpha);
    args.beta = static_cast<Sum>(shape_.beta);
    if (shape_.beta != 0) args.d = {d.data(), shape_.m, shape_.n, shape_.n + shape_.gap};
    args.batch = shape_.batch;
    args.a_step = a_rows_ * (a_cols_ + shape_.gap);
    args.b_step = shape_.shared_b ? 0 : b_rows_ * (b_cols_ + shape_.gap);
    args.d_step = shape_.m * (shape_.n + shape_.gap);
    return args;
  }
  typename M::Output output() {
    return {{c.data(), shape_.m, shape_.n, shape_.n + shape_.gap},
            shape_.m * (shape_.n + shape_.gap)};
  }

  // What C holds before a product: NaN, which shows where C is read or left as it was.
  static constexpr Sum untouched() {
    if constexpr (M::kExact) return -0x5a5a5a5b;
    return std::numeric_limits<Sum>::quiet_NaN();
  }

  std::vector<Left> a;
  std::vector<Right> b;
  std::vector<Sum> c, d;

 private:
  ProblemShape shape_;
  std::size_t a_rows_ = 0, a_cols_ = 0, b_rows_ = 0, b_cols_ = 0;
};

// Returns |alpha| |A| |B| + |beta| |D| of an element.
template <class M>
double size_of_terms(const typename M::Args& args, std::size_t matrix, std::size_t i,
                     std::size_t j) {
  using Sum = typename M::Sum;
  double size = 0;
  for (std::size_t k = 0; k < args.k(); ++k) {
    size += std::fabs(static_cast<double>(wide<Sum>(left(args, matrix, i, k))) *
                      static_cast<double>(wide<Sum>(right(args, matrix, k, j))));
  }
  size *= std::fabs(static_cast<double>(args.alpha));
  if (args.beta != Sum{}) {
    const Sum addend = args.d.data[matrix * args.d_step + i * args.d.stride + j];
    size += std::fabs(static_cast<double>(args.beta) * static_cast<double>(addend));
  }
  return size;
}

// Whether a floating-point element is within the tolerance of what is wanted: k + 8 roundings, each
// of the terms' size or of a smallest step. Terms that together leave the range may do so in some
// order of theirs.
template <class M>
bool within_tolerance(const typename M::Args& args, double size, typename M::Sum want,
                      typename M::Sum have) {
  using Sum = typename M::Sum;
  if (std::isnan(want) && std::isnan(have)) return true;
  constexpr double kMost = static_cast<double>(std::numeric_limits<Sum>::max());
  if (!(std::isfinite(want) && std::isfinite(have)) && size > kMost) return true;
  const double u = std::numeric_limits<Sum>::epsilon() / 2.0;
  const double roundings = static_cast<double>(args.k()) + 8;
  const double bound =
      roundings * (u * size + static_cast<double>(std::numeric_limits<Sum>::denorm_min()));
  return std::fabs(static_cast<double>(want) - static_cast<double>(have)) <= bound;
}

// Returns "" if every element of `got` is within the op's class of `expected`, else the first that
// is not.
template <class M>
std::string first_difference(const typename M::Args& args, const typename M::Output& expected,
                             const typename M::Output& got) {
  for (std::size_t matrix = 0; matrix < args.batch; ++matrix) {
    for (std::size_t i = 0; i < args.m(); ++i) {
      for (std::size_t j = 0; j < args.n(); ++j) {
        const auto want = expected.c.data[matrix * expected.c_step + i * expected.c.stride + j];
        const auto have = got.c.data[matrix * got.c_step + i * got.c.stride + j];
        bool good = want == have;
        if constexpr (!M::kExact) {
          good =
              good || within_tolerance<M>(args, size_of_terms<M>(args, matrix, i, j), want, have);
        }
        if (!good) {
          return "matrix " + std::to_string(matrix) + ", (" + std::to_string(i) + ", " +
                 std::to_string(j) + "): want " + std::to_string(want) + ", got " +
                 std::to_string(have);
        }
      }
    }
  }
  return "";
}

}  // namespace weir::ops
