#include "server/operations/operation_service.hpp"

#include <algorithm>
#include <utility>

#include "base/isa.hpp"
#include "server/operations/envelope.hpp"
#include "server/operations/within_memory.hpp"

namespace weir::server {
namespace {

constexpr std::uint64_t kTimeoutMsMax = 600'000;
constexpr std::int64_t kNsPerMs = 1'000'000;

Result<Precision> parse_precision(const std::string& text) {
  if (text == "fp32") return Precision::kF32;
  if (text == "fp16") return Precision::kF16;
  if (text == "mixed") return Precision::kMixed;
  if (text == "int8") return Precision::kInt8;
  return Precision::kF64;
}

device::Priority parse_priority(const std::string& text) {
  if (text == "low") return device::Priority::kLow;
  if (text == "high") return device::Priority::kHigh;
  if (text == "critical") return device::Priority::kCritical;
  return device::Priority::kNormal;
}

bool used_device(const std::vector<ops::Report>& reports) {
  return std::any_of(reports.begin(), reports.end(), [](const ops::Report& report) {
    return report.backend != device::Kind::kCpu;
  });
}

// The first op that stayed on the CPU says why.
std::string why_on_cpu(const std::vector<ops::Report>& reports) {
  for (const ops::Report& report : reports) {
    if (report.reason != ops::Reason::kNone) return report.sentence;
  }
  return "no op ran";
}

OperationReply refusal(std::string_view operation, const Status& status,
                       std::string_view request_id) {
  OperationReply reply;
  reply.operation = operation;
  // 413 is for bodies; what a parameter has too much of is an error of the request.
  const bool too_large = status.code() == Code::kOutOfRange;
  reply.http_status = http_status(too_large ? Code::kInvalidArgument : status.code());
  reply.body = failure_json(status, request_id);
  return reply;
}

// Runs the operation once more, and returns how long its ops took; nothing if not all of them, or
// none, were where they are wanted. `why` then says why not.
Result<std::optional<double>> timed_again(const Operation& operation, const OperationCall& call,
                                          bool on_device, std::string& why) {
  OperationCall again{call.context, call.params, call.options};
  again.host_memory = call.host_memory;
  again.options.run.placement = on_device ? ops::Placement::kGpu : ops::Placement::kCpu;
  again.options.run.fallback = ops::Fallback::kSilent;
  std::string unused;
  JsonWriter json(unused);
  WEIR_TRY(operation.run(again, json));
  if (used_device(again.reports) != on_device) {
    why = why_on_cpu(again.reports);
    return std::optional<double>{};
  }
  return std::optional<double>(total_seconds(again.reports));
}

// Runs the operation on the other backend, where that has a form of its ops, and returns how many
// times faster than the CPU the device was. A first run finds caches, pages and clocks cold, on
// either side: both run twice, in turn, and the better of the two counts.
Result<std::optional<double>> compared(const Operation& operation, OperationCall& call) {
  const bool on_device = used_device(call.reports);
  double own = total_seconds(call.reports);
  double other = 0;
  for (unsigned turn = 0; turn < 2; ++turn) {
    std::string why;
    WEIR_ASSIGN(const auto theirs, timed_again(operation, call, !on_device, why));
    if (!theirs) {
      call.warnings.push_back("not compared: " + why);
      return std::optional<double>{};
    }
    other = turn == 0 ? *theirs : std::min(other, *theirs);
    if (turn != 0) continue;
    WEIR_ASSIGN(const auto ours, timed_again(operation, call, on_device, why));
    if (ours) own = std::min(own, *ours);
  }
  return std::optional<double>(on_device ? other / own : own / other);
}

}  // namespace

Result<OperationOptions> read_options(const Params& params, const Clock& clock,
                                      ops::Fallback default_fallback) {
  OperationOptions options;
  options.run.fallback = default_fallback;
  WEIR_ASSIGN(const auto given, params.object("options"));
  if (!given) return options;
  WEIR_ASSIGN(const std::string target, given->choice_or({"targetDevice"}, "auto|cpu|gpu", "auto"));
  options.run.placement = target == "cpu"   ? ops::Placement::kCpu
                          : target == "gpu" ? ops::Placement::kGpu
                                            : ops::Placement::kAuto;
  if (given->has("fallback")) {
    WEIR_ASSIGN(const std::string fallback,
                given->choice_or({"fallback"}, "warn|silent|raise", "warn"));
    options.run.fallback = fallback == "raise"    ? ops::Fallback::kRaise
                           : fallback == "silent" ? ops::Fallback::kSilent
                                                  : ops::Fallback::kWarn;
  }
  WEIR_ASSIGN(const std::string precision,
              given->choice_or({"precision"}, "fp64|fp32|fp16|mixed|int8", "fp64"));
  WEIR_ASSIGN(options.precision, parse_precision(precision));
  WEIR_ASSIGN(const std::string priority,
              given->choice_or({"priority"}, "low|normal|high|critical", "normal"));
  options.run.priority = parse_priority(priority);
  WEIR_ASSIGN(const std::uint64_t timeout_ms, given->u64_or({"timeout_ms"}, 0, kTimeoutMsMax));
  if (timeout_ms != 0) {
    options.run.deadline.mono_ns =
        clock.mono_ns() + static_cast<std::int64_t>(timeout_ms) * kNsPerMs;
  }
  WEIR_ASSIGN(options.explain, given->flag_or({"explain"}, false));
  WEIR_ASSIGN(options.compare, given->flag_or({"compare"}, false));
  return options;
}

OperationService::OperationService(ops::Context& context, const OperationLimits& limits)
    : context_(context), limits_(limits) {
  for (const Operation* operation : operations()) {
    known_.emplace(operation, KnownMembers(operation->parameters));
  }
  for (unsigned i = 0; i < limits.running_max; ++i) threads_.emplace_back([this] { work(); });
}

OperationService::~OperationService() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Status OperationService::submit(device::Priority priority, std::function<void()> job,
                                std::size_t body_bytes) {
  const std::string name(device::priority_name(priority));
  {
    const std::lock_guard lock(mutex_);
    Queue& queue = queued_[static_cast<std::size_t>(priority)];
    if (stopping_ || queue.jobs.size() >= limits_.queued_max) {
      return resource_exhausted("queue_full", std::to_string(queue.jobs.size()) +
                                                  " operations of priority " + name + " wait")
          .hint("send fewer at a time, or wait");
    }
    if (queue.bytes != 0 && queue.bytes + body_bytes > limits_.queued_bytes_max) {
      return resource_exhausted("queue_bytes",
                                "operations of priority " + name + " that wait hold " +
                                    std::to_string(queue.bytes) + " bytes; with " +
                                    std::to_string(body_bytes) + " more it is over " +
                                    std::to_string(limits_.queued_bytes_max))
          .hint("send fewer at a time, or wait");
    }
    queue.bytes += body_bytes;
    queue.jobs.push_back({std::move(job), body_bytes});
  }
  ready_.notify_one();
  return Status::ok();
}

bool OperationService::resubmit(device::Priority priority, std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    queued_[static_cast<std::size_t>(priority)].jobs.push_back({std::move(job)});
  }
  ready_.notify_one();
  return true;
}

