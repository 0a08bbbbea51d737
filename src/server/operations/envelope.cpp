#include "server/operations/envelope.hpp"

#include <algorithm>

#include "base/config/schema.hpp"
#include "server/operations/operation_service.hpp"

namespace weir::server {
namespace {

constexpr double kGiga = 1e-9;

// Whether the rate behind a ceiling was measured here.
bool is_measured(const ops::Report& report, const device::RatesMeasured& measured) {
  if (report.gpu_used()) return report.ceiling == ops::Ceiling::kDram && measured.device;
  const bool timed = report.ceiling == ops::Ceiling::kDram ||
                     report.ceiling == ops::Ceiling::kF64 || report.ceiling == ops::Ceiling::kF32;
  return timed && measured.cpu;
}

// What the machine could do at most, in the unit of the op's ceiling; 0 if it has none.
double ceiling_of(const ops::Report& report, const device::Rates& rates, unsigned threads) {
  const bool gpu = report.gpu_used();
  const double cores = std::max(1U, threads);
  const auto ops_per_s = [&](device::Unit unit) {
    const auto at = static_cast<std::size_t>(unit);
    return gpu ? rates.device_ops_per_s[at] : rates.cpu_ops_per_s[at] * cores;
  };
  switch (report.ceiling) {
    case ops::Ceiling::kDram:
      return gpu ? rates.device_bytes_per_s
                 : std::min(rates.cpu_bytes_per_s * cores, rates.cpu_bytes_per_s_all);
    case ops::Ceiling::kF64:
      return ops_per_s(device::Unit::kF64);
    case ops::Ceiling::kF32:
      return ops_per_s(device::Unit::kF32);
    case ops::Ceiling::kBf16:
      return ops_per_s(device::Unit::kBf16);
    case ops::Ceiling::kInt8:
      return ops_per_s(device::Unit::kInt8);
    case ops::Ceiling::kLatency:
      break;
  }
  return 0;
}

void write_optional(JsonWriter& json, std::string_view key, double value) {
  json.key(key);
  if (value > 0) {
    json.f64(value);
  } else {
    json.null();
  }
}

void write_reason(JsonWriter& json, ops::Reason reason) {
  if (reason == ops::Reason::kNone) {
    json.null();
  } else {
    json.string(ops::reason_name(reason));
  }
}

void write_report(JsonWriter& json, const ops::Report& report) {
  json.begin_object().key("op").string(report.op).key("version").u64(report.version);
  json.key("backend").string(device::kind_name(report.backend));
  json.key("isa").string(isa_name(report.isa)).key("reason");
  write_reason(json, report.reason);
  json.key("rows_in").u64(report.rows_in).key("rows_out").u64(report.rows_out);
  json.key("bytes_up").u64(report.bytes_up).key("bytes_down").u64(report.bytes_down);
  json.key("bytes_spilled").u64(report.bytes_spilled).key("chunks").u64(report.chunks);
  json.key("attempts").u64(report.attempts).key("seconds").f64(report.seconds);
  write_optional(json, "predicted_seconds", report.predicted_seconds);
  json.end_object();
}

void begin_report(JsonWriter& json, const OperationCall& call, std::string_view request_id) {
  json.key("report").begin_object().key("request_id").string(request_id);
  json.key("placement").string(ops::placement_name(call.options.run.placement));
  json.key("warnings").begin_array();
  for (const std::string& warning : call.warnings) json.string(warning);
  json.end_array();
}

}  // namespace

double total_seconds(const std::vector<ops::Report>& reports) {
  double seconds = 0;
  for (const ops::Report& report : reports) seconds += report.seconds;
  return seconds;
}

Status operation_unknown(std::string_view name) {
  if (name == "response_generation") {
    return Status(Code::kUnimplemented, "operation_unimplemented",
                  "response_generation needs a generative model, and none is part of Weir")
        .at("name");
  }
  std::string_view nearest;
  std::size_t least = 4;
  for (const Operation* operation : operations()) {
    const std::size_t distance = edit_distance(name, operation->name);
    if (distance < least) {
      least = distance;
      nearest = operation->name;
    }
  }
  return not_found("operation_unknown", "no operation \"" + std::string(name) + "\"")
      .at("name")
      .hint(nearest.empty() ? "GET /v1/ops lists them"
                            : "did you mean " + std::string(nearest) + "?");
}

void write_performance(JsonWriter& json, const ops::Context& context,
                       const std::vector<ops::Report>& reports, std::optional<double> speedup,
                       const device::RatesMeasured& measured) {
  const double seconds = total_seconds(reports);
  double bytes = 0;
  double flops = 0;
  double cpu_seconds = 0;
  std::uint64_t rows = 0;
  for (const ops::Report& report : reports) {
    rows = std::max(rows, report.rows_in);
    bytes += static_cast<double>(report.bytes);
    flops += report.flops;
    cpu_seconds += report.cpu_seconds;
  }
  const double per_s = seconds > 0 && rows > 0 ? 1 / seconds : 0;
  json.begin_object().key("rows").u64(rows);
  write_optional(json, "rows_per_second", static_cast<double>(rows) * per_s);
  write_optional(json, "gigabytes_per_second", bytes * per_s * kGiga);
  write_optional(json, "gigaflops", flops * per_s * kGiga);
  // The slowest op is the one whose ceiling matters.
  const auto slowest =
      std::max_element(reports.begin(), reports.end(),
                       [](const auto& a, const auto& b) { return a.seconds < b.seconds; });
  json.key("ceiling");
  if (slowest == reports.end()) {
    json.null().key("ceiling_share").null();
  } else {
    json.string(ops::ceiling_name(slowest->ceiling));
    const double most = ceiling_of(*slowest, context.rates(), context.threads());
    const double did = slowest->ceiling == ops::Ceiling::kDram ? static_cast<double>(slowest->bytes)
                                                               : slowest->flops;
    write_optional(
        json, "ceiling_share",
        is_measured(*slowest, measured) && most > 0 && slowest->seconds > 0 && slowest->rows_in > 0
            ? did / slowest->seconds / most
            : 0);
  }
  json.key("cpu_seconds").f64(cpu_seconds).key("speedup");
  if (speedup) {
    json.f64(*speedup);
  } else {
    json.null();
  }
  json.end_object();
}

std::string envelope_json(const OperationCall& call, std::string_view result, double seconds,
                          std::optional<double> speedup, std::string_view request_id) {
  bool gpu_used = false;
  for (const ops::Report& report : call.reports) gpu_used |= report.gpu_used();
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("success").boolean(true).key("result").raw(result);
  json.key("gpu_used").boolean(gpu_used).key("duration").f64(seconds * 1e3);
  json.key("performance");
  write_performance(json, call.context, call.reports, speedup, call.measured);
  begin_report(json, call, request_id);
  json.key("ops").begin_array();
  for (const ops::Report& report : call.reports) write_report(json, report);
  json.end_array().end_object().end_object();
  return out;
}

std::string plan_json(const OperationCall& call, std::string_view request_id) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("success").boolean(true).key("result").null();
  json.key("gpu_used").boolean(false).key("duration").null().key("performance").null();
  json.key("explain").begin_array();
  for (const ops::Plan& plan : call.plans) {
    const bool cpu = plan.backend == device::Kind::kCpu;
    json.begin_object().key("op").string(plan.op);
    json.key("mode").string(cpu ? "cpu" : plan.chunks > 1 ? "stream" : "direct");
    json.key("chunks").u64(plan.chunks).key("backend").string(device::kind_name(plan.backend));
    json.key("reason");
    write_reason(json, plan.reason);
    json.key("sentence").string(plan.sentence);
    json.key("predicted_seconds").f64(plan.predicted_seconds).end_object();
  }
  json.end_array();
  begin_report(json, call, request_id);
  json.end_object().end_object();
  return out;
}

std::string failure_json(const Status& status, std::string_view request_id) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("success").boolean(false).key("result").null();
  json.key("gpu_used").boolean(false).key("performance").null().key("error").begin_object();
  json.key("code").string(code_name(status.code())).key("message").string(status.message());
  json.key("field");
  if (status.error().field.empty()) {
    json.null();
  } else {
    json.string(status.error().field);
  }
  json.key("reason").string(status.reason());
  if (status.error().line != 0) json.key("line").u64(status.error().line);
  if (status.error().column != 0) json.key("column").u64(status.error().column);
  if (!status.error().hint.empty()) json.key("hint").string(status.error().hint);
  json.end_object().key("report").begin_object().key("request_id").string(request_id);
  json.end_object().end_object();
  return out;
}

}  // namespace weir::server
