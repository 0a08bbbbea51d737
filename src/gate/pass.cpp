#include "gate/pass.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/log.hpp"
#include "base/prefetch.hpp"
#include "decide/rules/rule_set.hpp"
#include "gate/control.hpp"
#include "gate/detected.hpp"
#include "profile/gathered.hpp"

namespace weir::gate {
namespace {

constexpr std::uint16_t kListFlags = profile::kDeny | profile::kAllow | profile::kWatch;

}  // namespace

Pass::Pass(const PassOptions& options)
    : options_(options),
      dictionary_(options.dictionary_max),
      profiles_(options.profile),
      decider_(options.decide),
      learner_(options.learn),
      orderer_(options.order),
      executor_(options.execute) {}

void Pass::start_chain(std::uint64_t chain_id, const Digest& head, ledger::Height next_height) {
  chain_id_ = chain_id;
  head_ = head;
  next_height_ = next_height;
}

// Labels ride in the block before whose first event they hold; this stage alone reads label state.
void Pass::apply_labels(const PassBatch& batch, const PassAhead* ahead) {
  ledger::ControlReader controls(batch.controls.bytes());
  while (const auto record = controls.next()) {
    if (record->type != ledger::ControlType::kLabel) continue;
    const auto labels = decode_labels(record->payload);
    CHECK(labels.has_value());
    for (const LabelControl& label : labels->labels) {
      if (ahead == nullptr) {
        profiles_.apply_label(update_of(label));
      } else {
        profiles_.apply_label_behind(update_of(label), ahead->profiles, batch.height);
      }
    }
  }
}

// An entity that a list names by text gets its flags when the text first appears.
void Pass::mark_listed(const PassBatch& batch) {
  if (lists_.size() == 0) return;
  ledger::ControlReader controls(batch.controls.bytes());
  while (const auto record = controls.next()) {
    if (record->type != ledger::ControlType::kDictionary) continue;
    std::unordered_set<std::uint64_t> fresh;
    ByteReader in(record->payload);
    for (std::uint64_t left = in.u64(); left != 0 && in.ok(); --left) {
      const std::uint8_t space = in.u8();
      const std::uint64_t value = in.u64();
      in.text();
      if (space > 63) continue;
      fresh.insert(wire::EntityId::interned(static_cast<wire::EntityKind>(space), value).word);
    }
    for_each_flagged(watermark_us_, [&](wire::EntityId id, std::uint16_t flags) {
      if (fresh.count(id.word) != 0) profiles_.set_flags(id, kListFlags, flags).is_ok();
    });
  }
}

// Entries expire in event time; looked at once a batch.
void Pass::expire_list_flags() {
  if (watermark_us_ < next_flag_expiry_us_) return;
  std::unordered_map<std::uint64_t, std::uint16_t> flags;
  for_each_flagged(INT64_MIN, [&](wire::EntityId id, std::uint16_t) { flags[id.word] = 0; });
  for_each_flagged(watermark_us_,
                   [&](wire::EntityId id, std::uint16_t set) { flags[id.word] = set; });
  for (const auto& [word, set] : flags) {
    const wire::EntityId id{word};
    if (profiles_.find(id) != profile::kNoSlot) profiles_.set_flags(id, kListFlags, set).is_ok();
  }
  next_flag_expiry_us_ = lists_.next_flag_expiry(watermark_us_);
}

void Pass::for_each_flagged(std::int64_t now_us,
                            const std::function<void(wire::EntityId, std::uint16_t)>& visit) const {
  lists_.flagged(&dictionary_, options_.masking.get(), now_us, visit);
}

decide::CompileContext Pass::compile_context() const {
  decide::CompileContext context;
  context.dictionary = &dictionary_;
  context.masking = options_.masking.get();
  context.thresholds = options_.thresholds;
  context.window_keys_max = options_.window_keys_max;
  if (models_ != nullptr) {
    context.detectors.assign(models_->names().begin(), models_->names().end());
  } else {
    context.detectors = {"ensemble", "forest"};
  }
  return context;
}

void Pass::begin_touch(PassBatch& batch, const PassAhead* ahead) {
  if (batch.controls.count() != 0) {
    apply_labels(batch, ahead);
    mark_listed(batch);
  }
  expire_list_flags();
  for (const wire::Event& event : batch.events) {
    watermark_us_ = std::max(watermark_us_, event.time_us);
  }
  profiles_.index(batch.events, batch.index);
}

void Pass::touch(PassBatch& batch) {
  begin_touch(batch, nullptr);
  const profile::EventColumns columns = batch.index.columns(batch.events);
  const Status status = profiles_.gather(columns, batch.gathered, batch.touched);
  CHECK(status.is_ok());
  batch.models = models_;
  batch.versions = versions_;
}

void Pass::score(PassBatch& batch) const {
  const std::size_t rows = batch.rows();
  batch.features.resize(rows);
  if (rows != 0) profile::compute_features(batch.gathered, batch.features, 0, rows);
  const std::size_t detectors = batch.models ? batch.models->names().size() : 1;
  batch.scores = batch.score_buffer.view(rows, detectors);
  if (batch.models == nullptr) return detect::score_warming(batch.scores);
  const profile::EventColumns columns = batch.index.columns(batch.events);
  const Status status = batch.models->score(columns, batch.features, batch.scores);
  CHECK(status.is_ok());
}

// The rule field `balance`: what the debtor could spend when the previous block ended.
void Pass::read_balances(const PassBatch& batch) {
  const bool read = decider_.rules()->reads(decide::RuleField::kBalance);
  if (!read || options_.mode != ledger::LedgerMode::kExecute) {
    balances_.clear();
    balances_valid_.clear();
    return;
  }
  const std::size_t rows = batch.rows();
  balances_.resize(rows);
  balances_valid_.resize(rows);
  const ledger::Accounts& accounts = executor_.accounts();
  const auto fetch = [&](std::size_t from) {
    for (std::size_t row = from; row < std::min(from + kPrefetchBurst, rows); ++row) {
      const wire::Event& event = batch.events[row];
      accounts.prefetch(ledger::account_hash(event.debtor, event.currency));
    }
  };
  fetch(0);
  for (std::size_t row = 0; row < rows; ++row) {
    if (row % kPrefetchBurst == 0) fetch(row + kPrefetchBurst);
    const wire::Event& event = batch.events[row];
    const ledger::Account* account =
        event.debtor == 0 ? nullptr : accounts.find(event.debtor, event.currency);
    balances_valid_[row] = account != nullptr;
    balances_[row] =
        account == nullptr ? 0 : account->balance - account->held + options_.execute.overdraft;
  }
}

decide::DecideInput Pass::decide_input(const PassBatch& batch,
                                       const profile::EventColumns& columns) {
  decide::DecideInput input;
  input.columns = &columns;
  input.features = &batch.features;
  input.late = batch.touched.late;
  input.profile_full = batch.touched.profile_full;
  input.balance = balances_;
  input.balance_valid = balances_valid_;
  input.side = batch.side;
  input.dictionary = &dictionary_;
  return input;
}

void Pass::run_decider(PassBatch& batch) {
  const profile::EventColumns columns = batch.index.columns(batch.events);
  decide::DecideInput input = decide_input(batch, columns);
  bind_scores(batch.models.get(), batch.scores, input);
  batch.verdicts.assign(batch.rows(), wire::VerdictCore{});
  const Status status = decider_.decide(input, {batch.verdicts, &hits_, &sides_});
  CHECK(status.is_ok());
  write_rule_hits(batch);
}

// Kept so that a verdict can be shown whole later, without its windows.
void Pass::write_rule_hits(PassBatch& batch) {
  if (hits_.empty()) return;
  payload_.buffer().clear();
  encode(hits_, sides_, payload_);
  batch.controls.add(ledger::ControlType::kRuleHits, payload_.bytes());
}

// Completes the reasons of every verdict that is not a plain pass by what moved its score.
void Pass::explain(PassBatch& batch) const {
  if (batch.models == nullptr) return;
  std::array<decide::FeatureWeight, decide::kReasonsMax> weights;
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    wire::VerdictCore& verdict = batch.verdicts[row];
    if (verdict.outcome == 0 && (verdict.flags & wire::kAlert) == 0) continue;
    const std::size_t count =
        explain_score(*batch.models, batch.features, batch.scores, row, weights);
    decide::add_reason_codes(verdict, std::span(weights.data(), count));
  }
}

