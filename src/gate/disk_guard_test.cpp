#include "gate/disk_guard.hpp"

#include "gate/gate_fixture.hpp"
#include "storage/fault_files.hpp"

namespace weir::gate {
namespace {

class DiskGuardTest : public GateFixture {
 protected:
  void SetUp() override {
    GateFixture::SetUp();
    options_.segments.files = &files_;
    options_.free_bytes_min = 1000;
  }
  Status try_submit(wire::EventBatch batch) {
    Submission submission;
    submission.batch = std::move(batch);
    return gate_->submit(std::move(submission));
  }

  storage::FaultFiles files_;
};

TEST_F(DiskGuardTest, RefusesNewEventsWhileTheDiskIsLow) {
  open();
  ASSERT_EQ(ask(stream(1, 3)).accepted, 3U);
  files_.set_free_bytes(999);
  EXPECT_TRUE(gate_->disk().is_ok());  // it looks once a second
  clock_.advance_us(1'000'000);
  const Status low = try_submit(stream(4, 3));
  EXPECT_EQ(low.code(), Code::kResourceExhausted);
  EXPECT_EQ(low.reason(), "disk_low");
  EXPECT_EQ(gate_->disk().reason(), "disk_low");
  EXPECT_EQ(gate_->counters().refused_disk.load(), 3U);
  EXPECT_TRUE(gate_->health().is_ok());  // it still answers
  files_.set_free_bytes(1000);
  clock_.advance_us(1'000'000);
  EXPECT_EQ(ask(stream(4, 3)).accepted, 3U);
}

TEST_F(DiskGuardTest, NeverRefusesWithoutAMinimum) {
  options_.free_bytes_min = 0;
  open();
  files_.set_free_bytes(0);
  EXPECT_TRUE(gate_->disk().is_ok());
  EXPECT_EQ(ask(stream(1, 3)).accepted, 3U);
}

}  // namespace
}  // namespace weir::gate
