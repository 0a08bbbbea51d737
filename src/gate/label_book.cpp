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

// Sorted, so that equal books are equal bytes.
void LabelBook::save(ByteWriter& out) const {
  std::vector<LabelControl> labels;
  labels.reserve(last_.size());
  for (const auto& [seq, control] : last_) labels.push_back(control);
  std::sort(labels.begin(), labels.end(),
            [](const LabelControl& a, const LabelControl& b) { return a.seq < b.seq; });
  out.array(std::span<const LabelControl>(labels));
}

Status LabelBook::load(ByteReader& in) {
  std::vector<LabelControl> labels;
  if (!in.array(labels)) return data_loss("snapshot_labels", "the labels are cut off");
  last_.clear();
  for (const LabelControl& label : labels) note(label);
  return Status::ok();
}

}  // namespace weir::gate
