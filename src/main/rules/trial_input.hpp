// Candidate rules over what a pass computed: turns committed or replayed batches into trial rows.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "decide/trial.hpp"
#include "gate/pass_batch.hpp"
#include "wire/dictionary.hpp"

namespace weir::main {

// Labels by event id, noted as events are read and taken when their block has been decided.
// Thread-safe.
class KnownLabels {
 public:
  void note(const wire::EventBatch& batch);
  void note(const wire::EventKey& id, bool fraud);
  // Returns the labels of events, in order, and forgets them.
  std::vector<decide::TrialLabel> take(const std::vector<wire::Event>& events);

 private:
  std::uint64_t word(const wire::EventKey& id) const;
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, bool> fraud_;  // by the id's two words mixed; never iterated
};

// Adds a batch whose stages are done, with the verdicts it got as the previous ones.
// Shapes: one label a row.
Status try_batch(const gate::PassBatch& batch, const wire::Dictionary& dictionary,
                 std::span<const decide::TrialLabel> labels, decide::RuleTrial& trial);

}  // namespace weir::main
