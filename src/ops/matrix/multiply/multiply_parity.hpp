// The cases of the products, for every backend.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "ops/matrix/multiply/multiply_problem.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops {

template <class M>
class ProductCases {
 public:
  explicit ProductCases(std::uint64_t seed) : seed_(seed) {}

  void add(const std::string& name, const ProblemShape& shape) {
    auto problem = std::make_shared<const Problem<M>>(shape, seed_++);
    cases_.push_back({name + " m=" + std::to_string(shape.m) + " n=" + std::to_string(shape.n) +
                          " k=" + std::to_string(shape.k),
                      problem->args(), problem});
  }
  std::vector<ParityCase<M>> take() { return std::move(cases_); }

 private:
  std::uint64_t seed_;
  std::vector<ParityCase<M>> cases_;
};

template <class A, class B>
struct Parity<Multiply<A, B>> {
  using M = Multiply<A, B>;

  static std::vector<ParityCase<M>> cases(std::uint64_t seed) {
    ProductCases<M> cases(seed);
    for (const std::size_t m : {0, 1, 31, 32, 33, 65}) {
      cases.add("rows", {.m = m, .n = 5, .k = 7});
      cases.add("transposed", {.m = m, .n = 9, .k = 4, .a_form = Form::kTransposed});
    }
    for (std::size_t length = 1; length < 64; ++length) {
      cases.add("length", {.m = 2,
                           .n = 1 + length % 3,
                           .k = length,
                           .b_form = length % 2 == 0 ? Form::kPlain : Form::kTransposed,
                           .gap = length % 4});
      cases.add("width", {.m = 1 + length % 3, .n = length, .k = 3, .gap = length % 2});
    }
    cases.add("empty", {.m = 4, .n = 0, .k = 3});
    cases.add("no depth", {.m = 40, .n = 4, .k = 0});
    cases.add("no matrices", {.m = 4, .n = 4, .k = 4, .batch = 0});
    cases.add("blocks", {.m = 70, .n = 67, .k = 300, .gap = 5});
    cases.add("batch", {.m = 35, .n = 6, .k = 8, .batch = 3, .gap = 1});
    cases.add("shared right", {.m = 6, .n = 34, .k = 8, .batch = 3, .shared_b = true});
    cases.add("extremes", {.m = 5, .n = 6, .k = 700, .extremes = true});
    if (!M::kExact) add_scaled(cases);
    Philox rng(seed, 2);
    for (int i = 0; i < 8; ++i) {
      cases.add("random", {.m = rng.next_below(90),
                           .n = rng.next_below(90),
                           .k = rng.next_below(90),
                           .a_form = rng.next_below(2) == 0 ? Form::kPlain : Form::kTransposed,
                           .b_form = rng.next_below(2) == 0 ? Form::kPlain : Form::kTransposed,
                           .gap = rng.next_below(3)});
    }
    return cases.take();
  }

  static typename M::Output output(const typename M::Args& args) {
    const std::size_t stride = args.n() + 1;
    const auto memory = parity::guarded<typename M::Sum>(args.batch * args.m() * stride);
    return {{memory.data(), args.m(), args.n(), stride}, args.m() * stride};
  }

  static std::string compare(const typename M::Args& args, const typename M::Output& expected,
                             const typename M::Output& got) {
    return first_difference<M>(args, expected, got);
  }

 private:
  static void add_scaled(ProductCases<M>& cases) {
    cases.add("scaled", {.m = 33, .n = 8, .k = 9, .alpha = -0.5, .beta = 2, .batch = 2, .gap = 1});
    cases.add("nothing of it", {.m = 33, .n = 8, .k = 9, .alpha = 0, .beta = 1});
    const double tiny = std::is_same_v<A, double> ? 1e-300 : std::is_same_v<A, float> ? 1e-38 : 1;
    cases.add("tiny", {.m = 7, .n = 8, .k = 9, .magnitude = tiny});
    cases.add("denormal sums", {.m = 7, .n = 8, .k = 9, .magnitude = std::sqrt(tiny) * 1e-3});
    cases.add("large", {.m = 7, .n = 8, .k = 9, .magnitude = 1 / std::sqrt(tiny)});
    if constexpr (std::is_same_v<A, double> || std::is_same_v<A, float>) {
      const double most = std::sqrt(static_cast<double>(std::numeric_limits<A>::max()));
      cases.add("sums beyond the range", {.m = 7, .n = 8, .k = 9, .magnitude = 0.9 * most});
    }
    cases.add("special", {.m = 12, .n = 13, .k = 14, .special = true});
  }
};

}  // namespace weir::ops
