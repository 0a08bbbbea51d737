// A product whose inputs are ten times the device's budget, cut into chunks of rows.
#include <gtest/gtest.h>

#include <cstring>

#include "base/rng.hpp"
#include "device/sim/driver.hpp"
#include "ops/execute.hpp"
#include "ops/matrix/multiply/multiply.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kRows = 4096;
constexpr std::size_t kDepth = 48;
constexpr std::size_t kColumns = 16;

TEST(Multiply, EqualsTheWholeOnInputsTenTimesTheBudget) {
  Philox rng(11, 1);
  Matrix<double> a(kRows, kDepth);
  Matrix<double> b(kDepth, kColumns);
  for (std::size_t i = 0; i < kRows * kDepth; ++i) a.data()[i] = rng.next_unit() - 0.5;
  for (std::size_t i = 0; i < kDepth * kColumns; ++i) b.data()[i] = rng.next_unit() - 0.5;
  const Matrix<double>& left = a;
  const Matrix<double>& right = b;
  const MultiplyF64::Args args{.a = left.view(), .b = right.view()};
  const auto multiply = [&](std::size_t budget, Matrix<double>& c, const ChunkCallback& callback) {
    device::DeviceLimits limits;
    limits.memory_bytes_max = budget;
    limits.staging_bytes = 1 << 16;
    Context context(Workers(1), system_clock());
    context.use_device(
        *device::Device::create(device::sim::make_driver({.seed = 3}, std::size_t{64} << 20),
                                limits, system_clock()),
        {});
    MultiplyF64::Output out{.c = c.view()};
    return stream<MultiplyF64>(context, args, out, callback,
                               {.placement = Placement::kGpu, .fallback = Fallback::kRaise});
  };
  Matrix<double> whole(kRows, kColumns);
  const auto in_memory = multiply(std::size_t{64} << 20, whole, [](const Chunk&) { return true; });
  ASSERT_TRUE(in_memory) << in_memory.error().to_string();
  EXPECT_EQ(in_memory->chunks, 1U);

  Matrix<double> pieces(kRows, kColumns);
  std::size_t next = 0;
  const auto streamed = multiply(kRows * kDepth * 8 / 10, pieces, [&](const Chunk& chunk) {
    EXPECT_EQ(chunk.begin, next);
    next = chunk.end;
    return true;
  });
  ASSERT_TRUE(streamed) << streamed.error().to_string();
  EXPECT_GT(streamed->chunks, 10U);
  EXPECT_EQ(next, kRows);
  EXPECT_EQ(std::memcmp(whole.data(), pieces.data(), kRows * kColumns * sizeof(double)), 0);
}

}  // namespace
}  // namespace weir::ops
