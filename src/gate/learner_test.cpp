#include "gate/learner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/rng.hpp"

namespace weir::gate {
namespace {

// Feature rows that depend on their sequence number alone.
void fill(profile::FeatureMatrix& features, std::uint64_t first_seq, std::size_t rows) {
  features.resize(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    Philox rng(7, first_seq + row);
    for (unsigned f = 0; f < profile::kFeatures; ++f) {
      features.column(static_cast<profile::Feature>(f))[row] = static_cast<float>(rng.next_unit());
    }
  }
}

std::vector<std::uint8_t> observe(std::size_t events, std::size_t batch, std::uint32_t rows_max) {
  Learner learner({.fit_events = 1000, .rows_max = rows_max});
  profile::FeatureMatrix features;
  for (std::size_t done = 0; done < events; done += batch) {
    const std::size_t rows = std::min(batch, events - done);
    fill(features, done + 1, rows);
    learner.observe(done + 1, features);
    EXPECT_LE(learner.rows(), rows_max);
  }
  ByteWriter out;
  learner.save(out);
  return out.buffer();
}

TEST(Learner, SamplesTheSameRowsWhereverBatchesAreCut) {
  const auto whole = observe(5000, 5000, 512);
  EXPECT_EQ(observe(5000, 1, 512), whole);
  EXPECT_EQ(observe(5000, 777, 512), whole);
}

TEST(Learner, IsDueAtFixedCountsOfEventsAndThenNeverAgain) {
  Learner learner({.fit_events = 100});
  EXPECT_FALSE(learner.due(99));
  for (const std::uint64_t count : {100U, 800U, 6400U}) {
    EXPECT_FALSE(learner.due(count - 1));
    EXPECT_TRUE(learner.due(count));
    learner.skip_fit();
  }
  EXPECT_FALSE(learner.due(UINT64_MAX));
}

TEST(Learner, NeverFitsWhenSwitchedOff) {
  const Learner learner({.fit_events = 0});
  EXPECT_FALSE(learner.due(UINT64_MAX));
}

TEST(Learner, GoesOnFromASnapshotAndRefusesADamagedOne) {
  const auto saved = observe(3000, 100, 512);
  Learner learner({.fit_events = 1000, .rows_max = 512});
  ByteReader in(saved);
  ASSERT_TRUE(learner.load(in).is_ok());
  ByteWriter again;
  learner.save(again);
  EXPECT_EQ(again.buffer(), saved);
  Learner other({.fit_events = 1000, .rows_max = 512});
  ByteReader cut(Bytes(saved).first(saved.size() / 2));
  EXPECT_EQ(other.load(cut).code(), Code::kDataLoss);
}

}  // namespace
}  // namespace weir::gate
