#include "gate/control.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "ledger/control.hpp"

namespace weir::gate {
namespace {

Status bad_payload(std::string_view kind) {
  return data_loss("control_payload",
                   "a control record of kind " + std::string(kind) + " does not decode");
}

std::vector<std::uint8_t> blob(ByteReader& in) {
  std::vector<std::uint8_t> bytes;
  in.array(bytes);
  return bytes;
}

template <class T>
Result<T> checked(const ByteReader& in, std::string_view kind, T value) {
  if (!in.ok() || in.left() != 0) return fail(bad_payload(kind));
  return value;
}

}  // namespace

void encode(const RulesControl& control, ByteWriter& out) {
  out.u32(control.version);
  out.text(control.author);
  out.text(control.text);
}

void encode(const ModelsControl& control, ByteWriter& out) {
  out.u32(control.version);
  out.text(control.author);
  out.array(std::span<const std::uint8_t>(control.set));
}

void encode(const ListsControl& control, ByteWriter& out) {
  out.u32(control.version);
  out.text(control.author);
  out.array(std::span<const std::uint8_t>(control.lists));
}

void encode(const ConfigControl& control, ByteWriter& out) {
  out.u32(control.version);
  out.text(control.author);
  out.text(control.text);
}

// Behind the labels, if anything is to be said: author, then {u32 label, text} for each note, then
// {u32 label, u32 rules version, u16 rules[]} for each label with hits.
void encode(const LabelsControl& control, ByteWriter& out) {
  out.array(std::span<const LabelControl>(control.labels));
  const auto noted = [](const std::string& note) { return !note.empty(); };
  const auto hit = [](const LabelHits& hits) { return !hits.rules.empty(); };
  const auto notes = std::count_if(control.notes.begin(), control.notes.end(), noted);
  const auto hits = std::count_if(control.hits.begin(), control.hits.end(), hit);
  if (control.author.empty() && notes == 0 && hits == 0) return;
  out.text(control.author);
  out.u32(static_cast<std::uint32_t>(notes));
  for (std::size_t i = 0; i < control.notes.size(); ++i) {
    if (!noted(control.notes[i])) continue;
    out.u32(static_cast<std::uint32_t>(i));
    out.text(control.notes[i]);
  }
  out.u32(static_cast<std::uint32_t>(hits));
  for (std::size_t i = 0; i < control.hits.size(); ++i) {
    if (!hit(control.hits[i])) continue;
    out.u32(static_cast<std::uint32_t>(i));
    out.u32(control.hits[i].rules_version);
    out.array(std::span<const std::uint16_t>(control.hits[i].rules));
  }
}

void encode(const CheckpointControl& control, ByteWriter& out) {
  out.u64(control.producer_id);
  out.u64(control.producer_seq);
  out.u64(control.first_seq);
  out.text(control.source);
}

void encode(std::span<const decide::RuleHit> hits, std::span<const decide::HitSides> sides,
            ByteWriter& out) {
  for (const decide::RuleHit& hit : hits) {
    out.u32(hit.row);
    out.u16(hit.rule);
    out.u16(hit.flags);
    if ((hit.flags & decide::kHasSides) == 0) continue;
    CHECK(!sides.empty());
    out.f64(sides.front().left);
    out.f64(sides.front().right);
    sides = sides.subspan(1);
  }
}

void encode(const QuarantineControl& control, ByteWriter& out) {
  out.put(control);
}

profile::LabelUpdate update_of(const LabelControl& label) {
  profile::LabelUpdate update;
  update.debtor = {label.debtor};
  update.creditor = {label.creditor};
  update.fraud = label.fraud != 0;
  update.at_us = label.at_us;
  update.previous_fraud = label.previous_fraud != 0;
  update.previous_at_us = label.has_previous != 0 ? label.previous_at_us : profile::kNoTime;
  return update;
}

std::uint16_t flags_of(const QuarantineControl& control) {
  switch (control.mode) {
    case QuarantineMode::kHold:
      return profile::kQuarantined;
    case QuarantineMode::kBlock:
      return kQuarantineFlags;
    default:
      return 0;
  }
}

Result<RulesControl> decode_rules(Bytes payload) {
  ByteReader in(payload);
  RulesControl control;
  control.version = in.u32();
  control.author = in.text();
  control.text = in.text();
  return checked(in, "rules", std::move(control));
}

Result<ModelsControl> decode_models(Bytes payload) {
  ByteReader in(payload);
  ModelsControl control;
  control.version = in.u32();
  control.author = in.text();
  control.set = blob(in);
  return checked(in, "models", std::move(control));
}

Result<ListsControl> decode_lists(Bytes payload) {
  ByteReader in(payload);
  ListsControl control;
  control.version = in.u32();
  control.author = in.text();
  control.lists = blob(in);
  return checked(in, "lists", std::move(control));
}

Result<ConfigControl> decode_config(Bytes payload) {
  ByteReader in(payload);
  ConfigControl control;
  control.version = in.u32();
  control.author = in.text();
  control.text = in.text();
  return checked(in, "config", std::move(control));
}

Result<LabelsControl> decode_labels(Bytes payload) {
  ByteReader in(payload);
  LabelsControl control;
  in.array(control.labels);
  if (!in.ok() || in.left() == 0) return checked(in, "label", std::move(control));
  control.author = in.text();
  control.notes.resize(control.labels.size());
  control.hits.resize(control.labels.size());
  for (std::uint32_t left = in.u32(); left != 0 && in.ok(); --left) {
    const std::uint32_t label = in.u32();
    if (label >= control.labels.size()) return fail(bad_payload("label"));
    control.notes[label] = in.text();
  }
  for (std::uint32_t left = in.u32(); left != 0 && in.ok(); --left) {
    const std::uint32_t label = in.u32();
    if (label >= control.labels.size()) return fail(bad_payload("label"));
    control.hits[label].rules_version = in.u32();
    in.array(control.hits[label].rules);
  }
  return checked(in, "label", std::move(control));
}

Result<CheckpointControl> decode_checkpoint(Bytes payload) {
  ByteReader in(payload);
  CheckpointControl control;
  control.producer_id = in.u64();
  control.producer_seq = in.u64();
  control.first_seq = in.u64();
  control.source = in.text();
  return checked(in, "checkpoint", std::move(control));
}

Result<QuarantineControl> decode_quarantine(Bytes payload) {
  ByteReader in(payload);
  const auto control = in.get<QuarantineControl>();
  const wire::EntityId entity{control.entity};
  const bool named = entity.present() && entity.tag() != wire::EntityId::kPending;
  if (in.ok() && (!named || control.mode > QuarantineMode::kBlock)) {
    return fail(bad_payload("quarantine"));
  }
  return checked(in, "quarantine", control);
}

std::optional<RuleHitControl> RuleHitCursor::read() {
  while (true) {
    if (payload_.ok() && payload_.left() != 0) {
      RuleHitControl made;
      made.hit = {payload_.u32(), payload_.u16(), payload_.u16()};
      if ((made.hit.flags & decide::kHasSides) != 0) {
        made.sides.left = payload_.f64();
        made.sides.right = payload_.f64();
      }
      if (payload_.ok()) return made;
    }
    const auto record = records_.next();
    if (!record) return std::nullopt;
    payload_ =
        ByteReader(record->type == ledger::ControlType::kRuleHits ? record->payload : Bytes());
  }
}

std::vector<RuleHitControl> RuleHitCursor::of(std::uint32_t row) {
  std::vector<RuleHitControl> hits;
  for (; next_ && next_->hit.row <= row; next_ = read()) {
    if (next_->hit.row == row) hits.push_back(*next_);
  }
  return hits;
}

std::vector<RuleHitControl> RuleHitCursor::rest() {
  std::vector<RuleHitControl> hits;
  for (; next_; next_ = read()) hits.push_back(*next_);
  return hits;
}

std::vector<RuleHitControl> rule_hits_of(Bytes controls, std::uint32_t row) {
  return RuleHitCursor(controls).of(row);
}

}  // namespace weir::gate
