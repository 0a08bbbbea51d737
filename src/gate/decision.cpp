#include "gate/decision.hpp"

namespace weir::gate {
namespace {

// Fills the features of a row; false if the block did not keep them.
bool read_features(const ledger::FeatureRowsView& kept, std::uint32_t row, Decision& out) {
  if (!kept.ok() || kept.columns() != profile::kFeatures) return false;
  std::size_t index = row;
  if (kept.mode() == ledger::FeatureRowsMode::kSampled) {
    index = 0;
    while (index < kept.rows() && kept.block_row(index) < row) ++index;
  }
  if (index >= kept.rows() || kept.block_row(index) != row) return false;
  for (unsigned f = 0; f < profile::kFeatures; ++f) out.features[f] = kept.column(f)[index];
  return true;
}

}  // namespace

Decision decision_of(const PassBatch& batch, std::size_t row, RuleHitCursor& hits) {
  Decision decision;
  decision.event = batch.events[row];
  const wire::Event& event = decision.event;
  if (event.side_len != 0) {
    const std::uint8_t* from = batch.side.data() + event.side_off;
    decision.side.assign(from, from + event.side_len);
  }
  decision.seq = batch.first_seq + row;
  decision.height = batch.logged ? batch.height : 0;
  decision.core = batch.verdicts[row];
  decision.has_features = true;
  for (unsigned f = 0; f < profile::kFeatures; ++f) {
    decision.features[f] = batch.features.at(row, static_cast<profile::Feature>(f));
  }
  if (batch.models != nullptr) {
    decision.tail_count = static_cast<std::uint32_t>(batch.models->names().size());
    for (std::size_t d = 0; d < decision.tail_count; ++d) {
      decision.tails[d] = batch.scores.tail_of(d)[row];
    }
  }
  decision.rule_hits = hits.of(static_cast<std::uint32_t>(row));
  decision.versions = batch.versions;
  return decision;
}

Decision stored_decision(const ledger::BlockView& view, std::uint32_t row) {
  const ledger::BlockHeader& header = view.header();
  Decision decision;
  decision.event = view.events()[row];
  const Bytes side = view.event_side(row);
  decision.side.assign(side.begin(), side.end());
  decision.seq = header.first_seq + row;
  decision.height = header.height;
  decision.core = view.verdicts()[row];
  decision.has_features = read_features(view.features(), row, decision);
  decision.rule_hits = rule_hits_of(view.control(), row);
  decision.versions = {header.rules_version, header.models_version, header.config_version,
                       header.lists_version};
  decision.committed = true;
  return decision;
}

}  // namespace weir::gate
