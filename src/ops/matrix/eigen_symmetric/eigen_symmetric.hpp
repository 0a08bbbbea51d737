// matrix.eigen_symmetric: A = V diag(values) V' of a symmetric matrix.
//
//   std::vector<double> values(n);
//   Matrix<double> vectors(n, n);                     // vector i is column i
//   EigenSymmetric::Output out{.values = values, .vectors = vectors.view()};
//   WEIR_TRY(EigenSymmetric::cpu(run, {.a = a}, out));
//
// a [n, n] row-major, n <= 4,096. Values ascend; the columns of vectors [n, n] are orthonormal, the
// largest entry of each (the lowest index among equals) is positive. With `vectors` left without
// elements the values alone are computed, in a third of the time. Class tolerant: max|A V - V
// diag(values)| <= 20 n u norm_F(A) and max|V'V - 1| <= 20 n u, u = 2^-53. The same bits for every
// number of threads. Errors: invalid_argument for a shape that is not square, n > 4,096
// (unsupported_shape), NaN or infinity, with its place, and asymmetry beyond 8 u max|A|, with both
// elements. Cost: (4/3) n^3 flops for values, about 5 n^3 with vectors; scratch of three a.
#pragma once

#include <cstddef>
#include <span>

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct EigenSymmetric {
  static constexpr OpInfo kInfo{.name = "matrix.eigen_symmetric",
                                .version = 1,
                                .numeric = NumericClass::kTolerant,
                                .quantum_rows = 1,
                                .summary = "eigenvalues and vectors of a symmetric matrix",
                                .tolerance = "20 n u norm_F(A) of A V - V D, 20 n u of V'V - 1"};
  static constexpr std::size_t kSideMax = 4096;

  struct Args {
    MatrixView<double> a;
  };
  struct Output {
    std::span<double> values;
    MutableMatrixView<double> vectors;  // no elements: not wanted
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
