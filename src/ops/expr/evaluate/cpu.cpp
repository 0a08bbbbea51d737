#include <algorithm>
#include <atomic>

#include "ops/expr/evaluate/expr_evaluate.hpp"

namespace weir::ops {
namespace {

// The outputs of a program from row `begin`, a multiple of 64, on.
std::vector<expr::OutputView> outputs_from(const ExprEvaluate::Args& args,
                                           const ExprEvaluate::Output& out, std::size_t begin) {
  std::vector<expr::OutputView> views = out.values;
  for (std::size_t o = 0; o < views.size(); ++o) {
    expr::OutputView& view = views[o];
    const expr::Type type = args.program->output_type(static_cast<expr::OutputId>(o));
    if (view.data != nullptr) {
      const std::size_t bytes = type.is(expr::Kind::kBool) || type.is(expr::Kind::kNull) ? begin / 8
                                : type.is(expr::Kind::kString) ? begin * sizeof(std::string_view)
                                                               : begin * sizeof(std::uint64_t);
      view.data = static_cast<char*>(view.data) + bytes;
    }
    if (view.validity != nullptr) view.validity += begin / 64;
    if (view.exponents != nullptr) view.exponents += begin;
  }
  return views;
}

}  // namespace

Status ExprEvaluate::check(const Args& args) {
  if (args.program != nullptr && args.program->outputs() == args.trees.size()) return Status::ok();
  return invalid_argument("program", "a program with an output for each of " +
                                         std::to_string(args.trees.size()) + " trees is needed");
}

Status ExprEvaluate::check_output(const Args& args, const Output& out) {
  if (out.values.size() == args.trees.size()) return Status::ok();
  return invalid_argument("shape_mismatch", "room for " + std::to_string(out.values.size()) +
                                                " outputs of " + std::to_string(args.trees.size()));
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
  need.bytes_out = args.rows * args.trees.size() * sizeof(std::uint64_t);
  need.flops = static_cast<double>(args.rows) * static_cast<double>(args.program->instructions());
  return need;
}

// Each task takes a range of whole blocks. A fault ends its task alone: an earlier range may hold
// an earlier row at fault, which the rows up to the first faulty range's end then tell.
Status ExprEvaluate::cpu(CpuRun& run, const Args& args, Output& out) {
  const expr::Program& program = *args.program;
  const std::size_t blocks = (args.rows + expr::kBlockRows - 1) / expr::kBlockRows;
  const std::size_t threads = run.workers.threads();
  const std::size_t tasks = threads == 1 ? 1 : std::clamp<std::size_t>(blocks, 1, threads * 4);
  const auto edge = [&](std::size_t task) {
    return std::min(args.rows, blocks * task / tasks * expr::kBlockRows);
  };
  out.scratch.clear();
  for (std::size_t task = 0; task < tasks; ++task) out.scratch.emplace_back(program);
  std::atomic<std::size_t> failed = tasks;
  std::vector<Status> statuses(tasks);
  run.workers.run(tasks, [&](std::size_t task) {
    std::vector<ColumnView> inputs(args.inputs.size());
    for (const expr::InputId input : program.inputs()) {
      inputs[input] = args.inputs[input].from(edge(task));
    }
    statuses[task] = program.evaluate(inputs, edge(task + 1) - edge(task), out.scratch[task],
                                      outputs_from(args, out, edge(task)));
    std::size_t least = failed.load();
    while (!statuses[task].is_ok() && task < least && !failed.compare_exchange_weak(least, task)) {
    }
  });
  if (failed < tasks) {
    return program.evaluate(args.inputs, edge(failed + 1), out.scratch[0], out.values);
  }
  out.errors = 0;
  for (const expr::Scratch& scratch : out.scratch) out.errors += scratch.errors();
  return Status::ok();
}

}  // namespace weir::ops
