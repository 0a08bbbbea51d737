// Fault sweep: one case of an op, run with the device lost at each of its calls, and with each of
// its allocations failing. However it ends, the result is right, nothing stays on the device, and
// one rung of the ladder is counted.
#pragma once

#include <algorithm>
#include <numeric>
#include <optional>

#include "device/sim/driver.hpp"
#include "ops/parity/suite.hpp"

namespace weir::ops::parity {

struct FaultRun {
  std::string difference;
  std::optional<Report> report = {};  // none: the op itself refused
  std::uint64_t operations = 0;       // calls of the driver
};

template <class Op>
FaultRun run_with_fault(const CheckedCase<Op>& one, std::size_t chunk_rows,
                        const device::sim::FaultPlan& plan) {
  constexpr std::size_t kMemoryBytes = std::size_t{64} << 20;
  auto driver = device::sim::make_driver(plan, kMemoryBytes);
  const device::sim::SimDriver* const sim = driver.get();
  device::DeviceLimits limits;
  limits.memory_bytes_max = kMemoryBytes;
  limits.staging_bytes = std::size_t{64} << 10;
  auto device = device::Device::create(std::move(driver), limits, system_clock());
  FaultRun out;
  if (!device) {
    out.difference = device.error().to_string();
    return out;
  }
  Context context(Workers(1), system_clock());
  context.use_device(std::move(*device), {});
  RunOptions options;
  options.placement = Placement::kGpu;
  options.chunk_rows = chunk_rows;
  out.difference =
      one.differs([&](const typename Op::Args& args, typename Op::Output& output) -> Status {
        Result<Report> report = execute<Op>(context, args, output, options);
        if (!report) return report.error();
        out.report = std::move(*report);
        return Status::ok();
      });
  out.operations = sim->operations();
  const auto counts = context.fallback_counts();
  const std::uint64_t rungs = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  const std::uint64_t wanted =
      out.report && out.report->backend == device::Kind::kCpu ? std::uint64_t{1} : 0;
  if (out.difference.empty() && out.report && rungs != wanted) {
    out.difference = std::to_string(rungs) + " rungs counted";
  }
  if (out.difference.empty() && sim->bytes_live() != 0) {
    out.difference = std::to_string(sim->bytes_live()) + " bytes left on the device";
  }
  return out;
}

// The smallest case that a device runs, in several chunks if it can be cut.
template <class Op>
std::optional<std::pair<ParityCase<Op>, std::size_t>> case_for_faults(std::uint64_t seed) {
  const std::size_t quantum = std::max<std::size_t>(1, Op::kInfo.quantum_rows);
  std::optional<std::pair<ParityCase<Op>, std::size_t>> best;
  std::uint64_t best_rows = 0;
  for (const ParityCase<Op>& one : Parity<Op>::cases(seed)) {
    if (!Op::check(one.args).is_ok() || !Op::supports(one.args, device::Kind::kSim)) continue;
    const Footprint need = Op::footprint(one.args);
    const bool cut = need.chunkable && need.rows > 2 * quantum;
    const bool best_cut = best && best->second != 0;
    if (need.rows == 0 || (best_cut && !cut)) continue;
    if (best && best_cut == cut && need.rows >= best_rows) continue;
    const std::size_t thirds = (need.rows / 3 + quantum - 1) / quantum * quantum;
    if (!run_with_fault(CheckedCase<Op>(one), 0, {.seed = seed}).report)
      continue;  // the op says no to its values
    best = {one, cut ? std::max(quantum, thirds) : 0};
    best_rows = need.rows;
  }
  return best;
}

template <class Op>
Outcome sweep_faults(std::uint64_t seed) {
  Outcome outcome;
  const auto chosen = case_for_faults<Op>(seed);
  if (!chosen) {
    outcome.add("no case runs on a device");
    return outcome;
  }
  const auto& [one, chunk_rows] = *chosen;
  const CheckedCase<Op> checked(one);
  const FaultRun sound = run_with_fault(checked, chunk_rows, {.seed = seed});
  if (!sound.difference.empty()) outcome.add(one.name + ": " + sound.difference);
  for (std::uint64_t at = 1; at <= sound.operations; ++at) {
    const device::sim::FaultPlan plans[] = {{.seed = seed, .lose_at_op = at},
                                            {.seed = seed, .oom_at_op = at}};
    for (const auto& plan : plans) {
      ++outcome.runs;
      const FaultRun run = run_with_fault(checked, chunk_rows, plan);
      if (!run.difference.empty()) {
        outcome.add(one.name + (plan.lose_at_op != 0 ? ": lost at call " : ": no memory at ") +
                    std::to_string(at) + ": " + run.difference);
      }
    }
  }
  return outcome;
}

}  // namespace weir::ops::parity
