#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <limits>
#include <vector>

#include "base/isa.hpp"
#include "base/rng.hpp"
#include "ops/filter/compact/compact.hpp"

namespace weir::ops {
namespace {

constexpr std::uint64_t kSeed = 20261121;
constexpr std::size_t kGuard = 64;  // bytes behind the output that must stay as they are

std::vector<char> compact(const Compact::Args& args, std::size_t count, unsigned threads) {
  std::vector<char> values(count * args.width + kGuard, '\x5a');
  Compact::Output out{std::span(values).first(count * args.width)};
  Workers workers(threads == 0 ? 1 : threads);
  CpuRun run{workers};
  EXPECT_TRUE(Compact::check(args).is_ok());
  EXPECT_TRUE(
      (threads == 0 ? Compact::reference(args, out) : Compact::cpu(run, args, out)).is_ok());
  return values;
}

void expect_parity(std::size_t rows, unsigned density, std::uint32_t width) {
  Philox rng(kSeed, rows * 100 + density);
  std::vector<std::uint64_t> bits((rows + 63) / 64);
  std::size_t count = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const bool set = rng.next_below(100) < density;
    bits[row / 64] |= std::uint64_t{set} << (row % 64);
    count += set ? 1 : 0;
  }
  std::vector<char> values(rows * width);
  for (auto& value : values) value = static_cast<char>(rng.next_u32());
  const Compact::Args args{bits, rows, values, width};
  const std::vector<char> expected = compact(args, count, 0);
  for (const Isa isa : {Isa::kScalar, Isa::kSse4, Isa::kAvx2, Isa::kAvx512}) {
    limit_isa(isa);
    for (const unsigned threads : {1U, 2U}) {
      ASSERT_EQ(compact(args, count, threads), expected)
          << rows << " rows, " << density << " % set, width " << width << ", " << isa_name(isa)
          << ", seed " << kSeed;
    }
  }
  limit_isa(Isa::kAvx512);
}

TEST(Compact, EqualsTheReferenceAndWritesNothingBehind) {
  for (const std::uint32_t width : {4U, 8U}) {
    for (const unsigned density : {0U, 3U, 50U, 97U, 100U}) {
      for (std::size_t rows = 0; rows <= 130; rows += rows < 66 ? 1 : 13) {
        expect_parity(rows, density, width);
      }
      expect_parity(150'001, density, width);
    }
  }
}

TEST(Compact, RefusesWhatDoesNotFit) {
  const std::vector<std::uint64_t> bits{0x100};
  const std::vector<char> values(64);
  EXPECT_EQ(Compact::check({bits, 8, values, 8}).reason(), "bit_range");
  EXPECT_EQ(Compact::check({bits, 16, values, 8}).reason(), "shape_mismatch");
  EXPECT_EQ(Compact::check({bits, 32, values, 2}).reason(), "width");
}

TEST(Compact, RefusesOutputsWithoutRoom) {
  const std::uint64_t bits[] = {0b1011};
  const std::vector<char> values(32);
  std::vector<char> two(16);
  Workers workers(1);
  CpuRun run{workers};
  Compact::Output out{two};
  const Compact::Args args{bits, 4, values, 8};
  EXPECT_EQ(Compact::cpu(run, args, out).message(), "16 bytes for 3 values of 8 bytes");
  EXPECT_EQ(Compact::reference(args, out).code(), Code::kInvalidArgument);
}

TEST(Compact, IsNotForDevicesWhereRowsHaveNo32BitNumbers) {
  Compact::Args args;
  args.rows = std::numeric_limits<std::uint32_t>::max();
  EXPECT_TRUE(static_cast<bool>(Compact::supports(args, device::Kind::kCuda)));
  ++args.rows;
  const Support no = Compact::supports(args, device::Kind::kCuda);
  EXPECT_FALSE(static_cast<bool>(no));
  EXPECT_EQ(no.reason, Reason::kUnsupportedShape);
}

}  // namespace
}  // namespace weir::ops
