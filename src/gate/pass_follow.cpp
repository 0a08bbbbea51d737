// The stages of a pass that takes its verdicts from the log: what detectors said is known, so only
// the state moves on.
#include "gate/control.hpp"
#include "gate/detected.hpp"
#include "gate/pass.hpp"

namespace weir::gate {

void Pass::score_to_follow(PassBatch& batch) const {
  if (decider_.rules()->windows_read_scores()) return score(batch);
  const std::size_t rows = batch.rows();
  batch.features.resize(rows);  // the learner samples them, and windows may count by them
  if (rows != 0) profile::compute_features(batch.gathered, batch.features, 0, rows);
}

decide::DecideInput Pass::input_to_follow(const PassBatch& batch,
                                          const profile::EventColumns& columns) {
  decide::DecideInput input = decide_input(batch, columns);
  if (decider_.rules()->windows_read_scores()) {
    bind_scores(batch.models.get(), batch.scores, input);
  }
  return input;
}

Status Pass::follow(PassBatch& batch, const ledger::BlockView& logged) {
  read_balances(batch);
  const profile::EventColumns columns = batch.index.columns(batch.events);
  const decide::DecideInput input = input_to_follow(batch, columns);
  hits_.clear();
  RuleHitCursor cursor(logged.control());
  for (const RuleHitControl& hit : cursor.rest()) hits_.push_back(hit.hit);
  batch.verdicts.assign(logged.verdicts().begin(), logged.verdicts().end());
  for (wire::VerdictCore& verdict : batch.verdicts) verdict.ledger_status = 0;
  WEIR_TRY(decider_.follow(input, batch.verdicts, hits_));
  execute(batch);
  learner_.observe(batch.first_seq, batch.features);
  count(batch);
  return Status::ok();
}

void Pass::seal_followed(const ledger::BlockView& logged) {
  head_ = logged.hash();
  ++next_height_;
}

}  // namespace weir::gate
