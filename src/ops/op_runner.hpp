// OpRunner: what code that is made of several ops, such as a table step, runs them with.
//
//   CpuRunner runner(workers);                          // the CPU's forms, as plain calls
//   ExecuteRunner runner(context, options, reports);    // down the ladder, a report for each
//   WEIR_TRY(runner.go_on());                           // between ops: cancelled? too late?
//   WEIR_TRY(runner.run<Argsort>({keys, 1, rows}, out));
//
//   PlanRunner runner(context, options, 10, plans);     // what would run with ten times the rows
//
// Whoever is handed an OpRunner says what is to be computed; whoever made it, where.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "ops/execute.hpp"

namespace weir::ops {

class OpRunner {
 public:
  OpRunner() = default;
  OpRunner(const OpRunner&) = delete;
  OpRunner& operator=(const OpRunner&) = delete;
  virtual ~OpRunner() = default;

  // Runs an op. Errors: those of its check and of its forms; more with ExecuteRunner.
  template <class Op>
  Status run(const typename Op::Args& args, typename Op::Output& output) {
    static constexpr OpEntry kEntry = entry_of<Op>();
    return run_entry(kEntry, &args, &output);
  }
  // Errors: cancelled, deadline_exceeded. For loops that call ops to ask in between.
  virtual Status go_on() const = 0;
  // The threads for work that is no op.
  virtual Workers& workers() = 0;

  // Books memory for what is sized by more than its inputs, before it is made. Errors: those of
  // the book, if there is one.
  Status reserve(std::size_t bytes) const { return reserve_ ? reserve_(bytes) : Status::ok(); }
  // What reserve() asks; without it any amount is granted.
  using Reserve = std::function<Status(std::size_t bytes)>;
  void set_reserve(Reserve reserve) { reserve_ = std::move(reserve); }

 private:
  virtual Status run_entry(const OpEntry& entry, const void* args, void* output) = 0;
  Reserve reserve_;
};

// Runs the CPU's forms; nothing is reported or counted.
class CpuRunner final : public OpRunner {
 public:
  // The watch, if there is one, outlives the runner.
  explicit CpuRunner(Workers& workers, const TaskWatch* watch = nullptr) : run_{workers, watch} {}
  Status go_on() const override;
  Workers& workers() override { return run_.workers; }

 private:
  Status run_entry(const OpEntry& entry, const void* args, void* output) override;
  CpuRun run_;
};

// Runs ops by execute(). Errors also: unavailable with Fallback::kRaise.
class ExecuteRunner final : public OpRunner {
 public:
  // Appends the report of each op that succeeds; context and reports outlive the runner.
  ExecuteRunner(Context& context, const RunOptions& options, std::vector<Report>& reports)
      : context_(context), options_(options), reports_(reports) {}
  Status go_on() const override;
  Workers& workers() override { return context_.workers(); }

 private:
  Status run_entry(const OpEntry& entry, const void* args, void* output) override;
  Context& context_;
  const RunOptions options_;
  std::vector<Report>& reports_;
};

// Plans ops for tables that are `scale` times as long as what it is given, a sample. The CPU's
// forms compute the sample's rows, so that the ops that follow have something to be planned with;
// nothing is reported or counted.
class PlanRunner final : public OpRunner {
 public:
  // Appends the plan of each op; context and plans outlive the runner.
  PlanRunner(Context& context, const RunOptions& options, double scale, std::vector<Plan>& plans)
      : context_(context), options_(options), scale_(scale), plans_(plans) {}
  Status go_on() const override;
  Workers& workers() override { return context_.workers(); }

 private:
  Status run_entry(const OpEntry& entry, const void* args, void* output) override;
  Context& context_;
  const RunOptions options_;
  double scale_;
  std::vector<Plan>& plans_;
};

}  // namespace weir::ops
