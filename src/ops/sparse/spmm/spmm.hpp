// sparse.spmm: C = A B for a sparse A and dense B and C.
//
//   Matrix<double> c(a.rows(), b.cols);
//   Spmm::Output out{c.view()};
//   WEIR_TRY(Spmm::cpu(run, {a, b}, out));
#pragma once

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"
#include "ops/sparse/csr.hpp"

namespace weir::ops {

// Class fixed: each element is the canonical sum (base/numeric/canonical.hpp) of the rounded
// products of its row's stored entries, so that column j of C has the bits of sparse.spmv with
// column j of B. Shapes: A [m, k], B [k, n], C [m, n] (C overlaps neither). Errors:
// invalid_argument naming two shapes that do not fit. Cost: n times the entries in multiplications
// and additions, rows of B from the caches where they fit; 8 KiB of stack.
struct Spmm {
  static constexpr OpInfo kInfo{.name = "sparse.spmm",
                                .numeric = NumericClass::kFixed,
                                .summary = "sparse matrix times dense matrix"};
  struct Args {
    CsrView a;
    MatrixView<double> b;
  };
  struct Output {
    MutableMatrixView<double> c;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

// The rows [first, last) of C, on this thread.
void spmm_rows(const CsrView& a, const MatrixView<double>& b, std::size_t first, std::size_t last,
               const MutableMatrixView<double>& c);

}  // namespace weir::ops