void Pass::execute(PassBatch& batch) {
  batch.order.clear();
  batch.groups = 0;
  if (options_.mode != ledger::LedgerMode::kExecute) return;
  const auto unresolved = executor_.control(batch.controls.bytes());
  CHECK(unresolved.has_value());
  orderer_.order(batch.events, &executor_.accounts(), order_);
  executor_.execute(batch.events, order_.order, batch.first_seq, batch.verdicts);
  batch.order.swap(order_.order);
  batch.groups = order_.groups;
}

void Pass::count(const PassBatch& batch) {
  std::array<std::uint64_t, 3> outcomes{};
  std::array<std::uint64_t, 16> statuses{};
  std::uint64_t alerted = 0;
  std::uint64_t late = 0;
  for (const wire::VerdictCore& verdict : batch.verdicts) {
    ++outcomes[verdict.outcome];
    ++statuses[verdict.ledger_status & 15];
    alerted += verdict.flags & wire::kAlert;
    late += (verdict.flags & wire::kLate) != 0;
  }
  constexpr auto kRelaxed = std::memory_order_relaxed;
  counters_.events.fetch_add(batch.rows(), kRelaxed);
  counters_.passed.fetch_add(outcomes[0], kRelaxed);
  counters_.held.fetch_add(outcomes[1], kRelaxed);
  counters_.blocked.fetch_add(outcomes[2], kRelaxed);
  counters_.alerted.fetch_add(alerted, kRelaxed);
  counters_.late.fetch_add(late, kRelaxed);
  for (std::size_t s = 0; s < statuses.size(); ++s) {
    if (statuses[s] != 0) counters_.by_ledger_status[s].fetch_add(statuses[s], kRelaxed);
  }
}

