#include "main/service/decision_json.hpp"

#include <array>
#include <span>
#include <vector>

#include "base/decimal.hpp"
#include "base/time_text.hpp"
#include "decide/verdict_json.hpp"
#include "gate/detected.hpp"
#include "wire/csv/mapping.hpp"
#include "wire/iso_code.hpp"
#include "wire/text_id.hpp"

namespace weir::main {
namespace {

// One row as the matrix that a model set scores.
profile::FeatureMatrix single_row(const std::array<float, profile::kFeatures>& features) {
  profile::FeatureMatrix matrix;
  matrix.resize(1);
  for (unsigned f = 0; f < profile::kFeatures; ++f) {
    matrix.column(static_cast<profile::Feature>(f))[0] = features[f];
  }
  return matrix;
}

// What the models of a verdict said about its row.
struct ModelPart {
  std::vector<decide::ModelView> views;
  std::vector<decide::FeatureWeight> weights;
};

ModelPart views_of(const detect::ModelSet& models, const gate::Decision& decision,
                   std::span<const float> tails) {
  ModelPart part;
  for (std::size_t d = 1; d < models.names().size(); ++d) {
    part.views.push_back(
        {models.names()[d], decision.versions.models, static_cast<double>(tails[d])});
  }
  return part;
}

// `explain` asks for what moved the score: it costs as much as everything else.
ModelPart explain_by_models(const detect::ModelSet& models, const gate::Decision& decision,
                            bool explain) {
  ModelPart part;
  const std::size_t detectors = models.names().size();
  std::array<float, detect::kDetectorsMax> tails = decision.tails;
  const bool known = decision.tail_count == detectors;
  if (known && !explain) return views_of(models, decision, tails);
  const profile::FeatureMatrix row = single_row(decision.features);
  if (!known) {
    detect::ScoreBuffer buffer;
    detect::ScoreOutput out = buffer.view(1, detectors);
    if (!models.score({}, row, out).is_ok()) return part;
    for (std::size_t d = 0; d < detectors; ++d) tails[d] = out.tail_of(d)[0];
  }
  part = views_of(models, decision, tails);
  if (!explain) return part;
  std::array<decide::FeatureWeight, decide::kReasonsMax> weights;
  const std::size_t count = gate::explain_score(models, row, 0, weights);
  part.weights.assign(weights.begin(), weights.begin() + static_cast<std::ptrdiff_t>(count));
  return part;
}

std::string currency_text(std::uint16_t number) {
  const wire::Currency* currency = wire::find_currency(number);
  return currency == nullptr ? "" : std::string(currency->code);
}

// The rules that fired on a verdict, split as explanations want them.
struct RulePart {
  std::vector<decide::RuleHitView> views;
  std::vector<decide::FiredRule> live;
  std::vector<std::string_view> tags;
};

RulePart explain_by_rules(const decide::RuleSet& rules, const gate::Decision& decision) {
  RulePart part;
  for (const auto& [hit, sides] : decision.rule_hits) {
    if (hit.rule >= rules.rules.size()) continue;
    const decide::Rule& rule = rules.rules[hit.rule];
    const bool shadow = (hit.flags & decide::kShadowHit) != 0;
    part.views.push_back({rule.name, decision.versions.rules, rule.action, shadow});
    if (shadow) continue;
    decide::FiredRule& fired = part.live.emplace_back();
    fired.rule = hit.rule;
    fired.sides = sides;
    if ((hit.flags & decide::kHasSides) != 0) {
      fired.comparison = hit.flags >> decide::kComparisonShift;
    }
    if (rule.action == decide::RuleAction::kTag) part.tags.push_back(rule.tag);
  }
  return part;
}

}  // namespace

void DecisionJson::note_rules(std::uint32_t version, std::shared_ptr<const decide::RuleSet> rules) {
  const std::lock_guard lock(mutex_);
  rules_[version] = std::move(rules);
}

void DecisionJson::note_models(std::uint32_t version,
                               std::shared_ptr<const detect::ModelSet> models) {
  const std::lock_guard lock(mutex_);
  models_.try_emplace(version, std::move(models));
}

std::shared_ptr<const decide::RuleSet> DecisionJson::rules(std::uint32_t version) const {
  const std::lock_guard lock(mutex_);
  const auto found = rules_.find(version);
  return found == rules_.end() ? nullptr : found->second;
}

std::shared_ptr<const detect::ModelSet> DecisionJson::models(std::uint32_t version) const {
  const std::lock_guard lock(mutex_);
  const auto found = models_.find(version);
  return found == models_.end() ? nullptr : found->second;
}

std::string DecisionJson::render(const gate::Decision& decision,
                                 const RenderOptions& options) const {
  const auto rule_set = rules(decision.versions.rules);
  const auto model_set = decision.has_features ? models(decision.versions.models) : nullptr;
  const RulePart by_rules = rule_set ? explain_by_rules(*rule_set, decision) : RulePart{};
  const bool plain = decision.core.outcome == 0 && (decision.core.flags & wire::kAlert) == 0;
  const bool weights = !plain || options.features;
  const ModelPart by_models =
      model_set ? explain_by_models(*model_set, decision, weights) : ModelPart{};
  decide::ExplainInput explain;
  explain.event = &decision.event;
  explain.features = decision.features.data();
  explain.rules = rule_set.get();
  explain.live_hits = by_rules.live;
  explain.contributions = by_models.weights;
  explain.core = decision.core;
  explain.currency = currency_text(decision.event.currency);
  const std::vector<decide::FullReason> reasons = decide::explain_row(explain);
  const std::string id = wire::event_id_text(decision.event, decision.side);
  decide::VerdictView view;
  view.event_id = id;
  view.seq = options.shadow && !decision.duplicate ? 0 : decision.seq;
  if (options.shadow) view.mode = "shadow";
  view.core = decision.core;
  view.reasons = reasons;
  view.tags = by_rules.tags;
  view.rules = by_rules.views;
  view.models = by_models.views;
  view.rules_version = decision.versions.rules;
  view.models_version = decision.versions.models;
  view.config_version = decision.versions.config;
  view.lists_version = decision.versions.lists;
  view.height = decision.height;
  view.committed = decision.committed;
  // Nothing is committed in shadow or without a log, whatever was asked for.
  const bool durable = options.ack == "committed" || options.ack == "final";
  view.ack = durable && !decision.committed ? "decided" : options.ack;
  view.duplicate = decision.duplicate;
  if (options.features && decision.has_features) {
    view.event = &decision.event;
    view.features = decision.features.data();
  }
  std::string text;
  JsonWriter json(text);
  decide::write_verdict(json, view);
  if (!options.event) return text;
  text.pop_back();
  text += ",\"event\":";
  JsonWriter event_json(text);
  write_event(event_json, decision.event, decision.side);
  text += '}';
  return text;
}

void DecisionJson::write_event(JsonWriter& json, const wire::Event& event, Bytes side) const {
  json.begin_object();
  json.key("id").string(wire::event_id_text(event, side));
  json.key("time").string(format_time(event.time_us));
  json.key("type").string(wire::event_type_name(event.event_type()));
  json.key("amount").string(format_decimal(event.amount, event.exponent));
  const std::string currency = currency_text(event.currency);
  if (!currency.empty()) json.key("currency").string(currency);
  const auto party = [&](std::string_view name, std::uint64_t word) {
    const wire::EntityId id{word};
    if (!id.present() || dictionary_ == nullptr) return;
    json.key(name).begin_object();
    json.key("kind").string(wire::entity_kind_name(id.kind()));
    json.key("id").string(wire::entity_text(id, *dictionary_));
    json.end_object();
  };
  party("debtor", event.debtor);
  party("creditor", event.creditor);
  party("merchant", event.merchant);
  party("device", event.device);
  party("card", event.instrument);
  party("ip", event.ip);
  if (event.nonce != 0) json.key("nonce").u64(event.nonce);
  if (event.category != 0) json.key("category").u64(event.category);
  json.end_object();
}

}  // namespace weir::main
