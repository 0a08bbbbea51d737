// sparse.spgemm: C = A B for sparse matrices.
//
//   Spgemm::Output out;
//   WEIR_TRY(Spgemm::cpu(run, {a, b}, out));      // a [m, k], b [k, n] -> out.matrix [m, n]
#pragma once

#include "ops/cpu_run.hpp"
#include "ops/op.hpp"
#include "ops/sparse/csr.hpp"

namespace weir::ops {

// Class fixed: C(i, j) adds the rounded products A(i, k) B(k, j) in rising k, beginning with the
// first. An entry is stored where A and B have one for some k, even if its sum is zero. Rows come
// sorted. Errors: invalid_argument naming both shapes. Cost: one multiplication and addition a
// product, and sorting the columns of each row; on each thread an accumulator of 8 bytes and a bit
// a column of B.
struct Spgemm {
  static constexpr OpInfo kInfo{.name = "sparse.spgemm",
                                .numeric = NumericClass::kFixed,
                                .summary = "sparse matrix times sparse matrix"};
  struct Args {
    CsrView a;
    CsrView b;
  };
  struct Output {
    Csr matrix;
  };

  static Status check(const Args& args);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
