// sparse.transpose: the transpose of a sparse matrix, which is its compressed columns as well.
//
//   CsrTranspose::Output out;
//   WEIR_TRY(CsrTranspose::cpu(run, {a}, out));       // a [m, n] -> out.matrix [n, m]
#pragma once

#include "ops/cpu_run.hpp"
#include "ops/op.hpp"
#include "ops/sparse/csr.hpp"

namespace weir::ops {

// Class exact. Errors: invalid_argument for more than kCsrColsMax rows. Cost: one counting pass and
// one scattered write of 12 bytes an entry, on one thread.
struct CsrTranspose {
  static constexpr OpInfo kInfo{.name = "sparse.transpose",
                                .numeric = NumericClass::kExact,
                                .summary = "transpose of a sparse matrix"};
  struct Args {
    CsrView a;
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
