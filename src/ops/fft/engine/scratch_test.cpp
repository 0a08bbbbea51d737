#include "ops/fft/engine/scratch.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "ops/fft/engine/engine.hpp"

namespace weir::ops::fft {
namespace {

TEST(ThreadScratch, IsKeptForTheNextUse) {
  const double* first = nullptr;
  {
    const ThreadScratch work(Scratch::kReal, 1000);
    work.data()[999] = 3;
    first = work.data();
  }
  const ThreadScratch again(Scratch::kReal, 10);
  EXPECT_EQ(again.data(), first);
  EXPECT_GE(again.size(), 1000U);
  EXPECT_EQ(again.data()[999], 3);
}

TEST(ThreadScratch, GoesBackWhereItIsLarge) {
  { const ThreadScratch work(Scratch::kChirp, kScratchKept + 1); }
  EXPECT_EQ(ThreadScratch(Scratch::kChirp, 8).size(), 8U);
}

// Eight columns at a time are gathered into 2 * 8 * n doubles.
TEST(ThreadScratch, DoesNotStayWithLongColumns) {
  constexpr std::size_t kRows = (std::size_t{1} << 20) + (std::size_t{1} << 19);
  static_assert(2 * kColumns * kRows > kScratchKept);
  std::vector<double> matrix(2 * kRows);
  matrix[0] = 1;
  Plans plans;
  transform_columns(*plans.complex(kRows), Direction::kForward, 1.0, matrix.data(), 2, 0, 1);
  for (std::size_t i = 0; i < 2 * kRows; ++i) ASSERT_EQ(matrix[i], i % 2 == 0 ? 1 : 0) << i;
  EXPECT_EQ(ThreadScratch(Scratch::kGather, 8).size(), 8U);
}

}  // namespace
}  // namespace weir::ops::fft
