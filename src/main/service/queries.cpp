// The questions that the log answers: decisions, blocks and proofs.
#include <algorithm>
#include <limits>

#include "base/time_text.hpp"
#include "decide/rules/fields.hpp"
#include "gate/control.hpp"
#include "ledger/verify.hpp"
#include "main/service/live_pass.hpp"
#include "main/service/stored_control.hpp"

namespace weir::main {
namespace {

// What one page may cost: rows looked at, and a few for each block read.
constexpr std::uint64_t kPageRowsMax = 200'000;
constexpr std::uint64_t kBlockRows = 32;

Status event_unknown(const std::string& event_id) {
  return not_found("event_unknown", "no decision of event " + event_id);
}

bool find_row(const ledger::BlockView& view, const wire::EventKey& id, std::uint32_t& row) {
  const auto events = view.events();
  const auto found = std::find_if(events.begin(), events.end(),
                                  [&](const wire::Event& event) { return event.id == id; });
  row = static_cast<std::uint32_t>(found - events.begin());
  return found != events.end();
}

bool names(const wire::Event& event, std::uint64_t word) {
  return event.debtor == word || event.creditor == word || event.merchant == word ||
         event.device == word || event.instrument == word || event.ip == word;
}

// A filter with its texts understood.
struct RowFilter {
  std::uint64_t entity = 0;  // 0: any
  std::optional<std::uint8_t> outcome;
  bool alert = false;
  std::int64_t from_us = std::numeric_limits<std::int64_t>::min();
  std::int64_t to_us = std::numeric_limits<std::int64_t>::max();

