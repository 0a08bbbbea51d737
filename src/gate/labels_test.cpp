// Labels on their way through a gate: what their records say about rules.
#include <gtest/gtest.h>

#include "gate/gate_fixture.hpp"

namespace weir::gate {
namespace {

constexpr std::uint64_t kSettledBlocks = 24;  // no more are ever under way to the disk

class LabelsTest : public GateFixture {
 protected:
  // Returns the rules that the labels of a block name.
  std::size_t hits_at(ledger::Height height) {
    ledger::Block block;
    EXPECT_TRUE(gate_->log()->read(height, block).is_ok());
    std::size_t hits = 0;
    ledger::ControlReader in(block.view().control());
    while (const auto record = in.next()) {
      if (record->type != ledger::ControlType::kLabel) continue;
      const auto labels = decode_labels(record->payload);
      EXPECT_TRUE(labels);
      for (const LabelHits& of : labels->hits) hits += of.rules.size();
    }
    return hits;
  }
  ledger::Height ask_with_label(std::uint64_t first, std::uint64_t labelled) {
    const auto label = [&](Submission& submission) {
      submission.labels = {{.seq = labelled, .fraud = true, .at_us = 1'700'000'900'000'000}};
    };
    return ask(stream(first, 1), label).verdicts.at(0).height;
  }
};

// Whether a block is durable yet depends on the disk: records of files must not.
TEST_F(LabelsTest, OfFilesNameRulesOnlyOfSettledBlocks) {
  open();
  put_rules("rule any: alert if amount > 0\n");
  const std::uint64_t first = ask(stream(1, 1)).verdicts.at(0).seq;
  EXPECT_EQ(hits_at(ask_with_label(2, first)), 0U);
  for (std::uint64_t i = 0; i < kSettledBlocks; ++i) ask(stream(3 + i, 1));
  EXPECT_EQ(hits_at(ask_with_label(100, first)), 1U);
}

}  // namespace
}  // namespace weir::gate
