#include "ops/expr/evaluate/expr_evaluate.hpp"

namespace weir::ops {
namespace {

// Walks all trees over the first `rows` rows; the status of the first that fails.
Status walk(const ExprEvaluate::Args& args, std::size_t rows, ExprEvaluate::Output& out) {
  out.strings.resize(args.trees.size());
  for (std::size_t o = 0; o < args.trees.size(); ++o) {
    WEIR_TRY(expr::evaluate_reference(*args.trees[o].ast, args.trees[o].root, *args.schema,
                                      args.options, args.inputs, rows, out.values[o],
                                      out.strings[o]));
  }
  return Status::ok();
}

}  // namespace

// The first row at fault in any tree is the one behind the longest prefix without a fault.
Status ExprEvaluate::reference(const Args& args, Output& out) {
  out.errors = 0;
  Status status = walk(args, args.rows, out);
  std::size_t sound = 0;
  std::size_t faulty = args.rows;
  while (!status.is_ok() && faulty - sound > 1) {
    const std::size_t middle = sound + (faulty - sound) / 2;
    Status part = walk(args, middle, out);
    (part.is_ok() ? sound : faulty) = middle;
    if (!part.is_ok()) status = std::move(part);
  }
  return status;
}

}  // namespace weir::ops
