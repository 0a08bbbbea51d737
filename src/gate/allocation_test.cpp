// What a warm pass allocates: this file counts every allocation of the test program. The stages
// allocate nothing for an event: batches, columns, blocks and state are reused. What is left is a
// handful for each submission (its reply, its promise) whatever its size, and those of the caller.

#include "base/testing/counted_new.hpp"
#include "gate/gate_fixture.hpp"

namespace weir::gate {
namespace {

using counted_new::allocations;

constexpr std::size_t kBatches = 40;

class AllocationTest : public GateFixture {
 protected:
  void SetUp() override {
    GateFixture::SetUp();
    options_.admission.batch_events = 8192;
    options_.admission.dedup_events = std::uint64_t{1} << 20;
    options_.merge_submissions = false;
  }

  // Decides kBatches batches of `rows` events, made beforehand, and returns how many allocations
  // that took; with one thread one after the other, with more all queued at once.
  std::uint64_t count(std::size_t rows, const std::function<void(wire::EventBatch&)>& edit = {}) {
    std::vector<wire::EventBatch> batches;
    for (std::size_t i = 0; i < kBatches; ++i) {
      batches.push_back(varied_stream(next_, rows));
      if (edit) edit(batches.back());
      next_ += rows;
    }
    return count(std::move(batches), kBatches * rows);
  }
  std::uint64_t count(std::vector<wire::EventBatch> batches, std::uint64_t accepted) {
    std::atomic<std::uint64_t> events{0};
    const std::uint64_t before = allocations.load();
    for (wire::EventBatch& batch : batches) {
      Submission submission;
      submission.batch = std::move(batch);
      submission.done = [&events](Reply&& reply) { events += reply.accepted; };
      EXPECT_TRUE(gate_->submit(std::move(submission)).is_ok());
      if (options_.threads == 1) gate_->drain();
    }
    gate_->drain();
    const std::uint64_t after = allocations.load();
    EXPECT_EQ(events.load(), accepted);
    return after - before;
  }

 private:
  std::uint64_t next_ = 1;
};

class ModesTest : public AllocationTest, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    AllocationTest::SetUp();
    if (!GetParam()) options_.dir.clear();
  }
};

TEST_P(ModesTest, ABatchTakesAFewWhateverItsSize) {
  open();
  put_rules(
      "rule velocity: hold if count(card, 1h) > 40\n"
      "rule many: alert if distinct(creditor, debtor, 1h) > 38\n"
      "rule gift: tag gift if memo like '%gift%'\n");
  count(4096);  // buffers grow to their size, windows and profiles fill
  count(4096);
  const std::uint64_t small = count(64);
  const std::uint64_t large = count(4096);
  EXPECT_LE(large, 16 * kBatches);
  EXPECT_LE(large, small + 2 * kBatches);  // 64 times the events, at most two more a batch
}

TEST_P(ModesTest, KnownNamesTakeNoMore) {
  open();
  const auto name = [](wire::EventBatch& batch) {
    for (wire::Event& event : batch.events) {
      event.debtor = batch.pending(wire::EntityKind::kAccount,
                                   "a longer name of account " + std::to_string(event.amount % 50));
    }
  };
  count(4096, name);
  const std::uint64_t small = count(64, name);
  const std::uint64_t large = count(4096, name);
  EXPECT_LE(large, small + 2 * kBatches);
}

TEST_F(AllocationTest, BatchesInFlightTogetherTakeNoMore) {
  options_.threads = 4;
  options_.admission.batch_events = 2048;
  open();
  for (int i = 0; i < 4; ++i) count(4096);  // every batch that may be in flight grows to its size
  EXPECT_LE(count(4096), 32 * kBatches);
}

// Where there is a log to read their verdicts from; without one they are refused, each with a text.
TEST_F(AllocationTest, RepeatedEventsTakeNoMore) {
  open();
  count(1024);
  std::vector<wire::EventBatch> batches;
  for (std::size_t i = 0; i < kBatches; ++i) batches.push_back(varied_stream(1 + i * 1024, 1024));
  std::vector<wire::EventBatch> again = batches;
  count(std::move(again), 0);
  EXPECT_LE(count(std::move(batches), 0), 32 * kBatches);
}

INSTANTIATE_TEST_SUITE_P(Allocation, ModesTest, testing::Bool(),
                         [](const auto& mode) { return mode.param ? "record" : "score_only"; });

}  // namespace
}  // namespace weir::gate
