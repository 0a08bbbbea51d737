// Changes of what decides: labels, rules and lists, each as a control record of the log.
#include <algorithm>
#include <future>

#include "base/clock.hpp"
#include "base/decimal.hpp"
#include "gate/control.hpp"
#include "main/service/live_pass.hpp"
#include "main/service/stored_control.hpp"

namespace weir::main {
namespace {

constexpr std::string_view kMarkingLists[] = {"allow", "deny", "watch"};

std::string hint_of(const decide::RuleError& error) {
  if (!error.hint.empty() || error.nearest.empty()) return error.hint;
  return "did you mean " + error.nearest + "?";
}

Status rules_invalid(const decide::RuleError& error) {
  return invalid_argument("rules_invalid", error.message)
      .at_line(error.line, error.column)
      .hint(hint_of(error));
}

std::vector<std::uint8_t> rules_payload(std::uint32_t version, const std::string& text,
                                        const server::Actor& actor) {
  gate::RulesControl control;
  control.version = version;
  control.author = actor.name;
  control.text = text;
  ByteWriter payload;
  encode(control, payload);
  return std::move(payload.buffer());
}

std::string_view mode_of(const decide::Rule& rule,
                         const std::vector<decide::Decider::WindowStats>& windows) {
  if (rule.shadow) return "shadow";
  const auto cold = [&](std::uint32_t window) {
    return window < windows.size() && !windows[window].warm;
  };
  const bool waits = rule.when_warm && std::any_of(rule.windows.begin(), rule.windows.end(), cold);
  return waits ? "warming" : "live";
}

Status apply_entries(decide::Lists& lists, const std::string& name, server::ListChange change,
                     std::vector<server::ListEntry> entries, const std::string& author) {
  if (change == server::ListChange::kReplace && lists.all().contains(name)) {
    WEIR_TRY(lists.drop(name));
  }
  if (change != server::ListChange::kRemove) WEIR_TRY(lists.create(name));
  for (server::ListEntry& entry : entries) {
    const std::string kind = entry.kind.empty() ? "account" : entry.kind;
    if (change == server::ListChange::kRemove) {
      WEIR_TRY(lists.remove(name, kind, entry.value));
      continue;
    }
    WEIR_TRY(lists.put(name, {.kind = kind,
                              .value = std::move(entry.value),
                              .expires_us = entry.expires_us,
                              .note = std::move(entry.note),
                              .author = author}));
  }
  return Status::ok();
}

}  // namespace

Result<server::LabelsTaken> LivePass::label(std::vector<server::LabelInput> labels,
                                            const server::Actor& actor) {
  server::LabelsTaken taken;
  std::vector<gate::LabelInput> known;
  ledger::Block block;
  for (server::LabelInput& label : labels) {
    const auto place = locate(label.event_id, block);
    if (!place && place.error().code() == Code::kNotFound) {
      taken.unknown.push_back(label.event_id);
      continue;
    }
    WEIR_TRY(place);
    const std::int64_t at_us = label.at_us != 0 ? label.at_us : system_clock().wall_us();
    known.push_back(
        {block.view().header().first_seq + place->row, label.fraud, at_us, std::move(label.note)});
  }
  taken.accepted = known.size();
  if (known.empty()) return taken;
  std::promise<Result<ledger::Height>> applied;
  gate_->label(std::move(known), actor.name,
               [&applied](const Result<ledger::Height>& at) { applied.set_value(at); });
  WEIR_TRY(applied.get_future().get());
  return taken;
}

Result<server::RulesView> LivePass::rules() {
  server::RulesView view;
  std::vector<decide::RuleHits> hits;
  std::vector<decide::Decider::WindowStats> windows;
  std::vector<gate::LabelBook::RuleLabels> labels;
  WEIR_TRY(at_rest([&] {
    const decide::Decider& decider = gate_->pass().decider();
    view.version = gate_->pass().versions().rules;
    hits.assign(decider.rule_hits().begin(), decider.rule_hits().end());
    windows = decider.window_stats();
    for (std::size_t i = 0; i < hits.size(); ++i) {
      labels.push_back(gate_->labels().of_rule(view.version, i));
    }
  }));
  const auto rules = json_.rules(view.version);
  if (rules == nullptr) return view;
  view.text = rules->text;
  view.sha256 = to_hex(rules->digest);
  view.author = rules_author(view.version);
  for (std::size_t i = 0; i < rules->rules.size(); ++i) {
    const decide::Rule& rule = rules->rules[i];
    server::RuleInfo& info = view.rules.emplace_back();
    info.name = rule.name;
    info.action = decide::rule_action_name(rule.action);
    info.mode = mode_of(rule, windows);
    if (i >= hits.size()) continue;
    info.hits = rule.shadow ? hits[i].shadow : hits[i].live;
    info.fraud_hits = rule.shadow ? labels[i].shadow_fraud : labels[i].fraud;
    info.legit_hits = rule.shadow ? labels[i].shadow_legit : labels[i].legit;
    info.value = format_decimal(hits[i].value_e4 / 100, 2);
  }
  return view;
}

std::string LivePass::rules_author(std::uint32_t version) {
  const std::lock_guard lock(authors_mutex_);
  if (const auto known = rules_authors_.find(version); known != rules_authors_.end()) {
    return known->second;
  }
  if (gate_->log() == nullptr) return {};
  const auto payload = find_control(*gate_->log(), ledger::ControlType::kRules, version);
  if (!payload) return {};
  const auto control = gate::decode_rules(*payload);
  if (!control) return {};
  return rules_authors_[version] = control->author;
}

Result<std::shared_ptr<const decide::RuleSet>> LivePass::compile(
    const std::string& text, std::vector<decide::RuleError>& errors,
    std::optional<std::vector<decide::ThresholdRow>> thresholds) {
  Result<std::shared_ptr<const decide::RuleSet>> compiled;
  WEIR_TRY(at_rest([&] {
    decide::CompileContext context = gate_->pass().compile_context();
    if (thresholds) context.thresholds = std::move(*thresholds);
    compiled = decide::check_rules(text, context, errors);
  }));
  if (!compiled && !errors.empty()) return fail(rules_invalid(errors.front()));
  return compiled;
}

Result<server::RulesChecked> LivePass::check_rules(const std::string& text) {
  server::RulesChecked checked;
  std::vector<decide::RuleError> errors;
  const auto compiled = compile(text, errors);
  for (const decide::RuleError& error : errors) {
    checked.problems.push_back({error.message, hint_of(error), error.line, error.column});
  }
  if (!errors.empty()) return checked;
  WEIR_TRY(compiled);
  const decide::RuleSet& rules = **compiled;
  checked.rules = static_cast<std::uint32_t>(rules.rules.size());
  checked.windows = static_cast<std::uint32_t>(rules.windows.size());
  for (const decide::RuleWindow& window : rules.windows) {
    checked.bytes_per_key += window.spec.bytes_per_key();
    checked.coverage.push_back(window.text + ": " + window.spec.coverage());
  }
  return checked;
}

// The caller holds change_mutex_.
Result<server::Changed> LivePass::put_version(const std::string& text, const server::Actor& actor) {
  std::vector<decide::RuleError> errors;
  WEIR_ASSIGN(auto compiled, compile(text, errors));
  const std::uint32_t version = gate_->versions().rules + 1;
  // Known before the first verdict can be decided with it.
  json_.note_rules(version, std::move(compiled));
  return change(ledger::ControlType::kRules, rules_payload(version, text, actor), version);
}

Result<server::Changed> LivePass::put_rules(const std::string& text,
                                            std::optional<std::uint32_t> expected_version,
                                            const server::Actor& actor) {
  const std::lock_guard lock(change_mutex_);
  const std::uint32_t current = gate_->versions().rules;
  if (expected_version && *expected_version != current) {
    return fail(Status(Code::kAborted, "version_changed",
                       "the rules in force are version " + std::to_string(current) + ", not " +
                           std::to_string(*expected_version))
                    .hint("read the rules again and repeat the change"));
  }
  return put_version(text, actor);
}

Result<server::Changed> LivePass::rollback_rules(std::uint32_t to_version,
                                                 const server::Actor& actor) {
  const std::lock_guard lock(change_mutex_);
  if (to_version > gate_->versions().rules) {
    return fail(not_found("version_unknown",
                          "there are no rules of version " + std::to_string(to_version)));
  }
  if (const auto known = json_.rules(to_version)) return put_version(known->text, actor);
  WEIR_ASSIGN(const ledger::BlockLog* log, stored_log());
  WEIR_ASSIGN(const auto payload, find_control(*log, ledger::ControlType::kRules, to_version));
  WEIR_ASSIGN(const gate::RulesControl control, gate::decode_rules(payload));
  return put_version(control.text, actor);
}

Result<std::vector<std::string>> LivePass::list_names() {
  std::vector<std::string> names(std::begin(kMarkingLists), std::end(kMarkingLists));
  WEIR_TRY(at_rest([&] {
    for (const auto& [name, entries] : gate_->pass().lists().all()) names.push_back(name);
  }));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Result<server::ListView> LivePass::list(const std::string& name) {
  server::ListView view;
  view.name = name;
  bool found = std::find(std::begin(kMarkingLists), std::end(kMarkingLists), name) !=
               std::end(kMarkingLists);
  WEIR_TRY(at_rest([&] {
    const gate::Pass& pass = gate_->pass();
    const decide::ListIndex& index = gate_->pass().decider().lists();
    view.version = pass.versions().lists;
    const auto list = pass.lists().all().find(name);
    if (list == pass.lists().all().end()) return;
    found = true;
    for (const auto& [key, entry] : list->second) {
      view.entries.push_back({entry.value, entry.kind, entry.expires_us, entry.note, entry.author,
                              index.hits(name, entry.kind, entry.value)});
    }
  }));
  if (!found) return fail(not_found("list_unknown", "there is no list " + name));
  return view;
}

Result<server::Changed> LivePass::change_list(const std::string& name, server::ListChange change,
                                              std::vector<server::ListEntry> entries,
                                              const server::Actor& actor) {
  const std::lock_guard lock(change_mutex_);
  decide::Lists lists;
  std::uint32_t version = 0;
  WEIR_TRY(at_rest([&] {
    lists = gate_->pass().lists();
    version = gate_->pass().versions().lists + 1;
  }));
  WEIR_TRY(apply_entries(lists, name, change, std::move(entries), actor.name));
  lists.set_version(version);
  ByteWriter bytes;
  lists.save(bytes);
  gate::ListsControl control;
  control.version = version;
  control.author = actor.name;
  control.lists = std::move(bytes.buffer());
  ByteWriter payload;
  encode(control, payload);
  return this->change(ledger::ControlType::kLists, std::move(payload.buffer()), version);
}

}  // namespace weir::main
