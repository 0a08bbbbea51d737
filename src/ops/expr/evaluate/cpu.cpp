#include "ops/expr/evaluate/expr_evaluate.hpp"

namespace weir::ops {

Status ExprEvaluate::check(const Args& args) {
  if (args.program != nullptr && args.program->outputs() == 1) return Status::ok();
  return invalid_argument("program", "a program with one output is needed");
}

Support ExprEvaluate::supports(const Args&, device::Kind kind) {
  return kind == device::Kind::kCpu
             ? Support::yes()
             : Support::no(Reason::kUnsupportedType, "expressions are evaluated on the CPU");
}

Footprint ExprEvaluate::footprint(const Args& args) {
  Footprint need;
  need.rows = args.rows;
  for (const expr::InputId input : args.program->inputs()) {
    need.bytes_in += args.rows * storage_size(args.inputs[input].storage);
  }
  need.bytes_out = args.rows * sizeof(std::uint64_t);
  need.flops = static_cast<double>(args.rows) * static_cast<double>(args.program->instructions());
  return need;
}

Status ExprEvaluate::reference(const Args& args, Output& out) {
  return expr::evaluate_reference(*args.ast, args.root, *args.schema, args.options, args.inputs,
                                  args.rows, out.values, out.strings);
}

// In one piece: the first row at fault must be the one that is named.
Status ExprEvaluate::cpu(CpuRun&, const Args& args, Output& out) {
  out.scratch.clear();
  out.scratch.emplace_back(*args.program);
  const expr::OutputView outputs[] = {out.values};
  return args.program->evaluate(args.inputs, args.rows, out.scratch.back(), outputs);
}

}  // namespace weir::ops
