// LabelBook: the last label of each labelled event, so that a new one can take the old one back,
// and what labels say about the rules that had fired.
//
//   LabelBook book;
//   LabelControl control = book.apply({.seq = 7, .fraud = true, .at_us = t}, event);
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/status.hpp"
#include "gate/control.hpp"
#include "gate/submission.hpp"

namespace weir::gate {

// Not thread-safe.
class LabelBook {
 public:
  // Notes the label and returns the record that the pass applies.
  LabelControl apply(const LabelInput& label, const wire::Event& event);
  // Notes a label found in the log.
  void note(const LabelControl& control);
  // Returns the last label of an event, or null.
  const LabelControl* find(std::uint64_t seq) const;
  // Counts a label for the rules that had fired on its event, and takes the label before back.
  // Rules of the newest version that was labelled are counted.
  void count(const LabelControl& label, const LabelHits& hits);
  // As note() and count() for all labels of a record.
  void note(const LabelsControl& control);
  struct RuleLabels {
    std::uint64_t fraud = 0, legit = 0;                // of hits with effect
    std::uint64_t shadow_fraud = 0, shadow_legit = 0;  // and without
  };
  // Returns the counts of a rule; zeros for another version than the newest labelled.
  RuleLabels of_rule(std::uint32_t rules_version, std::size_t rule) const;
  std::size_t size() const { return last_.size(); }

  void save(ByteWriter& out) const;
  Status load(ByteReader& in);

 private:
  std::unordered_map<std::uint64_t, LabelControl> last_;
  std::uint32_t rules_version_ = 0;
  std::vector<RuleLabels> by_rule_;
};

}  // namespace weir::gate