  bool may_hold(const ledger::BlockHeader& header) const {
    if (header.count == 0 || header.t_max_us < from_us || header.t_min_us >= to_us) return false;
    if (alert) return header.alerted != 0;
    if (!outcome) return true;
    const std::uint32_t counts[] = {header.passed, header.held, header.blocked};
    return counts[*outcome] != 0;
  }
  bool takes(const wire::Event& event, const wire::VerdictCore& core) const {
    if (event.time_us < from_us || event.time_us >= to_us) return false;
    if (alert && (core.flags & wire::kAlert) == 0) return false;
    if (outcome && core.outcome != *outcome) return false;
    return entity == 0 || names(event, entity);
  }
};

Status read_outcome(const std::string& text, RowFilter& filter) {
  if (text.empty()) return Status::ok();
  if (text == "alert") {
    filter.alert = true;
    return Status::ok();
  }
  for (std::uint8_t outcome = 0; outcome < 3; ++outcome) {
    if (text == wire::outcome_name(static_cast<wire::Outcome>(outcome))) filter.outcome = outcome;
  }
  if (filter.outcome) return Status::ok();
  return invalid_argument("outcome", "outcome=" + text + " is not known")
      .at("outcome")
      .hint("pass, hold, block or alert");
}

void write_header(JsonWriter& json, const ledger::BlockHeader& header) {
  json.key("height").u64(header.height).key("hash").string(to_hex(block_hash(header)));
  json.key("parent_hash").string(to_hex(header.parent_hash));
  json.key("chain_id").u64(header.chain_id).key("epoch").u64(header.epoch);
  json.key("first_seq").u64(header.first_seq).key("count").u64(header.count);
  json.key("control_count").u64(header.control_count);
  json.key("created_at").string(format_time(header.created_us));
  if (header.count != 0) {
    json.key("from").string(format_time(header.t_min_us));
    json.key("to").string(format_time(header.t_max_us));
  }
  json.key("versions").begin_object().key("rules").u64(header.rules_version);
  json.key("models").u64(header.models_version).key("config").u64(header.config_version);
  json.key("lists").u64(header.lists_version).end_object();
  json.key("pass").u64(header.passed).key("hold").u64(header.held);
  json.key("block").u64(header.blocked).key("alerts").u64(header.alerted);
  json.key("applied").u64(header.applied).key("refused").u64(header.refused);
  json.key("groups").u64(header.groups).key("leaf_events").u64(header.leaf_events);
  json.key("tx_root").string(to_hex(header.tx_root));
  json.key("side_hash").string(to_hex(header.side_hash));
  json.key("order_hash").string(to_hex(header.order_hash));
}

// Of a block whose body is kept: its header, and what is in it.
void write_block(JsonWriter& json, const ledger::BlockView& view) {
  write_header(json, view.header());
  json.key("bytes").u64(view.record().size());
  json.key("controls").begin_array();
  ledger::ControlReader in(view.control());
  while (const auto record = in.next()) {
    json.begin_object().key("type").string(ledger::control_type_name(record->type));
    json.key("bytes").u64(record->payload.size()).end_object();
  }
  json.end_array();
}

// Shows a block, or its header where retention has dropped its body.
Status show_block(const ledger::BlockLog& log, ledger::Height height, ledger::Block& block,
                  JsonWriter& json) {
  const Status status = log.read(height, block);
  if (status.is_ok()) {
    write_block(json, block.view());
    return status;
  }
  if (status.reason() != "height_dropped") return status;
  ledger::BlockHeader header{};
  WEIR_TRY(log.read_header(height, header));
  write_header(json, header);
  json.key("body").string("dropped");
  return Status::ok();
}

gate::Versions versions_of(const ledger::BlockHeader& header) {
  return {header.rules_version, header.models_version, header.config_version, header.lists_version};
}

}  // namespace

Result<const ledger::BlockLog*> LivePass::stored_log() const {
  if (gate_->log() == nullptr || index_ == nullptr) {
    return fail(failed_precondition("no_log", "ledger.mode is off: nothing is stored"));
  }
  return gate_->log();
}

Result<ledger::DecisionPlace> LivePass::locate(const std::string& event_id, ledger::Block& block) {
  WEIR_ASSIGN(const ledger::BlockLog* log, stored_log());
  const wire::EventKey id = wire::event_key(event_id);
  // First what the index may not know yet; it only advances meanwhile, so nothing is missed.
  const ledger::Height indexed = std::max(indexed_.load(), index_->indexed_height());
  ledger::DecisionPlace place{0, 0};
  for (const ledger::DecisionPlace& candidate : index_->find(id)) {
    WEIR_TRY(log->read(candidate.height, block));
    const auto events = block.view().events();
    if (candidate.row < events.size() && events[candidate.row].id == id) return candidate;
  }
  for (place.height = log->durable_height(); place.height > indexed; --place.height) {
    WEIR_TRY(log->read(place.height, block));
    if (find_row(block.view(), id, place.row)) return place;
  }
  return fail(event_unknown(event_id));
}

Status LivePass::learn_versions(const gate::Versions& versions) {
  if (versions.rules != 0 && json_.rules(versions.rules) == nullptr) {
    WEIR_ASSIGN(const ledger::BlockLog* log, stored_log());
    WEIR_ASSIGN(const auto payload,
                find_control(*log, ledger::ControlType::kRules, versions.rules));
    WEIR_ASSIGN(const gate::RulesControl rules, gate::decode_rules(payload));
    Result<std::shared_ptr<const decide::RuleSet>> compiled;
    WEIR_TRY(at_rest(
        [&] { compiled = decide::compile_rules(rules.text, gate_->pass().compile_context()); }));
    WEIR_TRY(compiled);
    json_.note_rules(versions.rules, *compiled);
  }
  if (versions.models != 0 && json_.models(versions.models) == nullptr) {
    WEIR_ASSIGN(auto models, stored_models(versions.models));
    json_.note_models(versions.models, std::move(models));
  }
  return Status::ok();
}

Result<std::shared_ptr<const detect::ModelSet>> LivePass::stored_models(std::uint32_t version) {
  if (version == 0) return std::shared_ptr<const detect::ModelSet>();
  if (auto known = json_.models(version)) return known;
  WEIR_ASSIGN(const ledger::BlockLog* log, stored_log());
  WEIR_ASSIGN(const auto payload, find_control(*log, ledger::ControlType::kModels, version));
  WEIR_ASSIGN(const gate::ModelsControl control, gate::decode_models(payload));
  return detect::ModelSet::deserialize(control.set);
}

Result<std::string> LivePass::decision(const std::string& event_id, bool features) {
  ledger::Block block;
  WEIR_ASSIGN(const ledger::DecisionPlace place, locate(event_id, block));
  WEIR_TRY(learn_versions(versions_of(block.view().header())));
  const gate::Decision found = gate::stored_decision(block.view(), place.row);
  return json_.render(found, {.features = features, .event = true});
}

Result<wire::EntityId> LivePass::entity_id(const std::string& kind, const std::string& id) const {
  decide::Literals literals;
  literals.dictionary = &gate_->pass().dictionary();
  literals.masking = gate_->options().pass.masking.get();
  WEIR_ASSIGN(const std::int64_t word, literals.entity(kind + ":" + id));
  const wire::EntityId entity{static_cast<std::uint64_t>(word)};
  if (entity.tag() == wire::EntityId::kPending || decide::entity_kind_name(entity.kind()) != kind) {
    return fail(not_found("entity_unknown", "no event and no list has named " + kind + " " + id));
  }
  return entity;
}

Result<server::JsonPage> LivePass::decisions(const server::DecisionFilter& filter) {
  WEIR_ASSIGN(const ledger::BlockLog* log, stored_log());
  RowFilter rows;
  WEIR_TRY(read_outcome(filter.outcome, rows));
  if (filter.from_us) rows.from_us = *filter.from_us;
  if (filter.to_us) rows.to_us = *filter.to_us;
  server::JsonPage page;
  if (!filter.entity.empty()) {
    const std::size_t slash = filter.entity.find('/');
    if (slash == std::string::npos) {
      return fail(invalid_argument("entity", "an entity is written KIND/ID").at("entity"));
    }
    const auto entity = entity_id(filter.entity.substr(0, slash), filter.entity.substr(slash + 1));
    if (!entity && entity.error().code() == Code::kNotFound) return page;
    WEIR_TRY(entity);
    rows.entity = entity->word;
  }
  ledger::Block block;
  ledger::Height height = log->durable_height();
  if (filter.after_seq != 0) {
    height = std::min(height, log->find_seq(filter.after_seq).value_or(height));
  }
  std::uint64_t cost = 0;
  for (; height >= log->first_height() && height != 0; --height) {
    WEIR_TRY(log->read(height, block));
    const ledger::BlockHeader& header = block.view().header();
    cost += kBlockRows;
    std::uint64_t row = header.count;
    if (filter.after_seq != 0 && header.first_seq + row > filter.after_seq) {
      row = filter.after_seq > header.first_seq ? filter.after_seq - header.first_seq : 0;
    }
    const bool wanted = rows.may_hold(header);
    while (wanted && row-- > 0) {
      ++cost;
      if (!rows.takes(block.view().events()[row], block.view().verdicts()[row])) continue;
      WEIR_TRY(learn_versions(versions_of(header)));
      const auto found = gate::stored_decision(block.view(), static_cast<std::uint32_t>(row));
      page.items.push_back(json_.render(found, {.features = false, .event = true}));
      if (page.items.size() < filter.limit) continue;
      page.next_seq = found.seq > 1 ? found.seq : 0;
      return page;
    }
    if (cost >= kPageRowsMax) {
      page.next_seq = header.first_seq > 1 ? header.first_seq : 0;
      return page;
    }
  }
  return page;
}

Result<server::JsonPage> LivePass::blocks(std::uint64_t from, std::uint32_t limit) {
  WEIR_ASSIGN(const ledger::BlockLog* log, stored_log());
  server::JsonPage page;
  const ledger::Height durable = log->durable_height();
  ledger::Block block;
  ledger::Height height = std::max<ledger::Height>(from, 1);
  for (; height <= durable && page.items.size() < limit; ++height) {
    JsonWriter json(page.items.emplace_back());
    json.begin_object();
    WEIR_TRY(show_block(*log, height, block, json));
    json.end_object();
  }
  page.next_seq = height <= durable ? height : 0;
  return page;
}

Result<std::string> LivePass::block(std::uint64_t height, bool events) {
  WEIR_ASSIGN(const ledger::BlockLog* log, stored_log());
  ledger::Block block;
  if (height == 0) height = log->durable_height();
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  if (events) WEIR_TRY(log->read(height, block));
  WEIR_TRY(show_block(*log, height, block, json));
  if (events) {
    WEIR_TRY(learn_versions(versions_of(block.view().header())));
    json.key("events").begin_array();
    for (std::uint32_t row = 0; row < block.view().header().count; ++row) {
      json.raw(json_.render(gate::stored_decision(block.view(), row),
                            {.features = false, .event = true}));
    }
    json.end_array();
  }
  json.end_object();
  return text;
}

Result<std::string> LivePass::proof(std::uint64_t height, const std::string& event_id) {
  WEIR_ASSIGN(const ledger::BlockLog* log, stored_log());
  ledger::Block block;
  WEIR_TRY(log->read(height, block));
  std::uint32_t row = 0;
  if (!find_row(block.view(), wire::event_key(event_id), row)) {
    return fail(not_found("event_unknown",
                          "block " + std::to_string(height) + " does not hold event " + event_id));
  }
  return ledger::make_proof(block.view(), row).to_json();
}

}  // namespace weir::main
