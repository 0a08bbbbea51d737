// The parity cases of sparse.cg.
#pragma once

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
    for (const std::size_t n : {0U, 1U, 31U, 32U, 33U, 65U, 1024U, 3000U}) {
      for (const double diagonal : {2.0, 2.5, 1.0}) {
        const auto data = std::make_shared<Data>();
        data->a = tridiagonal(n, -1, diagonal, -1);
        data->b = random_vector(rng, n);
        if (cases.size() % 2 == 1) data->start = random_vector(rng, n);
        cases.push_back({"rows=" + std::to_string(n),
                         {.a = data->a.view(),
                          .b = data->b,
                          .start = data->start,
                          .tolerance = 1e-8,
                          .iterations_max = 30},
                         data});
      }
    }
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
