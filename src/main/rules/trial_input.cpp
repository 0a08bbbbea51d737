#include "main/rules/trial_input.hpp"

#include "base/bytes.hpp"
#include "gate/detected.hpp"

namespace weir::main {

std::uint64_t KnownLabels::word(const wire::EventKey& id) const {
  return load<std::uint64_t>(id.data()) * 0x9E37'79B9'7F4A'7C15U ^
         load<std::uint64_t>(id.data() + 8);
}

void KnownLabels::note(const wire::EventBatch& batch) {
  const std::lock_guard lock(mutex_);
  for (const wire::Label& label : batch.labels) {
    fraud_[word(batch.events[label.row].id)] = label.fraud;
  }
}

void KnownLabels::note(const wire::EventKey& id, bool fraud) {
  const std::lock_guard lock(mutex_);
  fraud_[word(id)] = fraud;
}

std::vector<decide::TrialLabel> KnownLabels::take(const std::vector<wire::Event>& events) {
  std::vector<decide::TrialLabel> labels;
  labels.reserve(events.size());
  const std::lock_guard lock(mutex_);
  for (const wire::Event& event : events) {
    const auto found = fraud_.find(word(event.id));
    labels.push_back(found == fraud_.end() ? decide::TrialLabel::kUnlabelled
                     : found->second       ? decide::TrialLabel::kFraud
                                           : decide::TrialLabel::kLegit);
    if (found != fraud_.end()) fraud_.erase(found);
  }
  return labels;
}

Status try_batch(const gate::PassBatch& batch, const wire::Dictionary& dictionary,
                 std::span<const decide::TrialLabel> labels, decide::RuleTrial& trial) {
  if (batch.events.empty()) return Status::ok();
  const profile::EventColumns columns = batch.index.columns(batch.events);
  decide::TrialBatch rows;
  rows.input.columns = &columns;
  rows.input.features = &batch.features;
  gate::bind_scores(batch.models.get(), batch.scores, rows.input);
  rows.input.late = batch.touched.late;
  rows.input.profile_full = batch.touched.profile_full;
  rows.input.side = batch.side;
  rows.input.dictionary = &dictionary;
  rows.previous = batch.verdicts;
  rows.first_seq = batch.first_seq;
  rows.labels = labels;
  return trial.add(rows);
}

}  // namespace weir::main
