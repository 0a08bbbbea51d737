// sparse.from_dense: the compressed rows of a dense matrix, where that pays.
//
//   CsrFromDense::Output out;
//   WEIR_TRY(CsrFromDense::cpu(run, {.dense = x}, out));
//   if (out.converted) multiply(out.matrix.view()); else multiply(x);
#pragma once

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"
#include "ops/sparse/csr.hpp"

namespace weir::ops {

enum class MatrixFormat : std::uint8_t {
  kAuto,  // compressed if more than half of the elements are exactly zero
  kCsr,
};

// Class exact. Zeros of either sign are left out, NaN is not zero. Errors: invalid_argument for
// more than kCsrColsMax columns. Cost: one read of the matrix to count, one more to convert.
struct CsrFromDense {
  static constexpr OpInfo kInfo{.name = "sparse.from_dense",
                                .numeric = NumericClass::kExact,
                                .summary = "compressed rows of a matrix with many zeros"};
  struct Args {
    MatrixView<double> dense;
    MatrixFormat format = MatrixFormat::kAuto;
  };
  struct Output {
    std::uint64_t zeros = 0;
    bool converted = false;
    Csr matrix;  // 0 x 0 unless converted
  };

  static Status check(const Args& args);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
