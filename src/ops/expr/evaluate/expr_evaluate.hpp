// expr.evaluate: expressions over columns, by their compiled program.
//
//   const ExprEvaluate::Tree trees[] = {{&ast, root}};
//   const ExprEvaluate::Args args{&program, trees, &schema, options, inputs, rows};
//   ExprEvaluate::Output out{.values = {{.data = bits.data()}}};
//   WEIR_TRY(ExprEvaluate::cpu(run, args, out));
//
// The program must be that of the trees with these options, an output each. Values, nulls and
// errors are those of ops/expr/expr.hpp; the reference is the walk of the trees. Class fixed: exact
// but for f64 arithmetic, which is that of one row at a time. Errors: invalid_argument naming the
// first row at fault. Cost: a pass over the columns that the program reads, in blocks of 2,048
// rows; threads take ranges of blocks.
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
                                .summary = "expressions over columns"};
  struct Tree {
    const expr::Ast* ast = nullptr;
    expr::NodeId root = 0;
  };
  struct Args {
    const expr::Program* program = nullptr;
    std::span<const Tree> trees = {};  // of each output
    const expr::Schema* schema = nullptr;
    expr::Options options = {};
    std::span<const ColumnView> inputs = {};
    std::size_t rows = 0;
  };
  struct Output {
    // Of each output: the caller's memory, whole words of 64 rows.
    std::vector<expr::OutputView> values;
    std::uint64_t errors = 0;  // values that the program made null (Options::errors_are_null)
    // What texts made by the reference and by the program point into.
    std::vector<std::vector<std::string>> strings = {};
    std::vector<expr::Scratch> scratch = {};
  };

  // invalid_argument: no program, or one of more or fewer outputs than trees.
  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
