// LabelBook: the last label of each labelled event, so that a new one can take the old one back.
//
//   LabelBook book;
//   LabelControl control = book.apply({.seq = 7, .fraud = true, .at_us = t}, event);
#pragma once

#include <cstdint>
#include <unordered_map>

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
  std::size_t size() const { return last_.size(); }

  void save(ByteWriter& out) const;
  Status load(ByteReader& in);

 private:
  std::unordered_map<std::uint64_t, LabelControl> last_;
};

}  // namespace weir::gate
