// sparse.build: a sparse matrix from triples (row, column, value) in any order.
//
//   CsrBuild::Output out;
//   WEIR_TRY(CsrBuild::cpu(run, {.rows = 3, .cols = 4, .row = r, .column = c, .value = v}, out));
//   const CsrView a = out.matrix.view();
#pragma once

#include <span>

#include "ops/cpu_run.hpp"
#include "ops/op.hpp"
#include "ops/sparse/csr.hpp"

namespace weir::ops {

// Class fixed: the values of one place are summed in input order, ((v1 + v2) + v3). Entries that
// are or become zero stay, unless `prune`. Errors: invalid_argument for lengths that differ, for
// more rows than 2^24 if they are more than 16 a triple, and naming the first triple outside the
// shape. Cost: one counting pass, one scattered write of 16 bytes a triple, sorting of the rows
// that are not in order; allocates the matrix and as much more.
struct CsrBuild {
  static constexpr OpInfo kInfo{.name = "sparse.build",
                                .numeric = NumericClass::kFixed,
                                .summary = "compressed rows from triples"};
  struct Args {
    std::size_t rows = 0;
    std::size_t cols = 0;
    std::span<const std::uint32_t> row;
    std::span<const std::uint32_t> column;
    std::span<const double> value;
    bool prune = false;
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