void Pass::decide(PassBatch& batch) {
  read_balances(batch);
  run_decider(batch);
  execute(batch);
  learner_.observe(batch.first_seq, batch.features);
  count(batch);
}

void Pass::hash(PassBatch& batch) const {
  explain(batch);
  ledger::BlockMeta meta;
  meta.chain_id = chain_id_;
  meta.height = batch.height;
  meta.first_seq = batch.first_seq;
  meta.created_us = batch.created_us;
  meta.rules_version = batch.versions.rules;
  meta.models_version = batch.versions.models;
  meta.config_version = batch.versions.config;
  meta.lists_version = batch.versions.lists;
  meta.groups = batch.groups;
  meta.leaf_events = options_.leaf_events;
  ledger::BlockContent content;
  content.events = batch.events;
  content.verdicts = batch.verdicts;
  content.order = batch.order;
  content.side = batch.side;
  content.control = batch.controls.bytes();
  content.control_count = batch.controls.count();
  content.feature_mode = batch.rows() == 0 ? ledger::FeatureRowsMode::kNone : options_.feature_rows;
  content.features = &batch.features;
  batch.builder.begin(std::move(batch.block.record), meta, content);
  batch.builder.hash_leaves(0, batch.builder.leaf_count());
  batch.builder.finish_body();
}

