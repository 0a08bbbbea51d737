#include "main/service/live_figures.hpp"

#include <gtest/gtest.h>

namespace weir::main {
namespace {

constexpr std::int64_t kStart = 1'700'000'000'000'000;

// Closes seconds and returns the overview behind the last.
server::Overview after(LiveFigures& figures, std::int64_t& second, unsigned seconds) {
  server::Overview view;
  while (seconds-- != 0) figures.tick(kStart + ++second * 1'000'000, 0, 0);
  figures.fill(kStart + second * 1'000'000, view);
  return view;
}

TEST(LiveFigures, ForgetsAWarmUpTenSecondsLater) {
  LiveFigures figures(kStart);
  std::int64_t second = 0;
  figures.answered(190'000'000, 500'000);  // a warm-up's batches
  EXPECT_GT(after(figures, second, 1).p50_us, 150'000);
  figures.answered(300'000, 10);
  const server::Overview during = after(figures, second, 9);
  EXPECT_GT(during.p50_us, 150'000) << "still within the time that the label names";
  EXPECT_EQ(during.latency_window_s, 10U);
  const server::Overview later = after(figures, second, 1);
  EXPECT_LT(later.p99_us, 400);
  EXPECT_GT(later.p50_us, 200);
}

TEST(LiveFigures, HasNoLatencyWhereNothingWasAnswered) {
  LiveFigures figures(kStart);
  std::int64_t second = 0;
  figures.answered(1'000'000, 1);
  EXPECT_GT(after(figures, second, 1).p50_us, 900);
  EXPECT_EQ(after(figures, second, 10).p50_us, 0);
}

}  // namespace
}  // namespace weir::main
