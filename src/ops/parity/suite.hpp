// Suite: the parity cases of one op, with its types erased, ready to run on any backend.
//
//   for (const Suite& suite : suites()) {
//     const Outcome outcome = suite.on_device(factory, {.seed = 7});
//     for (const std::string& failure : outcome.failures) print(failure);
//   }
//
// Plain C++ without a test framework: unit tests, `weir device selftest` and the check of a GPU
// machine run the same cases.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "device/device.hpp"
#include "ops/execute.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops::parity {

struct Outcome {
  std::size_t runs = 0;         // of a case
  std::size_t unsupported = 0;  // cases that the device form says no to
  std::vector<std::string> failures;

  void add(const std::string& failure) {
    if (!failure.empty()) failures.push_back(failure);
  }
};

// Makes the device of a run.
using DeviceFactory = std::function<Result<std::unique_ptr<device::Device>>()>;

struct Run {
  std::uint64_t seed = 1;  // of the cases
  // Devices that fail: results must be right all the same, from wherever.
  bool faults = false;
  std::size_t every = 1;  // of so many cases one runs, ...
  std::size_t first = 0;  // ... beginning with this one
};

struct Suite {
  OpEntry entry;
  // Every case at the active dispatch level, on so many threads.
  std::function<Outcome(unsigned threads, const Run&)> on_cpu;
  // Every case on a device: whole, and in chunks of one and of three quanta.
  std::function<Outcome(const DeviceFactory&, const Run&)> on_device;
  // One case with the simulated device failing at each of its calls; see fault_sweep.hpp.
  std::function<Outcome(std::uint64_t seed)> on_each_fault;
};

// What a failing form and a failing reference must have in common.
std::string status_differs(const Status& expected, const Status& got);

// One case and what the reference makes of it, to hold any number of forms against.
template <class Op>
class CheckedCase {
 public:
  explicit CheckedCase(const ParityCase<Op>& one)
      : args_(one.args), expected_(Parity<Op>::output(args_)), wanted_(Op::check(args_)) {
    if (wanted_.is_ok()) wanted_ = Op::reference(args_, expected_);
  }

  const typename Op::Args& args() const { return args_; }

  // Runs a form. Returns "" or how it differs from the reference.
  template <class Form>
  std::string differs(Form&& form) const {
    Guards guards;
    auto got = Parity<Op>::output(args_);
    const Status status = form(args_, got);
    std::string difference = status_differs(wanted_, status);
    if (difference.empty() && status.is_ok()) {
      difference = Parity<Op>::compare(args_, expected_, got);
    }
    if (difference.empty() && !guards.intact()) difference = "wrote beside its output";
    return difference;
  }

 private:
  Guards guards_;  // of the expected arrays
  const typename Op::Args& args_;
  typename Op::Output expected_;
  Status wanted_;
};

template <class Op>
Outcome run_on_cpu(unsigned threads, const Run& run) {
  Outcome outcome;
  Workers workers(threads);
  CpuRun cpu{workers};
  for (const ParityCase<Op>& one : Parity<Op>::cases(run.seed)) {
    ++outcome.runs;
    const std::string difference = CheckedCase<Op>(one).differs(
        [&](const typename Op::Args& args, typename Op::Output& out) -> Status {
          WEIR_TRY(Op::check(args));
          return Op::cpu(cpu, args, out);
        });
    if (!difference.empty()) outcome.add(one.name + ": " + difference);
  }
  return outcome;
}

// One case through the executor on a device of its own.
template <class Op>
std::string check_on_device(const CheckedCase<Op>& one, const DeviceFactory& factory,
                            const Run& run, std::size_t chunk_rows, bool& supported) {
  auto device = factory();
  if (!device) return run.faults ? std::string{} : device.error().to_string();
  supported = static_cast<bool>(Op::supports(one.args(), (*device)->kind()));
  if (!supported) return {};
  Context context(Workers(1), (*device)->clock());
  context.use_device(std::move(*device), {});
  RunOptions options;
  options.placement = Placement::kGpu;
  options.fallback = run.faults ? Fallback::kWarn : Fallback::kRaise;
  options.chunk_rows = chunk_rows;
  return one.differs([&](const typename Op::Args& args, typename Op::Output& out) -> Status {
    const Result<Report> report = execute<Op>(context, args, out, options);
    return report ? Status::ok() : report.error();
  });
}

template <class Op>
Outcome run_on_device(const DeviceFactory& factory, const Run& run) {
  Outcome outcome;
  const std::size_t quantum = Op::kInfo.quantum_rows;
  std::size_t number = 0;
  for (const ParityCase<Op>& one : Parity<Op>::cases(run.seed)) {
    if (number++ % run.every != run.first % run.every) continue;
    const Footprint need = Op::check(one.args).is_ok() ? Op::footprint(one.args) : Footprint{};
    const CheckedCase<Op> checked(one);
    for (const std::size_t chunk_rows : {std::size_t{0}, quantum, 3 * quantum}) {
      if (chunk_rows != 0 && (chunk_rows >= need.rows || !need.chunkable)) continue;
      bool supported = true;
      const std::string difference = check_on_device(checked, factory, run, chunk_rows, supported);
      ++(supported ? outcome.runs : outcome.unsupported);
      if (!difference.empty()) {
        outcome.add(one.name + " chunk=" + std::to_string(chunk_rows) + ": " + difference);
      }
    }
  }
  return outcome;
}

template <class Op>
Outcome sweep_faults(std::uint64_t seed);

template <class Op>
Suite suite_of() {
  Suite suite;
  suite.entry = entry_of<Op>();
#if !defined(WEIR_REFERENCE_ONLY)
  suite.on_cpu = run_on_cpu<Op>;
#endif
  if constexpr (requires { &Op::sim; }) {
    suite.on_device = run_on_device<Op>;
#if !defined(WEIR_REFERENCE_ONLY)
    suite.on_each_fault = sweep_faults<Op>;
#endif
  }
  return suite;
}

}  // namespace weir::ops::parity

#if !defined(WEIR_REFERENCE_ONLY)
#include "ops/parity/fault_sweep.hpp"
#endif
