#include "gate/label_book.hpp"

#include <algorithm>
#include <vector>

namespace weir::gate {

LabelControl LabelBook::apply(const LabelInput& label, const wire::Event& event) {
  LabelControl control;
  control.seq = label.seq;
  control.debtor = event.debtor;
  control.creditor = event.creditor;
  control.at_us = label.at_us;
  control.fraud = label.fraud ? 1 : 0;
  if (const LabelControl* before = find(label.seq)) {
    control.has_previous = 1;
    control.previous_fraud = before->fraud;
    control.previous_at_us = before->at_us;
  }
  note(control);
  return control;
}

void LabelBook::note(const LabelControl& control) {
  last_[control.seq] = control;
}

const LabelControl* LabelBook::find(std::uint64_t seq) const {
  const auto found = last_.find(seq);
  return found == last_.end() ? nullptr : &found->second;
}

void LabelBook::count(const LabelControl& label, const LabelHits& hits) {
  if (hits.rules.empty() || hits.rules_version < rules_version_) return;
  if (hits.rules_version != rules_version_) by_rule_.clear();
  rules_version_ = hits.rules_version;
  for (const std::uint16_t hit : hits.rules) {
    const std::size_t rule = hit & (kLabelShadow - 1U);
    if (rule >= by_rule_.size()) by_rule_.resize(rule + 1);
    RuleLabels& counts = by_rule_[rule];
    const bool shadow = (hit & kLabelShadow) != 0;
    const auto counter = [&](bool fraud) -> std::uint64_t& {
      if (shadow) return fraud ? counts.shadow_fraud : counts.shadow_legit;
      return fraud ? counts.fraud : counts.legit;
    };
    ++counter(label.fraud != 0);
    if (label.has_previous == 0) continue;
    std::uint64_t& before = counter(label.previous_fraud != 0);
    if (before != 0) --before;  // 0: it was noted by a version that did not count
  }
}

void LabelBook::note(const LabelsControl& control) {
  for (std::size_t i = 0; i < control.labels.size(); ++i) {
    note(control.labels[i]);
    if (!control.hits.empty()) count(control.labels[i], control.hits[i]);
  }
}

LabelBook::RuleLabels LabelBook::of_rule(std::uint32_t rules_version, std::size_t rule) const {
  if (rules_version != rules_version_ || rule >= by_rule_.size()) return {};
  return by_rule_[rule];
}

// Sorted, so that equal books are equal bytes.
void LabelBook::save(ByteWriter& out) const {
  std::vector<LabelControl> labels;
  labels.reserve(last_.size());
  for (const auto& [seq, control] : last_) labels.push_back(control);
  std::sort(labels.begin(), labels.end(),
            [](const LabelControl& a, const LabelControl& b) { return a.seq < b.seq; });
  out.array(std::span<const LabelControl>(labels));
  out.u32(rules_version_);
  out.array(std::span<const RuleLabels>(by_rule_));
}

Status LabelBook::load(ByteReader& in) {
  std::vector<LabelControl> labels;
  if (!in.array(labels)) return data_loss("snapshot_labels", "the labels are cut off");
  const std::uint32_t rules_version = in.u32();
  std::vector<RuleLabels> by_rule;
  if (!in.array(by_rule)) return data_loss("snapshot_labels", "the labels are cut off");
  rules_version_ = rules_version;
  by_rule_ = std::move(by_rule);
  last_.clear();
  for (const LabelControl& label : labels) note(label);
  return Status::ok();
}

}  // namespace weir::gate
