#include "gate/pipeline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/rng.hpp"
#include "gate/pass_batch.hpp"

namespace weir::gate {
namespace {

// Stages that only write down what passed, with parallel stages of uneven length.
class Recorder final : public Stages {
 public:
  explicit Recorder(unsigned batches) : left_(batches) {}

  PassBatch* admit() override {
    ++calls;
    if (left_ == 0) return nullptr;
    left_ -= 1;
    batches_.push_back(std::make_unique<PassBatch>());
    batches_.back()->height = batches_.size();
    in_flight_max = std::max(in_flight_max, ++in_flight);
    return batches_.back().get();
  }
  void touch(PassBatch& batch) override { note(0, batch); }
  void score(PassBatch& batch) override { work(batch, 1); }
  void decide(PassBatch& batch) override {
    EXPECT_EQ(batch.rows(), 1U);
    note(1, batch);
  }
  void hash(PassBatch& batch) override { work(batch, 2); }
  void seal(PassBatch& batch) override {
    EXPECT_EQ(batch.rows(), 2U);
    note(2, batch);
    --in_flight;
  }
  bool load_waits() override { return left_ != 0; }
  void refill(unsigned batches) { left_ += batches; }

  std::vector<ledger::Height> seen[3];  // by touch, decide, seal
  unsigned calls = 0;
  std::atomic<unsigned> in_flight{0};
  unsigned in_flight_max = 0;

 private:
  // Serial stages run one at a time, though not always on one thread.
  void note(unsigned stage, const PassBatch& batch) {
    const std::unique_lock lock(serial_[stage], std::try_to_lock);
    EXPECT_TRUE(lock.owns_lock());
    seen[stage].push_back(batch.height);
  }
  void work(PassBatch& batch, std::uint64_t stage) {
    Philox rng(stage, batch.height);
    std::uint64_t sum = 0;
    for (std::uint64_t left = rng.next_below(20'000); left != 0; --left) sum += rng.next_u64();
    spent_.fetch_add(sum, std::memory_order_relaxed);
    batch.events.emplace_back();
  }

  std::atomic<unsigned> left_;
  std::vector<std::unique_ptr<PassBatch>> batches_;
  std::mutex serial_[3];
  std::atomic<std::uint64_t> spent_{0};
};

class PipelineTest : public testing::TestWithParam<unsigned> {};

TEST_P(PipelineTest, SerialStagesSeeEveryBatchOnceInOrder) {
  constexpr unsigned kBatches = 300;
  Recorder stages(kBatches);
  StageTimes times;
  Pipeline(stages, {GetParam(), 6}, times).run();
  std::vector<ledger::Height> expected(kBatches);
  for (unsigned i = 0; i < kBatches; ++i) expected[i] = i + 1;
  for (const auto& seen : stages.seen) EXPECT_EQ(seen, expected);
  EXPECT_LE(stages.in_flight_max, 6U);
  EXPECT_EQ(stages.in_flight.load(), 0U);
  EXPECT_EQ(stages.calls, kBatches + 1);
  EXPECT_GT(times.ns[static_cast<std::size_t>(Stage::kScore)].load(), 0);
}

TEST_P(PipelineTest, ReturnsWhenThereIsNothingAndGoesOnWhenCalledAgain) {
  Recorder stages(0);
  StageTimes times;
  Pipeline pipeline(stages, {GetParam(), 2}, times);
  pipeline.run();
  EXPECT_TRUE(stages.seen[2].empty());
  for (unsigned round = 1; round <= 3; ++round) {
    stages.refill(5);
    pipeline.run();
    EXPECT_EQ(stages.seen[2].size(), round * 5U);
    EXPECT_LE(stages.in_flight_max, 2U);
  }
}

TEST_P(PipelineTest, LosesNothingThatComesWhileItRunsDry) {
  constexpr unsigned kRounds = 2'000;
  Recorder stages(0);
  StageTimes times;
  Pipeline pipeline(stages, {GetParam(), 6}, times);
  std::atomic<bool> fed{false};
  std::thread feeder([&] {
    for (unsigned i = 0; i < kRounds; ++i) {
      stages.refill(1 + i % 3);
      pipeline.wake();
    }
    fed = true;
  });
  while (!fed) pipeline.run();
  feeder.join();
  pipeline.run();
  EXPECT_EQ(stages.seen[2].size(), kRounds / 3 * 6 + 3);
  EXPECT_TRUE(std::is_sorted(stages.seen[2].begin(), stages.seen[2].end()));
}

INSTANTIATE_TEST_SUITE_P(Threads, PipelineTest, testing::Values(1U, 2U, 8U));

TEST(Pipeline, NamesItsStages) {
  EXPECT_EQ(stage_name(Stage::kAdmit), "admit");
  EXPECT_EQ(stage_name(Stage::kSeal), "seal");
}

}  // namespace
}  // namespace weir::gate
