#include "ops/fft/fft/fft.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/clock.hpp"
#include "base/isa.hpp"
#include "device/sim/driver.hpp"
#include "ops/execute.hpp"
#include "ops/fft/dft_reference.hpp"
#include "ops/fft/engine/four_step.hpp"
#include "ops/fft/rfft/rfft.hpp"
#include "ops/fft/sample.hpp"

namespace weir::ops {
namespace {

using fft::Direction;

std::vector<Complex> complex_sample(std::size_t n, Philox& rng) {
  std::vector<Complex> values(n);
  for (Complex& value : values) value = {rng.next_unit() - 0.5, rng.next_unit() - 0.5};
  return values;
}

std::vector<Complex> transform(std::span<const Complex> x, std::size_t n,
                               Direction direction = Direction::kForward, unsigned threads = 1) {
  Workers workers(threads);
  CpuRun run{workers};
  std::vector<Complex> y(x.size());
  Fft::Output out{.y = y};
  const Status status = Fft::cpu(run, {.x = x, .n = n, .direction = direction}, out);
  EXPECT_TRUE(status.is_ok()) << status.to_string();
  return y;
}

bool same_bits(std::span<const Complex> a, std::span<const Complex> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

TEST(Fft, FourValues) {
  const std::vector<Complex> x = {1, 2, 3, 4};
  const std::vector<Complex> want = {10, {-2, 2}, -2, {-2, -2}};
  EXPECT_EQ(transform(x, 4), want);
  EXPECT_EQ(transform(want, 4, Direction::kInverse), x);
}

TEST(Fft, AnImpulseHasAFlatSpectrum) {
  for (const std::size_t n : {1U, 6U, 13U, 64U, 100U, 4096U}) {
    std::vector<Complex> x(n);
    x[0] = {2, -1};
    for (const Complex& bin : transform(x, n)) EXPECT_EQ(bin, Complex(2, -1)) << n;
  }
}

// Lengths of every form: stages, four steps, Bluestein on either.
constexpr std::size_t kLong[] = {4096,   16384,  16807,  20000, 30030, 65536,
                                 131072, 177147, 390625, 4099,  65537};

// The parity cases end at 1,024 values, where the reference is still quick: the four-step form is
// compared here, at each dispatch level.
TEST(Fft, LongTransformsAgreeWithTheDefinitionInSampledBins) {
  Philox rng(31, 0);
  constexpr Isa kLevels[] = {Isa::kScalar, Isa::kSse4, Isa::kAvx2, Isa::kAvx512};
  for (const std::size_t n : kLong) {
    const std::vector<Complex> x = complex_sample(n, rng);
    long double error[std::size(kLevels)] = {};
    long double size = 0;
    std::vector<std::vector<Complex>> y;
    for (const Isa isa : kLevels) {
      limit_isa(isa);
      y.push_back(transform(x, n));
    }
    for (int i = 0; i < 6; ++i) {
      const std::size_t k = i == 0 ? n - 1 : rng.next_below(static_cast<std::uint32_t>(n));
      const fft::Exact want = fft::bin_reference(x, k);
      for (std::size_t level = 0; level < y.size(); ++level) {
        error[level] += std::norm(want - fft::Exact(y[level][k]));
      }
      size += std::norm(want);
    }
    for (std::size_t level = 0; level < y.size(); ++level) {
      EXPECT_LE(std::sqrt(error[level]), fft::bound(n) * std::sqrt(size))
          << n << " at " << isa_name(kLevels[level]) << ", seed 31";
    }
  }
}

TEST(Fft, EnergyIsKept) {
  Philox rng(32, 0);
  std::vector<std::size_t> lengths(std::begin(kLong), std::end(kLong));
  for (std::size_t n = 1; n <= 300; ++n) lengths.push_back(n);
  for (const std::size_t n : lengths) {
    const std::vector<Complex> x = complex_sample(n, rng);
    long double before = 0;
    long double after = 0;
    for (const Complex& value : x) before += std::norm(fft::Exact(value));
    for (const Complex& bin : transform(x, n)) after += std::norm(fft::Exact(bin));
    after /= static_cast<long double>(n);
    EXPECT_NEAR(static_cast<double>(after / before), 1.0, 2 * fft::bound(n)) << n;
  }
}

TEST(Fft, TheInverseReturnsTheValues) {
  Philox rng(33, 0);
  for (const std::size_t n : {2U, 27U, 37U, 360U, 1009U, 20000U}) {
    const std::vector<Complex> x = complex_sample(n, rng);
    const std::vector<Complex> back = transform(transform(x, n), n, Direction::kInverse);
    for (std::size_t t = 0; t < n; ++t) EXPECT_LE(std::abs(back[t] - x[t]), 2 * fft::bound(n));
  }
}

TEST(Fft, BitsDoNotDependOnBatchPlaceOrThreads) {
  Philox rng(34, 0);
  for (const std::size_t n :
       {3U, 16U, 17U, 37U, 60U, 64U, 65U, 96U, 121U, 128U, 250U, 1024U, 1009U, 131072U}) {
    const std::size_t batch = n > 10000 ? 2 : 21;
    const std::vector<Complex> x = complex_sample(n * batch, rng);
    for (const Direction direction : {Direction::kForward, Direction::kInverse}) {
      const std::vector<Complex> all = transform(x, n, direction);
      EXPECT_TRUE(same_bits(all, transform(x, n, direction, 3))) << n;
      for (std::size_t row = 0; row < batch; ++row) {
        const auto alone = transform(std::span(x).subspan(n * row, n), n, direction, 2);
        EXPECT_TRUE(same_bits(alone, std::span(all).subspan(n * row, n))) << n << " row " << row;
      }
    }
  }
}

// 243 x 729 and 625 x 625: no multiples of the eight columns that a thread turns at a time. Where
// two groups stored the columns in between, the bits were those of the thread that came last.
TEST(Fft, BitsOfAFourStepTransformDoNotDependOnWhichThreadComesFirst) {
  Philox rng(38, 0);
  for (const std::size_t n : {177147U, 390625U}) {
    const std::vector<Complex> x = complex_sample(n, rng);
    for (const Direction direction : {Direction::kForward, Direction::kInverse}) {
      const std::vector<Complex> want = transform(x, n, direction);
      const auto plan = fft::plans().complex(n);
      const double scale = direction == Direction::kForward ? 1.0 : 1.0 / static_cast<double>(n);
      AlignedBuffer<double> memory(fft::four_step_doubles(*plan));
      const fft::FourStepWork work = fft::four_step_work(*plan, memory.data());
      std::vector<Complex> y(n);
      for (std::size_t group = fft::column_groups(*plan); group-- > 0;) {
        fft::four_step_column_group(*plan, direction, fft::parts(x.data()), work, group);
      }
      for (std::size_t group = fft::row_groups(*plan); group-- > 0;) {
        fft::four_step_row_group(*plan, direction, scale, work, fft::parts(y.data()), group);
      }
      EXPECT_TRUE(same_bits(want, y)) << n;
      EXPECT_TRUE(same_bits(want, transform(x, n, direction, 3))) << n;
    }
  }
}

TEST(Fft, EachColumnOfAFourStepTransformBelongsToOneGroup) {
  for (std::size_t n = fft::kColumns; n < 100; ++n) {
    std::size_t next = 0;
    for (std::size_t group = 0; group * fft::kColumns < n; ++group) {
      const fft::GroupRange range = fft::group_range(group, n);
      EXPECT_EQ(range.begin, next) << n;
      EXPECT_LE(range.begin + fft::kColumns, n) << n;  // what a group reads
      next = range.end;
    }
    EXPECT_EQ(next, n);
  }
}

TEST(Fft, WorksInPlace) {
  Philox rng(35, 0);
  Workers workers(1);
  CpuRun run{workers};
  for (const std::size_t n : {7U, 64U, 100U, 1009U, 131072U}) {
    std::vector<Complex> x = complex_sample(3 * n, rng);
    const std::vector<Complex> want = transform(x, n);
    Fft::Output out{.y = x};
    ASSERT_TRUE(Fft::cpu(run, {.x = x, .n = n}, out).is_ok());
    EXPECT_TRUE(same_bits(x, want)) << n;
  }
}

void simulate(Context& context) {
  constexpr std::uint64_t kBytes = std::uint64_t{64} << 20;
  device::DeviceLimits limits;
  limits.memory_bytes_max = kBytes;
  limits.staging_bytes = std::size_t{1} << 20;
  auto device =
      device::Device::create(device::sim::make_driver({.seed = 3}, kBytes), limits, system_clock());
  EXPECT_TRUE(device);
  context.use_device(std::move(*device), {});
}

TEST(Fft, ABlockOfTheDeviceTakesUpTo4096Values) {
  Philox rng(36, 0);
  Context context(Workers(1), system_clock());
  simulate(context);
  RunOptions options;
  options.placement = Placement::kGpu;
  options.fallback = Fallback::kRaise;
  for (const std::size_t n : {1024U, 2197U, 4095U, 4096U}) {
    const std::vector<Complex> x = complex_sample(3 * n, rng);
    const std::vector<Complex> want = transform(x, n);
    std::vector<Complex> y(x.size());
    Fft::Output out{.y = y};
    const auto report = execute<Fft>(context, {.x = x, .n = n}, out, options);
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_EQ(fft::rows_differ({fft::parts(want.data()), 6 * n}, {fft::parts(y.data()), 6 * n},
                               2 * n, 2 * fft::bound(n)),
              "");
    // Of twice as many real values the transform is one of these.
    const std::vector<double> real = fft::sample(2 * n, rng);
    std::vector<Complex> bins(n + 1);
    Rfft::Output bins_out{.y = bins};
    ASSERT_TRUE(execute<Rfft>(context, {.x = real, .n = 2 * n}, bins_out, options));
    std::vector<double> back(2 * n);
    Irfft::Output back_out{.y = back};
    ASSERT_TRUE(execute<Irfft>(context, {.x = bins, .n = 2 * n}, back_out, options));
    EXPECT_EQ(fft::rows_differ(real, back, 2 * n, 2 * fft::bound(2 * n)), "");
  }
  EXPECT_EQ(Fft::supports({.x = {}, .n = 4100}, device::Kind::kSim).reason,
            Reason::kUnsupportedShape);
  EXPECT_EQ(Fft::supports({.x = {}, .n = 17}, device::Kind::kCuda).reason,
            Reason::kUnsupportedShape);
}

// Whatever chunks a device that is lost leaves behind, the CPU starts from the values themselves.
TEST(Fft, InPlaceOnADeviceThatFailsIsRight) {
  constexpr std::size_t kLength = 16;
  Philox rng(37, 0);
  const std::vector<Complex> x = complex_sample(kLength * 200, rng);
  const std::vector<Complex> want = transform(x, kLength);
  bool finished_on_device = false;
  for (std::uint64_t at = 1; at < 500 && !finished_on_device; at += 3) {
    ManualClock clock;
    Context context(Workers(1), clock);
    constexpr std::uint64_t kBytes = std::uint64_t{4} << 20;
    device::DeviceLimits limits;
    limits.memory_bytes_max = kBytes;
    limits.staging_bytes = 1 << 16;
    auto device = device::Device::create(
        device::sim::make_driver({.seed = at, .lose_at_op = at}, kBytes), limits, clock);
    if (!device) continue;
    context.use_device(std::move(*device), {});
    std::vector<Complex> y = x;
    Fft::Output out{.y = y};
    const auto report = execute<Fft>(context, {.x = y, .n = kLength}, out,
                                     {.placement = Placement::kGpu, .chunk_rows = 16});
    ASSERT_TRUE(report) << report.error().to_string();
    finished_on_device = report->backend == device::Kind::kSim;
    for (std::size_t i = 0; i < y.size(); ++i) {
      ASSERT_LE(std::abs(y[i] - want[i]), 1e-12) << "lost at " << at << ", value " << i;
    }
  }
  EXPECT_TRUE(finished_on_device) << "the loop ends when the loss comes too late to matter";
}

TEST(Fft, RefusesShapesThatDoNotFit) {
  Workers workers(1);
  CpuRun run{workers};
  std::vector<Complex> x(10);
  std::vector<Complex> y(9);
  Fft::Output out{.y = y};
  EXPECT_EQ(Fft::check({.x = x, .n = 0}).code(), Code::kInvalidArgument);
  EXPECT_EQ(Fft::check({.x = x, .n = fft::kLengthMax + 1}).code(), Code::kInvalidArgument);
  const Status broken = Fft::check({.x = x, .n = 4});
  EXPECT_EQ(broken.code(), Code::kInvalidArgument);
  EXPECT_NE(broken.message().find("10"), std::string::npos);
  EXPECT_NE(broken.message().find("4"), std::string::npos);
  EXPECT_EQ(Fft::cpu(run, {.x = x, .n = 5}, out).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace weir::ops
