#include "ops/matrix/multiply/multiply.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "base/clock.hpp"
#include "base/isa.hpp"
#include "device/sim/driver.hpp"
#include "ops/execute.hpp"
#include "ops/matrix/multiply/kernel.hpp"
#include "ops/matrix/multiply/multiply_problem.hpp"
#include "ops/matrix/packed/packed_product.hpp"

namespace weir::ops {
namespace {

constexpr std::uint64_t kSeed = 20'261;

template <class M>
void expect_right(const ProblemShape& shape, std::uint64_t seed = kSeed) {
  Problem<M> expected(shape, seed);
  Problem<M> got(shape, seed);
  auto want = expected.output();
  auto have = got.output();
  ASSERT_TRUE(M::check(got.args()).is_ok());
  ASSERT_TRUE(M::reference(expected.args(), want).is_ok());
  Workers workers(2);
  CpuRun run{workers};
  ASSERT_TRUE(M::cpu(run, got.args(), have).is_ok());
  EXPECT_EQ(first_difference<M>(got.args(), want, have), "")
      << M::kInfo.name << " m " << shape.m << " n " << shape.n << " k " << shape.k << " forms "
      << static_cast<int>(shape.a_form) << static_cast<int>(shape.b_form) << " seed " << seed;
  for (std::size_t row = 0; shape.gap != 0 && row < shape.m * shape.batch; ++row) {
    for (std::size_t i = 0; i < shape.gap; ++i) {  // what lies between the rows stays
      const auto left = got.c[row * (shape.n + shape.gap) + shape.n + i];
      const auto before = Problem<M>::untouched();
      ASSERT_EQ(std::memcmp(&left, &before, sizeof left), 0) << "row " << row;
    }
  }
}

template <class M>
class MultiplyTest : public testing::Test {};
using Types =
    testing::Types<MultiplyF64, MultiplyF32, MultiplyBf16, MultiplyF16, MultiplyU8, MultiplyS8>;
TYPED_TEST_SUITE(MultiplyTest, Types);

TYPED_TEST(MultiplyTest, StaysWithinTheBoundInEveryFormAndShape) {
  const std::size_t sizes[] = {1, 2, 5, 12, 13, 31, 33, 65, 97};
  std::uint64_t seed = kSeed;
  for (const std::size_t m : sizes) {
    for (const std::size_t n : sizes) {
      for (const std::size_t k : {std::size_t{1}, std::size_t{7}, std::size_t{32}, m + n}) {
        ProblemShape shape{.m = m, .n = n, .k = k};
        shape.a_form = seed % 2 == 0 ? Form::kPlain : Form::kTransposed;
        shape.b_form = seed / 2 % 2 == 0 ? Form::kPlain : Form::kTransposed;
        shape.gap = seed % 3;
        expect_right<TypeParam>(shape, seed++);
      }
    }
  }
}

TYPED_TEST(MultiplyTest, StaysWithinTheBoundAcrossBlocksAndTasks) {
  for (const Form a : {Form::kPlain, Form::kTransposed}) {
    for (const Form b : {Form::kPlain, Form::kTransposed}) {
      expect_right<TypeParam>({.m = 230, .n = 70, .k = 530, .a_form = a, .b_form = b, .gap = 3});
    }
  }
  expect_right<TypeParam>({.m = 3, .n = 2100, .k = 20});
  expect_right<TypeParam>({.m = 2, .n = 3, .k = 5000});
  expect_right<TypeParam>({.m = 20, .n = 2100, .k = 200, .gap = 2});  // cut between columns
}

TYPED_TEST(MultiplyTest, MultipliesABatchWithSharedAndOwnMatrices) {
  expect_right<TypeParam>({.m = 9, .n = 8, .k = 17, .batch = 31, .gap = 1});
  expect_right<TypeParam>({.m = 9, .n = 8, .k = 17, .batch = 31, .shared_b = true});
  expect_right<TypeParam>({.m = 200, .n = 150, .k = 300, .batch = 3});
}

TYPED_TEST(MultiplyTest, EmptyDimensionsGiveZerosOrNothing) {
  expect_right<TypeParam>({.m = 0, .n = 4, .k = 3});
  expect_right<TypeParam>({.m = 4, .n = 0, .k = 3});
  expect_right<TypeParam>({.m = 4, .n = 3, .k = 0});
  expect_right<TypeParam>({.m = 70, .n = 80, .k = 0, .batch = 2});
  expect_right<TypeParam>({.m = 4, .n = 4, .k = 4, .batch = 0});
}

TYPED_TEST(MultiplyTest, RefusesShapesThatDoNotFit) {
  Problem<TypeParam> problem({.m = 3, .n = 4, .k = 5}, kSeed);
  auto args = problem.args();
  args.b.rows = 6;
  const Status status = TypeParam::check(args);
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("3 x 5"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("6 x 4"), std::string::npos) << status.message();
  args = problem.args();
  args.a.stride = 4;
  EXPECT_EQ(TypeParam::check(args).reason(), "stride_too_small");
  auto out = problem.output();
  out.c.cols = 3;
  Workers workers(1);
  CpuRun run{workers};
  EXPECT_EQ(TypeParam::cpu(run, problem.args(), out).reason(), "shape_mismatch");
  Problem<TypeParam> batch({.m = 3, .n = 4, .k = 5, .batch = 2}, kSeed);
  out = batch.output();
  out.c_step = 11;
  EXPECT_EQ(TypeParam::cpu(run, batch.args(), out).reason(), "step_too_small");
}

template <class M>
class SameBitsTest : public testing::Test {};
// All but bf16, whose oneDNN promises the bound only.
using SameBitsTypes = testing::Types<MultiplyF64, MultiplyF32, MultiplyF16, MultiplyU8, MultiplyS8>;
TYPED_TEST_SUITE(SameBitsTest, SameBitsTypes);

TYPED_TEST(SameBitsTest, OneAndFourThreadsAgree) {
  const ProblemShape shape{.m = 301, .n = 170, .k = 400};
  Problem<TypeParam> one(shape, kSeed);
  Problem<TypeParam> many(shape, kSeed);
  Workers single(1);
  Workers several(4);  // two blocks down, two across
  CpuRun run_one{single};
  CpuRun run_many{several};
  auto out_one = one.output();
  auto out_many = many.output();
  ASSERT_TRUE(TypeParam::cpu(run_one, one.args(), out_one).is_ok());
  ASSERT_TRUE(TypeParam::cpu(run_many, many.args(), out_many).is_ok());
  EXPECT_EQ(std::memcmp(one.c.data(), many.c.data(), one.c.size() * sizeof(one.c[0])), 0);
}

TYPED_TEST(MultiplyTest, EveryInstructionSetStaysWithinTheBound) {
  for (const Isa isa : {Isa::kScalar, Isa::kSse4, Isa::kAvx2, Isa::kAvx512}) {
    limit_isa(isa);
    expect_right<TypeParam>({.m = 70, .n = 75, .k = 300, .a_form = Form::kTransposed});
    expect_right<TypeParam>({.m = 70, .n = 75, .k = 300, .b_form = Form::kTransposed, .gap = 1});
  }
  limit_isa(Isa::kAvx512);
}

TYPED_TEST(MultiplyTest, StopsWhenCancelled) {
  Problem<TypeParam> problem({.m = 3, .n = 4, .k = 5}, kSeed);
  auto out = problem.output();
  Workers workers(1);
  const std::atomic<bool> cancel{true};
  const TaskWatch watch(&cancel, {}, system_clock());
  CpuRun run{workers, &watch};
  EXPECT_EQ(TypeParam::cpu(run, problem.args(), out).code(), Code::kCancelled);
}

template <class M>
class FloatMultiplyTest : public testing::Test {};
using FloatTypes = testing::Types<MultiplyF64, MultiplyF32, MultiplyBf16, MultiplyF16>;
TYPED_TEST_SUITE(FloatMultiplyTest, FloatTypes);

TYPED_TEST(FloatMultiplyTest, ScalesTheProductAndAddsTheOther) {
  for (const double alpha : {1.0, -0.5, 0.0}) {
    for (const double beta : {1.0, 2.5}) {
      expect_right<TypeParam>(
          {.m = 20, .n = 33, .k = 40, .alpha = alpha, .beta = beta, .batch = 2, .gap = 1});
      expect_right<TypeParam>({.m = 130, .n = 140, .k = 300, .alpha = alpha, .beta = beta});
    }
  }
  expect_right<TypeParam>({.m = 5, .n = 6, .k = 0, .alpha = 2, .beta = 3});
}

TYPED_TEST(FloatMultiplyTest, AddsInPlaceWhereDIsC) {
  Problem<TypeParam> expected({.m = 90, .n = 70, .k = 80, .beta = 0.5}, kSeed);
  auto want = expected.output();
  ASSERT_TRUE(TypeParam::reference(expected.args(), want).is_ok());
  Problem<TypeParam> got({.m = 90, .n = 70, .k = 80, .beta = 0.5}, kSeed);
  got.c = got.d;
  auto out = got.output();
  auto args = got.args();
  args.d = out.c;
  Workers workers(1);
  CpuRun run{workers};
  ASSERT_TRUE(TypeParam::cpu(run, args, out).is_ok());
  EXPECT_EQ(first_difference<TypeParam>(expected.args(), want, out), "");
}

TYPED_TEST(FloatMultiplyTest, LetsNanAndInfinityThrough) {
  expect_right<TypeParam>({.m = 20, .n = 20, .k = 20, .special = true});
  expect_right<TypeParam>({.m = 80, .n = 80, .k = 80, .special = true});
}

TEST(Multiply, KeepsLargeAndSmallMagnitudes) {
  expect_right<MultiplyF64>({.m = 40, .n = 40, .k = 40, .magnitude = 1e150});
  expect_right<MultiplyF64>({.m = 40, .n = 40, .k = 40, .magnitude = 1e-160});  // denormal sums
  expect_right<MultiplyF64>({.m = 40, .n = 40, .k = 40, .magnitude = 1e-300});
  expect_right<MultiplyF32>({.m = 40, .n = 40, .k = 40, .magnitude = 1e15});
  expect_right<MultiplyF32>({.m = 40, .n = 40, .k = 40, .magnitude = 1e-21});
  expect_right<MultiplyF16>({.m = 40, .n = 40, .k = 40, .magnitude = 6e4});
  expect_right<MultiplyF16>({.m = 40, .n = 40, .k = 40, .magnitude = 6e-5});  // denormal inputs
  expect_right<MultiplyBf16>({.m = 80, .n = 80, .k = 80, .magnitude = 1e15});
}

TEST(Multiply, SumsOfTheLargestBytesAreExact) {
  const ProblemShape shape{.m = 3, .n = 5, .k = kBytesDepthMax, .extremes = true};
  expect_right<MultiplyU8>(shape);
  expect_right<MultiplyS8>(shape);
  expect_right<MultiplyU8>({.m = 65, .n = 70, .k = 300, .extremes = true});
  expect_right<MultiplyS8>({.m = 65, .n = 70, .k = 300, .extremes = true});
  Problem<MultiplyU8> problem({.m = 1, .n = 1, .k = kBytesDepthMax + 1}, kSeed);
  EXPECT_EQ(MultiplyU8::check(problem.args()).reason(), "depth_too_large");
  auto args = Problem<MultiplyS8>({.m = 1, .n = 1, .k = 1}, kSeed).args();
  args.alpha = 2;
  EXPECT_EQ(MultiplyS8::check(args).reason(), "unsupported_scale");
}

TEST(Multiply, GoldenTwoByTwo) {
  const double a[] = {1, 2, 3, 4};
  const double b[] = {5, 6, 7, 8};
  double c[4] = {};
  MultiplyF64::Output out{.c = {c, 2, 2}};
  Workers workers(1);
  CpuRun run{workers};
  ASSERT_TRUE(MultiplyF64::cpu(run, {.a = {a, 2, 2}, .b = {b, 2, 2}}, out).is_ok());
  EXPECT_EQ(std::vector<double>(c, c + 4), (std::vector<double>{19, 22, 43, 50}));
  ASSERT_TRUE(
      MultiplyF64::cpu(run, {.a = {a, 2, 2}, .b = {b, 2, 2}, .b_form = Form::kTransposed}, out)
          .is_ok());
  EXPECT_EQ(std::vector<double>(c, c + 4), (std::vector<double>{17, 23, 39, 53}));
}

TEST(Multiply, FootprintCountsTheWork) {
  Problem<MultiplyF32> problem({.m = 10, .n = 20, .k = 30, .batch = 2}, kSeed);
  const Footprint footprint = MultiplyF32::footprint(problem.args());
  EXPECT_EQ(footprint.rows, 20u);
  EXPECT_EQ(footprint.bytes_in, 2u * 10 * 30 * 4);
  EXPECT_EQ(footprint.bytes_out, 2u * 10 * 20 * 4);
  EXPECT_EQ(footprint.bytes_resident, 2u * 30 * 20 * 4);
  EXPECT_EQ(footprint.flops, 2.0 * 2 * 10 * 20 * 30);
  EXPECT_EQ(footprint.ceiling, Ceiling::kF32);
}

// Large enough for the large tiles, in two chunks.
template <class M>
void expect_right_on_the_simulator(const ProblemShape& shape) {
  ManualClock clock;
  Context context(Workers(1), clock);
  constexpr std::uint64_t kBytes = std::uint64_t{64} << 20;
  device::DeviceLimits limits;
  limits.memory_bytes_max = kBytes;
  context.use_device(
      *device::Device::create(device::sim::make_driver({.seed = kSeed}, kBytes), limits, clock),
      {});
  Problem<M> expected(shape, kSeed);
  Problem<M> got(shape, kSeed);
  auto want = expected.output();
  auto have = got.output();
  ASSERT_TRUE(M::reference(expected.args(), want).is_ok());
  const auto report =
      execute<M>(context, got.args(), have,
                 {.placement = Placement::kGpu, .fallback = Fallback::kRaise, .chunk_rows = 2048});
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->chunks, 2U);
  EXPECT_EQ(first_difference<M>(got.args(), want, have), "");
}

// The device is lost at some call: the CPU must find D as it was.
TEST(MultiplyKernel, KeepsAnAddendInCUntilAllIsDone) {
  const ProblemShape shape{.m = 200, .n = 40, .k = 30, .beta = 0.5};
  Problem<MultiplyF64> expected(shape, kSeed);
  auto want = expected.output();
  ASSERT_TRUE(MultiplyF64::reference(expected.args(), want).is_ok());
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
    Problem<MultiplyF64> got(shape, kSeed);
    got.c = got.d;
    auto have = got.output();
    auto args = got.args();
    args.d = have.c;
    const auto report =
        execute<MultiplyF64>(context, args, have, {.placement = Placement::kGpu, .chunk_rows = 32});
    ASSERT_TRUE(report) << report.error().to_string();
    finished_on_device = report->backend == device::Kind::kSim;
    ASSERT_EQ(first_difference<MultiplyF64>(expected.args(), want, have), "") << "lost at " << at;
  }
  EXPECT_TRUE(finished_on_device) << "the loop ends when the loss comes too late to matter";
}