void OperationService::work() {
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      const auto next = [&] {
        return std::find_if(queued_.rbegin(), queued_.rend(),
                            [](const Queue& queue) { return !queue.jobs.empty(); });
      };
      ready_.wait(lock, [&] { return stopping_ || next() != queued_.rend(); });
      if (stopping_) return;
      auto queue = next();
      job = std::move(queue->jobs.front());
      queue->jobs.pop_front();
      queue->bytes -= job.bytes;
    }
    job.run();
  }
}

Status OperationCall::reserve(std::size_t bytes) {
  if (host_memory == nullptr) return Status::ok();
  auto booked = host_memory->reserve(bytes, device::Tag::kScratch, options.run.priority);
  if (!booked) {
    return resource_exhausted("host_memory",
                              "the answer takes " + std::to_string(bytes) +
                                  " bytes; of the memory for operations " +
                                  std::to_string(host_memory->available(options.run.priority)) +
                                  " of " + std::to_string(host_memory->bytes_max()) + " are free")
        .hint("ask for less at a time, wait, or raise device.host_memory_bytes_max");
  }
  reserved.push_back(std::move(*booked));
  return Status::ok();
}

void OperationCall::warn_nulled() {
  if (nulled == 0) return;
  warnings.push_back(std::to_string(nulled) +
                     " numbers of the result are NaN or infinite, and null here");
}

Status OperationCall::named(Status status) const {
  if (status.is_ok() || params.has(status.error().field)) return status;
  std::string_view name;
  for (const FieldName& one : fields) {
    if (one.of_op != status.error().field) continue;
    if (name.empty() || params.has(one.of_request)) name = one.of_request;
  }
  return name.empty() ? status : Status(std::move(status).at(name));
}

OperationReply OperationService::answer(std::string_view name, std::string_view body,
                                        std::string_view request_id, std::int64_t arrived_ns) {
  const Operation* operation = find_operation(name);
  if (operation == nullptr) return refusal({}, operation_unknown(name), request_id);
  auto reply = within_memory(body.size(), [&]() -> Result<OperationReply> {
    return run(*operation, body, request_id, arrived_ns);
  });
  return reply ? std::move(*reply) : refusal(operation->name, reply.error(), request_id);
}

OperationReply OperationService::run(const Operation& operation, std::string_view body,
                                     std::string_view request_id, std::int64_t arrived_ns) {
  OperationReply reply;
  reply.operation = operation.name;
  const auto refuse = [&](const Status& status) {
    return refusal(operation.name, status, request_id);
  };
  const auto text = ParamsText::parse(body.empty() ? "{}" : body);
  if (!text) return refuse(text.error());
  const auto options = read_options(text->root(), context_.clock(), limits_.fallback);
  if (!options) return refuse(options.error());
  const Status known = known_members(operation).check(text->root());
  if (!known.is_ok()) return refuse(known);
  OperationCall call{context_, text->root(), *options};
  call.host_memory = limits_.host_memory;
  call.measured = limits_.measured;
  if (arrived_ns != 0 && !call.options.run.deadline.none()) {
    call.options.run.deadline.mono_ns -= context_.clock().mono_ns() - arrived_ns;
  }
  std::string result;
  JsonWriter json(result);
  const std::int64_t begin_ns = context_.clock().mono_ns();
  if (const Status status = operation.run(call, json); !status.is_ok()) return refuse(status);
  reply.seconds = static_cast<double>(context_.clock().mono_ns() - begin_ns) * 1e-9;
  if (call.planned) {
    reply.body = plan_json(call, request_id);
    return reply;
  }
  call.warn_nulled();
  std::optional<double> speedup;
  if (options->compare && !call.reports.empty()) {
    auto ratio = compared(operation, call);
    if (!ratio) return refuse(ratio.error());
    speedup = *ratio;
  }
  for (const ops::Report& report : call.reports) reply.gpu_used |= report.gpu_used();
  // What the ops took; reading and writing JSON is none of theirs.
  reply.body = envelope_json(call, result, total_seconds(call.reports), speedup, request_id);
  return reply;
}

}  // namespace weir::server
