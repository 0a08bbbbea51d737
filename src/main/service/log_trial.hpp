// LogTrial: runs a candidate rule set over the decisions of a log, with the features as they were
// logged.
//
//   LogTrial trial(candidate, settings);
//   for (; height <= to; ++height) {
//     WEIR_TRY(log.read(height, block));
//     WEIR_TRY(trial.add(block.view()));
//   }
//   trial.report().write(json);
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "decide/trial.hpp"
#include "detect/model_set.hpp"
#include "gate/label_book.hpp"
#include "ledger/block.hpp"
#include "profile/profiles.hpp"

namespace weir::main {

struct LogTrialSettings {
  decide::DeciderOptions decide;
  std::shared_ptr<const decide::Lists> lists;
  std::unordered_map<std::uint64_t, std::uint16_t> flags;  // EntityFlags of the entities on lists
  gate::LabelBook labels;
  const wire::Dictionary* dictionary = nullptr;
  // Returns the models to score a block with that was decided with this version; null: none.
  std::function<Result<std::shared_ptr<const detect::ModelSet>>(std::uint32_t)> models;
};

// Not thread-safe. Lists and labels are those of now; balances are not known.
class LogTrial {
 public:
  LogTrial(std::shared_ptr<const decide::RuleSet> candidate, LogTrialSettings settings);

  // Takes the next block. failed_precondition (feature_rows) if the block did not keep every row.
  Status add(const ledger::BlockView& block);
  decide::TrialReport report() const { return trial_.report(); }

 private:
  Status read_columns(const ledger::BlockView& block);
  Status score(std::uint32_t models_version);

  LogTrialSettings settings_;
  decide::RuleTrial trial_;
  std::optional<std::uint32_t> models_version_;  // of models_
  std::shared_ptr<const detect::ModelSet> models_;
  profile::FeatureMatrix features_;
  profile::IndexOut index_;
  std::vector<std::uint8_t> late_;
  std::vector<std::uint8_t> profile_full_;
  std::vector<decide::TrialLabel> labels_;
  detect::ScoreBuffer buffer_;
  detect::ScoreOutput scores_;
};

}  // namespace weir::main
