// expr.evaluate: one expression over columns, by its compiled program.
//
//   const ExprEvaluate::Args args{&program, &ast, root, &schema, options, inputs, rows};
//   ExprEvaluate::Output out{.values = {.data = bits.data()}};
//   WEIR_TRY(ExprEvaluate::cpu(run, args, out));
//
// The program must be that of the tree with these options, and have one output. Values, nulls and
// errors are those of ops/expr/expr.hpp; the reference is the walk of the tree. Class fixed: exact
// but for f64 arithmetic, which is that of one row at a time. Errors: invalid_argument naming the
// row. Cost: a pass over the columns that the program reads, in blocks of 2,048 rows.
#pragma once

#include <string>
#include <vector>

#include "ops/cpu_run.hpp"
#include "ops/expr/expr.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct ExprEvaluate {
  static constexpr OpInfo kInfo{.name = "expr.evaluate",
                                .numeric = NumericClass::kFixed,
                                .quantum_rows = expr::kBlockRows,
                                .summary = "an expression over columns"};
  struct Args {
    const expr::Program* program = nullptr;
    const expr::Ast* ast = nullptr;
    expr::NodeId root = 0;
    const expr::Schema* schema = nullptr;
    expr::Options options = {};
    std::span<const ColumnView> inputs = {};
    std::size_t rows = 0;
  };
  struct Output {
    expr::OutputView values;           // the caller's memory, whole words of 64 rows
    std::vector<std::string> strings;  // what texts made by the reference point into
    // What texts made by the program point into.
    std::vector<expr::Scratch> scratch;
  };

  static Status check(const Args& args);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
