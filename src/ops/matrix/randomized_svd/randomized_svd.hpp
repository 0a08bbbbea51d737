// matrix.randomized_svd: the leading singular values and vectors of a matrix of any size.
//
//   const std::size_t k = RandomizedSvd::rank_of(args);      // min(rank, m, n)
//   Matrix<double> u(m, k), vt(k, n);
//   std::vector<double> values(k);
//   RandomizedSvd::Output out{.u = u.view(), .values = values, .vt = vt.view()};
//   WEIR_TRY(RandomizedSvd::cpu(run, {.a = a, .rank = 100, .seed = 1}, out));
//
// a [m, n] row-major. With `shift` [n] the matrix is a - 1 shift' (column means: principal
// components), which is never formed. A random block of rank + oversample columns, capped at
// min(m, n), is multiplied by A, then `power` times by A' and A, with a QR between all steps; the
// SVD of what A is in the range found gives the values (Halko, Martinsson, Tropp 2011). Values
// descend; the columns of u [m, k] and the rows of vt [k, n] are orthonormal; the largest entry of
// each row of vt (the lowest index among equals) is positive.
// `error_bound` holds norm_2(A - Q Q'A) for the range Q of the whole block, in all but one of 10^10
// seeds: 10 sqrt(2 / pi) times the largest norm of (A - Q Q'A) w over 10 random w.
// Class tolerant: max|U'U - 1| and max|V V' - 1| <= 20 max(m, n) u, u = 2^-53; a matrix of rank
// <= k comes back to 1e-10 relative. The same bits for every number of threads, another seed
// another block. Errors: invalid_argument for shapes that do not fit, rank 0, and NaN or infinity,
// with its place. Cost: (4 + 4 power) m n (rank + oversample) flops, 2 + 2 power reads of a.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct RandomizedSvd {
  static constexpr OpInfo kInfo{.name = "matrix.randomized_svd",
                                .version = 1,
                                .numeric = NumericClass::kTolerant,
                                .quantum_rows = 1,
                                .summary = "leading singular values and vectors, from a seed",
                                .tolerance = "norm_2(A - Q Q'A) <= error_bound; rank <= k: 1e-10"};
  static constexpr std::size_t kProbes = 10;

  struct Args {
    MatrixView<double> a;
    std::size_t rank = 100;
    std::size_t oversample = 10;
    std::size_t power = 2;
    std::uint64_t seed = 0;
    std::span<const double> shift = {};
  };
  struct Output {
    MutableMatrixView<double> u;
    std::span<double> values;
    MutableMatrixView<double> vt;
    double error_bound = 0;
  };

  // How many values there are: min(rank, m, n), and the width of the random block.
  static std::size_t rank_of(const Args& args);
  static std::size_t block_of(const Args& args);
  // Returns the bound from the largest norm over the probes.
  static double bound_of(double largest_norm);

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
