#include "decide/verdict_json.hpp"

#include <algorithm>

namespace weir::decide {
namespace {

constexpr double kScoreTail = 6;

void write_rules(JsonWriter& json, const VerdictView& view) {
  json.key("tags").begin_array();
  for (const std::string_view tag : view.tags) json.string(tag);
  json.end_array();
  json.key("rules").begin_array();
  for (const RuleHitView& rule : view.rules) {
    json.begin_object().key("name").string(rule.name).key("version").u64(rule.version);
    json.key("action").string(rule_action_name(rule.action));
    json.key("mode").string(rule.shadow ? "shadow" : "live").end_object();
  }
  json.end_array();
}

void write_models(JsonWriter& json, const VerdictView& view) {
  json.key("models").begin_array();
  for (const ModelView& model : view.models) {
    json.begin_object().key("name").string(model.name).key("version").u64(model.version);
    json.key("tail").f64(model.tail).key("variant").string(model.variant).end_object();
  }
  json.end_array();
}

void write_features(JsonWriter& json, const VerdictView& view) {
  if (view.features == nullptr || view.event == nullptr) return;
  json.key("features").begin_array();
  for (unsigned i = 0; i < profile::kFeatures; ++i) {
    const auto feature = static_cast<profile::Feature>(i);
    const FeatureValue value = usual_of_feature(feature, *view.event, view.features);
    json.begin_object().key("name").string(profile::feature_name(feature));
    json.key("feature").f32(view.features[i]).key("value").f64(value.value);
    if (value.has_usual) json.key("usual").f64(value.usual);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void write_reasons(JsonWriter& json, std::span<const FullReason> reasons) {
  json.begin_array();
  for (const FullReason& reason : reasons) {
    json.begin_object().key("code").string(wire::reason_name(reason.code));
    json.key("text").string(reason.text).key("weight").f64(reason.weight);
    if (!reason.feature.empty()) json.key("feature").string(reason.feature);
    if (!reason.rule.empty()) json.key("rule").string(reason.rule);
    if (reason.has_value) json.key("value").f64(reason.value);
    if (reason.has_usual) json.key("usual").f64(reason.usual);
    json.end_object();
  }
  json.end_array();
}

void write_verdict(JsonWriter& json, const VerdictView& view) {
  const wire::VerdictCore& core = view.core;
  const double tail = core.tail_e6 / 1e6;
  const bool alert = (core.flags & wire::kAlert) != 0;
  json.begin_object().key("event_id").string(view.event_id).key("seq").u64(view.seq);
  json.key("outcome").string(wire::outcome_name(static_cast<wire::Outcome>(core.outcome)));
  json.key("alert").boolean(alert);
  if (alert && view.seq != 0) {
    char id[32] = "al-";
    std::size_t size = 3;
    for (const char digit : std::to_string(view.seq)) id[size++] = digit;
    json.key("alert_id").string({id, size});
  }
  json.key("score").f64(std::min(tail, kScoreTail) / kScoreTail);
  json.key("tail").f64(tail);
  json.key("threshold");
  if (core.threshold_e6 == kNoThreshold) {
    json.null();
  } else {
    json.f64(core.threshold_e6 / 1e6);
  }
  json.key("reasons");
  write_reasons(json, view.reasons);
  write_rules(json, view);
  write_models(json, view);
  json.key("versions").begin_object().key("rules").u64(view.rules_version);
  json.key("models").u64(view.models_version).key("config").u64(view.config_version);
  json.key("lists").u64(view.lists_version).end_object();
  const auto status = static_cast<wire::LedgerStatus>(core.ledger_status);
  json.key("ledger").begin_object().key("status").string(wire::ledger_status_name(status));
  json.key("height").u64(view.height).key("committed").boolean(view.committed);
  json.key("ack").string(view.ack).end_object();
  json.key("duplicate").boolean(view.duplicate);
  json.key("late").boolean((core.flags & wire::kLate) != 0);
  json.key("mode").string(view.mode);
  if (view.latency_us) json.key("latency_us").u64(*view.latency_us);
  write_features(json, view);
  json.end_object();
}

}  // namespace weir::decide