TEST(MultiplyKernel, LargeTilesEqualTheReference) {
  expect_right_on_the_simulator<MultiplyF32>({.m = 2100, .n = 520, .k = 18, .gap = 1});
  expect_right_on_the_simulator<MultiplyS8>({.m = 2100, .n = 520, .k = 18});
  using Large = MultiplyKernel<MultiplyF32, 8>;
  EXPECT_GE(Large::tiles(2048, 520), kLargeTiles) << "the shape takes the other tiles";
}

// Where C is cut must not change the sums: tasks rely on it.
TEST(PackedProduct, AnElementDoesNotDependOnItsPlace) {
  Problem<MultiplyF64> problem({.m = 61, .n = 75, .k = 300}, kSeed);
  Matrix<double> whole(61, 75);
  Matrix<double> parts(61, 75);
  packed_product<double>({61, 75, 300}, 1, {problem.a.data(), 300, 1}, {problem.b.data(), 75, 1}, 0,
                         {whole.data(), 75});
  for (const std::size_t row : {std::size_t{0}, std::size_t{17}, std::size_t{50}}) {
    for (const std::size_t col : {std::size_t{0}, std::size_t{9}, std::size_t{70}}) {
      const std::size_t rows = row == 0 ? 17 : row == 17 ? 33 : 11;
      const std::size_t cols = col == 0 ? 9 : col == 9 ? 61 : 5;
      packed_product<double>({rows, cols, 300}, 1, {problem.a.data() + row * 300, 300, 1},
                             {problem.b.data() + col, 75, 1}, 0,
                             {parts.data() + row * 75 + col, 75});
    }
  }
  EXPECT_EQ(std::memcmp(whole.data(), parts.data(), 61 * 75 * sizeof(double)), 0);
}

}  // namespace
}  // namespace weir::ops
