#include "main/service/log_trial.hpp"

#include <algorithm>
#include <utility>

#include "gate/detected.hpp"

namespace weir::main {

LogTrial::LogTrial(std::shared_ptr<const decide::RuleSet> candidate, LogTrialSettings settings)
    : settings_(std::move(settings)), trial_(std::move(candidate), settings_.decide) {
  if (settings_.lists != nullptr) trial_.set_lists(settings_.lists);
}

Status LogTrial::read_columns(const ledger::BlockView& block) {
  const auto events = block.events();
  const ledger::FeatureRowsView kept = block.features();
  const bool whole = kept.ok() && kept.rows() == events.size() &&
                     kept.columns() == profile::kFeatures &&
                     kept.mode() == ledger::FeatureRowsMode::kAll;
  if (!whole) {
    return failed_precondition("feature_rows", "block " + std::to_string(block.header().height) +
                                                   " did not keep the features of all its events")
        .hint("set ledger.feature_rows to all");
  }
  features_.resize(events.size());
  index_.resize(events.size());
  for (unsigned f = 0; f < profile::kFeatures; ++f) {
    std::ranges::copy(kept.column(f), features_.column(static_cast<profile::Feature>(f)));
  }
  late_.resize(events.size());
  profile_full_.resize(events.size());
  labels_.resize(events.size());
  for (std::size_t row = 0; row < events.size(); ++row) {
    const wire::Event& event = events[row];
    std::uint16_t flags = 0;
    for (const std::uint64_t word :
         {event.debtor, event.creditor, event.merchant, event.device, event.instrument, event.ip}) {
      const auto marked = settings_.flags.find(word);
      if (marked != settings_.flags.end()) flags |= marked->second;
    }
    index_.debtor_slot[row] = index_.creditor_slot[row] = profile::kNoSlot;
    index_.entity_flags[row] = flags;
    const std::uint8_t before = block.verdicts()[row].flags;
    late_[row] = (before & wire::kLate) != 0;
    profile_full_[row] = (before & wire::kProfileFull) != 0;
    const gate::LabelControl* label = settings_.labels.find(block.header().first_seq + row);
    labels_[row] = label == nullptr    ? decide::TrialLabel::kUnlabelled
                   : label->fraud != 0 ? decide::TrialLabel::kFraud
                                       : decide::TrialLabel::kLegit;
  }
  return Status::ok();
}

// The log keeps the fused tail; that of the detectors follows again from the features.
Status LogTrial::score(std::uint32_t models_version) {
  if (models_version != models_version_) {
    WEIR_ASSIGN(models_, settings_.models(models_version));
    models_version_ = models_version;
  }
  scores_ = buffer_.view(features_.rows(), models_ == nullptr ? 1 : models_->names().size());
  if (models_ != nullptr) return models_->score({}, features_, scores_);
  detect::score_warming(scores_);
  return Status::ok();
}

Status LogTrial::add(const ledger::BlockView& block) {
  if (block.events().empty()) return Status::ok();
  WEIR_TRY(read_columns(block));
  WEIR_TRY(score(block.header().models_version));
  const profile::EventColumns columns = index_.columns(block.events());
  decide::TrialBatch batch;
  batch.input.columns = &columns;
  batch.input.features = &features_;
  gate::bind_scores(models_.get(), scores_, batch.input);
  batch.input.late = late_;
  batch.input.profile_full = profile_full_;
  batch.input.side = block.side();
  batch.input.dictionary = settings_.dictionary;
  batch.previous = block.verdicts();
  batch.labels = labels_;
  batch.first_seq = block.header().first_seq;
  return trial_.add(batch);
}

}  // namespace weir::main