void Pass::seal(PassBatch& batch, ledger::Height durable_height) {
  CHECK_EQ(batch.height, next_height_);
  batch.block = batch.builder.seal({head_, durable_height, 0});
  head_ = batch.block.hash;
  ++next_height_;
}

Result<std::shared_ptr<const detect::ModelSet>> Pass::fit_if_due(std::uint64_t events_accepted) {
  if (!learner_.due(events_accepted)) return std::shared_ptr<const detect::ModelSet>();
  auto models = learner_.fit(versions_.models + 1);
  if (!models) {
    log_warning("gate", models.error());
    return std::shared_ptr<const detect::ModelSet>();
  }
  return models;
}

bool Pass::needs_rest(Bytes controls) {
  ledger::ControlReader in(controls);
  while (const auto record = in.next()) {
    switch (record->type) {
      case ledger::ControlType::kDictionary:
      case ledger::ControlType::kLabel:
      case ledger::ControlType::kRuleHits:
      case ledger::ControlType::kCheckpoint:
      case ledger::ControlType::kRelease:
      case ledger::ControlType::kAccount:
        break;
      default:
        return true;
    }
  }
  return false;
}

bool Pass::changes_pieces(ledger::ControlType type) {
  return type == ledger::ControlType::kRules || type == ledger::ControlType::kModels ||
         type == ledger::ControlType::kLists || type == ledger::ControlType::kConfig;
}

Status Pass::apply_all(Bytes controls) {
  ledger::ControlReader in(controls);
  while (const auto record = in.next()) WEIR_TRY(apply(*record));
  if (!in.ok()) return data_loss("control_damaged", "a block's control records are malformed");
  return Status::ok();
}

Status Pass::apply(const ledger::ControlRecord& record) {
  switch (record.type) {
    case ledger::ControlType::kRules:
      return apply_rules(record.payload);
    case ledger::ControlType::kModels:
      return apply_models(record.payload);
    case ledger::ControlType::kLists:
      return apply_lists(record.payload);
    case ledger::ControlType::kQuarantine: {
      WEIR_ASSIGN(const QuarantineControl control, decode_quarantine(record.payload));
      return profiles_.set_flags({control.entity}, kQuarantineFlags, flags_of(control));
    }
    case ledger::ControlType::kConfig:
      return apply_config(record.payload);
    default:
      return Status::ok();
  }
}

Status Pass::apply_rules(Bytes payload) {
  WEIR_ASSIGN(const RulesControl rules, decode_rules(payload));
  WEIR_ASSIGN(auto compiled, decide::compile_rules(rules.text, compile_context()));
  WEIR_TRY(decider_.set_rules(rules.version, std::move(compiled)));
  versions_.rules = rules.version;
  return Status::ok();
}

Status Pass::apply_models(Bytes payload) {
  WEIR_ASSIGN(const ModelsControl models, decode_models(payload));
  WEIR_ASSIGN(models_, detect::ModelSet::deserialize(models.set));
  versions_.models = models.version;
  return Status::ok();
}

Status Pass::apply_lists(Bytes payload) {
  WEIR_ASSIGN(const ListsControl control, decode_lists(payload));
  decide::Lists lists;
  ByteReader in(control.lists);
  WEIR_TRY(lists.load(in));
  for_each_flagged(INT64_MIN, [this](wire::EntityId id, std::uint16_t) {
    profiles_.set_flags(id, kListFlags, 0).is_ok();
  });
  lists_ = std::move(lists);
  decider_.set_lists(control.version, std::make_shared<const decide::Lists>(lists_));
  Status status;
  for_each_flagged(watermark_us_, [this, &status](wire::EntityId id, std::uint16_t flags) {
    if (Status set = profiles_.set_flags(id, kListFlags, flags); !set.is_ok()) status = set;
  });
  next_flag_expiry_us_ = lists_.next_flag_expiry(watermark_us_);
  versions_.lists = control.version;
  return status;
}

}  // namespace weir::gate
