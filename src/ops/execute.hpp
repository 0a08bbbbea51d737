// execute: runs an op where it was asked to or where it pays, and on the CPU when that fails.
//
//   MatrixMultiply::Output c{...};
//   WEIR_ASSIGN(const Report report,
//               execute<MatrixMultiply>(context, args, c, {.placement = Placement::kGpu}));
//   report.backend, report.reason, report.seconds ...
//
// The ladder: no device; the op says it cannot, or the cost model says it does not pay; out of
// memory (what can be spilled is, then the chunk is halved down to one quantum); a device error
// (counted by the breaker); a hang or a lost device (the breaker stays open for good). Every rung
// ends on the CPU, counted with its reason, unless Fallback::kRaise asks for an error instead.
#pragma once

#include <atomic>

#include "base/result.hpp"
#include "ops/context.hpp"
#include "ops/entry.hpp"

namespace weir::ops {

enum class Placement : std::uint8_t { kAuto, kCpu, kGpu };
std::string_view placement_name(Placement placement);  // "auto", "cpu", "gpu"

enum class Fallback : std::uint8_t {
  kWarn,    // go on with the CPU; the observer hears of it
  kSilent,  // likewise, and nobody logs it
  kRaise,   // unavailable, with the reason
};

struct RunOptions {
  Placement placement = Placement::kAuto;
  Fallback fallback = Fallback::kWarn;
  device::Priority priority = device::Priority::kNormal;
  device::Deadline deadline = {};
  const std::atomic<bool>* cancel = nullptr;
  std::size_t chunk_rows = 0;               // at most so many rows a chunk; 0: what fits
  const ChunkCallback* on_chunk = nullptr;  // after each chunk, in order
  bool self_test = false;                   // pass the breaker, which waits for this very test
};

// What execute() would do.
struct Plan {
  std::string_view op = {};
  device::Kind backend = device::Kind::kCpu;
  Reason reason = Reason::kNone;
  std::string sentence = {};
  std::size_t chunk_rows = 0;  // 0: all at once
  std::size_t chunks = 1;
  std::size_t lane_bytes = 0;
  double predicted_seconds = 0;
};

// Returns what execute() would do, and runs nothing; with `scale`, what it would do with so many
// times the rows. Errors: those of the op's check.
Result<Plan> plan(Context& context, const OpEntry& entry, const void* args,
                  const RunOptions& options = {}, double scale = 1);

// Errors: those of the op; unavailable (a reason's name) with Fallback::kRaise; cancelled.
Result<Report> execute(Context& context, const OpEntry& entry, const void* args, void* output,
                       const RunOptions& options = {});

template <class Op>
Result<Report> execute(Context& context, const typename Op::Args& args, typename Op::Output& output,
                       const RunOptions& options = {}) {
  static constexpr OpEntry kEntry = entry_of<Op>();
  return execute(context, kEntry, &args, &output, options);
}

template <class Op>
Result<Plan> plan(Context& context, const typename Op::Args& args, const RunOptions& options = {}) {
  static constexpr OpEntry kEntry = entry_of<Op>();
  return plan(context, kEntry, &args, options);
}

// Runs an op chunk by chunk with a callback after each, in order; false from it ends the op with
// cancelled. On the CPU there is one chunk, the whole.
template <class Op>
Result<Report> stream(Context& context, const typename Op::Args& args, typename Op::Output& output,
                      const ChunkCallback& callback, RunOptions options = {}) {
  options.on_chunk = &callback;
  return execute<Op>(context, args, output, options);
}

}  // namespace weir::ops
