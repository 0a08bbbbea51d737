#include "ops/execute.hpp"

#include <algorithm>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "ops/cost.hpp"
#include "ops/kept_arrays.hpp"

namespace weir::ops {
namespace {

constexpr double kSecondsPerNs = 1e-9;
// Rounding of allocations to 256 bytes, for a handful of arrays.
constexpr std::size_t kAlignmentSlack = 16 * 256;

// What all steps of one execute() see.
struct Call {
  Context& context;
  const OpEntry& entry;
  const void* args;
  void* output;
  const RunOptions& options;
  const Footprint& need;
  TaskWatch& watch;
};

Reason reason_of(const Status& status) {
  if (status.reason() == device::kOutOfMemory || status.reason() == "budget" ||
      status.reason() == "reservation" || status.reason() == "staging") {
    return Reason::kOutOfMemory;
  }
  if (status.reason() == device::kDeviceLost) return Reason::kDeviceLost;
  if (status.reason() == device::kTimeout) return Reason::kTimeout;
  if (status.reason() == device::kDeviceError) return Reason::kDeviceError;
  return Reason::kNone;
}

Footprint scaled(Footprint need, double scale) {
  if (scale == 1) return need;
  for (std::uint64_t* const part :
       {&need.rows, &need.bytes_in, &need.bytes_out, &need.bytes_scratch, &need.bytes_resident}) {
    *part = static_cast<std::uint64_t>(static_cast<double>(*part) * scale);
  }
  need.flops *= scale;
  return need;
}

// Cuts the rows so that the lanes' chunks and the resident part fit into what is free. Returns
// why not, if nothing fits.
Support fit(const OpEntry& entry, const Footprint& need, std::size_t available,
            const device::DeviceLimits& limits, const RunOptions& options, Plan& plan) {
  const auto usable =
      static_cast<std::size_t>(limits.stream_threshold_ratio * static_cast<double>(available));
  const std::size_t of_rows = need.bytes_in + need.bytes_out + need.bytes_scratch;
  const std::size_t quantum = std::max<std::size_t>(1, entry.info.quantum_rows);
  std::size_t rows = need.rows;
  if (of_rows + need.bytes_resident > usable) {
    if (!need.chunkable)
      return Support::no(Reason::kNotChunkable, "larger than the device's memory");
    if (need.bytes_resident >= usable || need.rows == 0) {
      return Support::no(Reason::kOutOfMemory,
                         "what every chunk needs exceeds the device's memory");
    }
    const std::size_t per_row = (of_rows + need.rows - 1) / need.rows;
    const std::size_t lane =
        std::min((usable - need.bytes_resident) / kLanesMax, limits.chunk_bytes);
    const std::size_t room = lane > kAlignmentSlack ? lane - kAlignmentSlack : 0;
    rows = room / std::max<std::size_t>(1, per_row);
    if (rows < quantum) {
      return Support::no(Reason::kOutOfMemory, "the device's memory does not hold the least chunk");
    }
  }
  if (options.chunk_rows != 0 && need.chunkable) rows = std::min(rows, options.chunk_rows);
  if (rows < need.rows) {
    rows = std::max(quantum, rows / quantum * quantum);
    plan.chunk_rows = rows;
    plan.chunks = (need.rows + rows - 1) / rows;
  }
  const double share = need.rows == 0
                           ? 1.0
                           : static_cast<double>(std::min<std::uint64_t>(rows, need.rows)) /
                                 static_cast<double>(need.rows);
  plan.lane_bytes =
      static_cast<std::size_t>(static_cast<double>(of_rows) * share) + kAlignmentSlack;
  return Support::yes();
}

// Returns the device memory an op can have, counting what would leave for it. What the op needs
// and the device has already is taken out of both.
std::size_t available_for(Footprint& need, Context& context, device::Priority priority) {
  std::size_t available = context.device()->budget().available(priority);
  if (const DeviceCopies* const kept = context.kept_arrays()) {
    std::size_t spillable = kept->bytes_spillable();
    if (need.resident != nullptr && kept->holds(need.resident)) {
      spillable -= std::min<std::size_t>(spillable, need.bytes_resident);
      need.bytes_resident = 0;
    }
    available += spillable;
  }
  return available;
}

// Goes down the rungs that need no attempt.
Support admit(Context& context, const OpEntry& entry, const void* args, const Footprint& need,
              const RunOptions& options, Plan& plan) {
  device::Device* device = context.device();
  if (options.placement == Placement::kCpu) {
    return Support::no(Reason::kForced, "the CPU was asked for");
  }
  if (device == nullptr)
    return Support::no(context.no_device_reason(), context.no_device_sentence());
  if (!entry.has(device->kind())) {
    return Support::no(Reason::kUnsupportedType, "this operation runs on the CPU only");
  }
  if (const Support support = entry.supports(args, device->kind()); !support) return support;
  Footprint missing = need;
  const std::size_t available = available_for(missing, context, options.priority);
  const double on_device = predicted_device_seconds(missing, context.rates());
  if (options.placement == Placement::kAuto &&
      on_device * context.policy().gain_ratio_min >= plan.predicted_seconds) {
    return Support::no(Reason::kTooSmall, "the CPU is done before a device would be");
  }
  if (const Support room = fit(entry, missing, available, device->limits(), options, plan); !room) {
    return room;
  }
  plan.backend = device->kind();
  plan.predicted_seconds =
      on_device + static_cast<double>((plan.chunks - 1) * need.launches) * context.rates().launch_s;
  return Support::yes();
}

// Asks the breaker, and tests the device if it wants that.
bool breaker_lets_through(Context& context) {
  device::Breaker& breaker = *context.breaker();
  switch (breaker.admit()) {
    case device::Admission::kYes:
      return true;
    case device::Admission::kNo:
      return false;
    case device::Admission::kProbe:
      break;
  }
  const Status tested = context.self_test() ? context.self_test()() : Status::ok();
  breaker.probed(tested.is_ok(), tested.is_ok() ? std::string_view{} : tested.message());
  return tested.is_ok();
}

Status no_memory(const Call& call) {
  return resource_exhausted("memory", std::string(call.entry.info.name) +
                                          ": the machine has no memory for an input of " +
                                          std::to_string(call.need.bytes_in) + " bytes");
}

// Runs a form. What leaves it by an exception becomes a status: nobody wants the result any more,
// or an array is more than the machine has, or than an address can name.
template <class Form>
Status guarded(const Call& call, const Form& form) {
  try {
    return form();
  } catch (const TaskWatch::Stopped&) {
    return call.watch.why();
  } catch (const std::bad_alloc&) {
    return no_memory(call);
  } catch (const std::length_error&) {
    return no_memory(call);
  }
}

// Runs the device form once.
Status run_form(const Call& call, const Plan& plan, LaneSet& lanes, Workers& workers,
                Report& report) {
  const auto form = lanes.device().kind() == device::Kind::kSim ? call.entry.sim : call.entry.cuda;
  DeviceRun run(lanes, call.context.kept_arrays(), workers,
                {plan.chunk_rows, plan.lane_bytes, call.options.priority, call.options.on_chunk,
                 &call.watch, plan.predicted_seconds});
  Status status = guarded(call, [&] { return form(run, call.args, call.output); });
  report.bytes_up += run.traffic().bytes_up;
  report.bytes_down += run.traffic().bytes_down;
  report.chunks = run.traffic().chunks;
  return status;
}

// Tries the device, halving the chunk while memory is short. kNone: it is done. A status that is
// not the device's fault comes back through `status`.
Reason attempt(const Call& call, Plan& plan, Report& report, Status& status) {
  const std::size_t quantum = std::max<std::size_t>(1, call.entry.info.quantum_rows);
  const DeviceCopies* const kept = call.context.kept_arrays();
  const std::uint64_t spilled_before = kept == nullptr ? 0 : kept->bytes_spilled();
  Workers workers = call.context.workers().watched(call.watch);
  const std::optional<Context::Slot> slot = call.context.take_slot(call.watch);
  if (!slot) {
    status = call.watch.why();
    return Reason::kNone;
  }
  while (true) {
    ++report.attempts;
    status = run_form(call, plan, slot->lanes(), workers, report);
    if (kept != nullptr) report.bytes_spilled = kept->bytes_spilled() - spilled_before;
    const Reason reason = status.is_ok() ? Reason::kNone : reason_of(status);
    const bool lost = !call.context.device()->health().is_ok();
    if (reason >= Reason::kDeviceError || lost) slot->lanes().drop_streams();
    if (status.is_ok() || reason != Reason::kOutOfMemory) return reason;
    const std::size_t rows = plan.chunk_rows == 0 ? call.need.rows : plan.chunk_rows;
    if (!call.need.chunkable || rows <= quantum) return reason;
    plan.chunk_rows = std::max(quantum, rows / 2 / quantum * quantum);
    plan.lane_bytes = plan.lane_bytes / 2 + kAlignmentSlack;
  }
}

// Asks the breaker, tries the device and tells the breaker how that went.
Support on_device(const Call& call, Plan& plan, Report& report, Status& status,
                  std::string& sentence) {
  Context& context = call.context;
  if (!call.options.self_test && !breaker_lets_through(context)) {
    const Status health = context.device()->health();
    const Support no = health.is_ok()
                           ? Support::no(Reason::kBreakerOpen, "the device failed too often")
                           : Support::no(reason_of(health), "the device is lost");
    sentence = no.sentence;
    return no;
  }
  const Reason reason = attempt(call, plan, report, status);
  if (!status.is_ok()) sentence = status.message();
  if (reason == Reason::kDeviceError) context.breaker()->failed(sentence);
  if (reason == Reason::kDeviceLost || reason == Reason::kTimeout) {
    context.breaker()->kill(sentence);
  }
  return {reason, {}};
}

Status on_cpu(const Call& call, Report& report) {
  ++report.attempts;
  report.chunks = 1;
  Workers workers = call.context.workers().watched(call.watch);
  CpuRun run{workers, &call.watch};
  Status status = guarded(call, [&] { return call.entry.cpu(run, call.args, call.output); });
  // A form that asks by itself knows only that it is to stop.
  if (status.code() == Code::kCancelled && call.watch.stopped()) status = call.watch.why();
  const ChunkCallback* const callback = call.options.on_chunk;
  if (status.is_ok() && callback != nullptr && *callback && call.need.rows != 0 &&
      !(*callback)(Chunk{0, 0, call.need.rows, 0})) {
    status = Status(Code::kCancelled, "cancelled", "stopped after the last row");
  }
  return status;
}

Report report_of(const OpEntry& entry, const Footprint& need) {
  Report report;
  report.op = entry.info.name;
  report.version = entry.info.version;
  report.isa = isa_active();
  report.rows_in = need.rows;
  report.bytes = need.bytes_in + need.bytes_out + need.bytes_resident;
  report.flops = need.flops;
  report.ceiling = need.ceiling;
  return report;
}

}  // namespace

std::string_view placement_name(Placement placement) {
  static constexpr std::string_view kNames[] = {"auto", "cpu", "gpu"};
  return kNames[static_cast<std::size_t>(placement)];
}

Result<Plan> plan(Context& context, const OpEntry& entry, const void* args,
                  const RunOptions& options, double scale) {
  WEIR_TRY(entry.check(args, nullptr));
  const Footprint need = scaled(entry.footprint(args), scale);
  Plan plan;
  plan.op = entry.info.name;
  plan.predicted_seconds =
      predicted_cpu_seconds(need, context.rates(), context.workers().threads());
  const Support support = admit(context, entry, args, need, options, plan);
  plan.reason = support.reason;
  plan.sentence = support.sentence;
  return plan;
}

Result<Report> execute(Context& context, const OpEntry& entry, const void* args, void* output,
                       const RunOptions& options) {
  WEIR_TRY(entry.check(args, output));
  const Footprint need = entry.footprint(args);
  Report report = report_of(entry, need);
  report.silent = options.fallback == Fallback::kSilent;
  const std::int64_t begin_ns = context.clock().mono_ns();
  const std::int64_t begin_cpu_ns = thread_cpu_ns();
  TaskWatch watch(options.cancel, options.deadline, context.clock());
  const Call call{context, entry, args, output, options, need, watch};

  Plan plan;
  const double on_cpu_seconds =
      predicted_cpu_seconds(need, context.rates(), context.workers().threads());
  plan.predicted_seconds = on_cpu_seconds;
  Status status = watch.why();
  Support support = admit(context, entry, args, need, options, plan);
  report.sentence = support.sentence;
  if (status.is_ok() && support) {
    support = on_device(call, plan, report, status, report.sentence);
  }
  report.reason = support.reason;
  if (support) {
    report.backend = context.device()->kind();
    report.predicted_seconds = plan.predicted_seconds;
  } else {
    report.predicted_seconds = on_cpu_seconds;
    if (options.placement != Placement::kCpu) context.fell_back(support.reason);
    // With `auto` the CPU is the plan where a device would be slower, and nothing fell back.
    const bool planned =
        options.placement == Placement::kCpu ||
        (options.placement == Placement::kAuto && support.reason == Reason::kTooSmall);
    if (options.fallback == Fallback::kRaise && !planned) {
      status = unavailable(
          reason_name(support.reason),
          std::string(entry.info.name) + " was to run on the device: " + report.sentence);
    } else if (status = watch.why(); status.is_ok()) {
      status = on_cpu(call, report);
    }
  }
  report.seconds = static_cast<double>(context.clock().mono_ns() - begin_ns) * kSecondsPerNs;
  report.cpu_seconds =
      static_cast<double>(thread_cpu_ns() - begin_cpu_ns + watch.cpu_ns()) * kSecondsPerNs;
  if (status.is_ok()) report.rows_out = entry.rows_out(args, output);
  context.done(report, status);
  if (!status.is_ok()) return fail(std::move(status));
  return report;
}

}  // namespace weir::ops
