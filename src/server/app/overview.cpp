#include "server/app/overview.hpp"

#include "base/json.hpp"
#include "base/time_text.hpp"

namespace weir::server {
namespace {

void write_traffic(JsonWriter& json, const Overview& view) {
  json.key("events").begin_object().key("total").u64_string(view.events_total);
  json.key("per_s").f64(view.events_per_s).end_object();
  json.key("outcomes").begin_object().key("pass").u64_string(view.pass);
  json.key("hold").u64_string(view.hold).key("block").u64_string(view.block).end_object();
  json.key("latency_us").begin_object().key("p50").f64(view.p50_us).key("p99").f64(view.p99_us);
  json.key("p999").f64(view.p999_us).key("window_s").u64(view.latency_window_s).end_object();
  json.key("queue").begin_object().key("depth").u64(view.queue_depth);
  json.key("limit").u64(view.queue_limit).key("wait_p99_us").f64(view.queue_wait_p99_us);
  json.end_object();
  std::uint64_t refused = 0;
  for (const auto& [reason, count] : view.refused_by_reason) refused += count;
  json.key("refused").begin_object().key("total").u64_string(refused);
  json.key("by_reason").begin_object();
  for (const auto& [reason, count] : view.refused_by_reason) json.key(reason).u64_string(count);
  json.end_object().end_object();
}

void write_versions(JsonWriter& json, const Overview& view) {
  json.key("versions").begin_object().key("config").u64(view.config_version);
  json.key("rules").u64(view.rules_version).key("models").begin_array();
  for (const ModelWeight& model : view.models) {
    json.begin_object().key("name").string(model.name).key("stable").u64(model.stable);
    json.key("candidate");
    if (model.candidate == 0)
      json.null();
    else
      json.u64(model.candidate);
    json.key("weight").f64(model.weight).end_object();
  }
  json.end_array().end_object();
}

void write_spark(JsonWriter& json, const Overview& view) {
  std::size_t points = 0;
  for (const SparkSeries& series : view.spark) points = std::max(points, series.points.size());
  json.key("spark").begin_object().key("step_s").u64(view.spark_step_s).key("points").u64(points);
  json.key("series").begin_object();
  for (const SparkSeries& series : view.spark) {
    json.key(series.name).begin_array();
    for (const double point : series.points) json.f64(point);
    json.end_array();
  }
  json.end_object().end_object();
}

}  // namespace

std::string overview_json(const Overview& view) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("at").string(format_time(view.at_us)).key("uptime_s").i64(view.uptime_s);
  write_traffic(json, view);
  json.key("commit").begin_object().key("mode").string(view.commit_mode);
  json.key("seq").u64_string(view.commit_seq).key("lag_us").f64(view.commit_lag_us).end_object();
  json.key("backend").begin_object().key("active").string(view.backend);
  json.key("why").string(view.backend_why);
  json.key("fallbacks_total").u64_string(view.fallbacks_total).end_object();
  json.key("alerts_open").u64(view.alerts_open).key("incidents_open").u64(view.incidents_open);
  json.key("shadow_dropped").u64(view.shadow_dropped);
  write_versions(json, view);
  write_spark(json, view);
  json.end_object();
  return out;
}

}  // namespace weir::server
