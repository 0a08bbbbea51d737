// The parity cases of sparse.cg.
#pragma once

#include <limits>
#include <memory>

#include "base/number_text.hpp"
#include "ops/sparse/cg/cg.hpp"
#include "ops/sparse/parity_matrices.hpp"

namespace weir::ops {

template <>
struct Parity<Cg> {
  struct Data {
    Csr a;
    std::vector<double> b;
    std::vector<double> start;
  };

  // Positive definite ones, and some that are not.
  static std::vector<ParityCase<Cg>> cases(std::uint64_t seed) {
    Philox rng(seed, 57);
    std::vector<ParityCase<Cg>> cases;
    // b and the start may begin anywhere, and be as large or small as doubles are.
    const auto add = [&](std::size_t n, double diagonal, double scale, double strange = 0) {
      const std::size_t from = cases.size() % 3;
      const auto data = std::make_shared<Data>();
      data->a = tridiagonal(n, -1, diagonal, -1);
      data->b = random_vector(rng, n + from);
      if (cases.size() % 2 == 1) data->start = random_vector(rng, n + from);
      for (double& value : data->b) value *= scale;
      for (double& value : data->start) value *= scale;
      if (strange != 0) data->b.back() = strange;
      const auto start = std::span<const double>(data->start);
      cases.push_back({"rows=" + std::to_string(n) + " scale=" + number_text(scale) +
                           (strange != 0 ? " last=" + number_text(strange) : ""),
                       {.a = data->a.view(),
                        .b = std::span<const double>(data->b).subspan(from),
                        .start = start.empty() ? start : start.subspan(from),
                        .tolerance = 1e-8,
                        .iterations_max = 30},
                       data});
    };
    for (std::size_t n = 0; n < 64; ++n) add(n, 2.5, 1);
    for (const std::size_t n : {1U, 31U, 32U, 33U, 65U, 1024U, 3000U}) {
      for (const double diagonal : {2.0, 2.5, 1.0}) add(n, diagonal, 1);
    }
    for (const double scale : {1e-320, 1e-300, 1e-170, 1e-80, 1e80, 1e170, 1e300}) {
      add(33, 2.5, scale);
      add(65, 2.0, scale);
    }
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    for (const double strange : {std::numeric_limits<double>::quiet_NaN(), kInfinity, -kInfinity}) {
      add(40, 2.5, 1, strange);
    }
    for (int i = 0; i < 8; ++i) add(1 + rng.next_below(1500), 2 + rng.next_unit(), 1);
    return cases;
  }
  static Cg::Output output(const Cg::Args& args) {
    return {.x = parity::guarded<double>(args.a.rows())};
  }
  static std::string compare(const Cg::Args&, const Cg::Output& expected, const Cg::Output& got) {
    if (expected.iterations != got.iterations || expected.converged != got.converged) {
      return "expected " + std::to_string(expected.iterations) + " iterations, got " +
             std::to_string(got.iterations);
    }
    std::string difference = parity::bits_differ(expected.residual, got.residual, "residual");
    if (difference.empty()) difference = parity::bits_differ<double>(expected.x, got.x, "x");
    return difference;
  }
};

}  // namespace weir::ops
