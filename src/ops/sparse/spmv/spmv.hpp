// sparse.spmv: y = A x for a sparse A.
//
//   std::vector<double> y(a.rows());
//   Spmv::Output out{y};
//   WEIR_TRY(Spmv::cpu(run, {a, x}, out));
#pragma once

#include <span>

#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/op.hpp"
#include "ops/sparse/csr.hpp"

namespace weir::ops {

// Class fixed: y[r] is the canonical sum (base/numeric/canonical.hpp) of the rounded products of
// row r's stored entries, in their order; an empty row gives +0.0. Shapes: A [m, n], x [n], y [m]
// (x and y do not overlap). Errors: invalid_argument for an x or a y of another length. Cost:
// 12 bytes an entry and 16 a row from memory, and the elements of x it touches; no allocation but
// for the list of tasks.
struct Spmv {
  static constexpr OpInfo kInfo{.name = "sparse.spmv",
                                .numeric = NumericClass::kFixed,
                                .summary = "sparse matrix times vector"};
  struct Args {
    CsrView a;
    std::span<const double> x;
  };
  struct Output {
    std::span<double> y;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
  static Status sim(DeviceRun& run, const Args& args, Output& out);
  static Status cuda(DeviceRun& run, const Args& args, Output& out);
};

// y[r - first] = row r of A times x for the rows [first, last), on this thread.
void spmv_rows(const CsrView& a, std::size_t first, std::size_t last, const double* x, double* y);

}  // namespace weir::ops
