#include "ops/matrix/gram/gram.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/rng.hpp"

namespace weir::ops {
namespace {

constexpr double kUnit = 0x1p-53;

struct Input {
  Matrix<double> x;
  std::vector<double> shift, y;
  double y_shift = 0;
  Gram::Args args() const { return {.x = x.view(), .shift = shift, .y = y, .y_shift = y_shift}; }
};

Input random_input(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  Philox rng(seed, rows * 1000 + cols);
  Input input{.x = Matrix<double>(rows, cols), .shift = {}, .y = {}};
  for (std::size_t i = 0; i < rows * cols; ++i) input.x.data()[i] = 100 + rng.next_unit();
  for (std::size_t c = 0; c < cols; ++c) input.shift.push_back(100.5);
  for (std::size_t r = 0; r < rows; ++r) input.y.push_back(7 + rng.next_unit());
  input.y_shift = 7.5;
  return input;
}

struct Result {
  explicit Result(std::size_t cols) : gram(cols, cols), sums(cols), xy(cols) {}
  Matrix<double> gram;
  std::vector<double> sums, xy;
  double y_sum = 0, yy = 0;

  Status run(const Gram::Args& args, unsigned threads, bool reference = false) {
    Workers workers(threads);
    CpuRun run{workers};
    Gram::Output out{.gram = gram.view(), .sums = sums};
    if (!args.y.empty()) out.xy = xy;
    const Status status = reference ? Gram::reference(args, out) : Gram::cpu(run, args, out);
    y_sum = out.y_sum;
    yy = out.yy;
    return status;
  }
};

void expect_close(const Input& input, const Result& got, const Result& expected) {
  const std::size_t cols = input.x.cols();
  const double factor = static_cast<double>(input.x.rows() + 8) * kUnit;
  // |z| <= 0.5 + a rounding, and so is |t|.
  const double bound = factor * 0.26 * static_cast<double>(input.x.rows());
  for (std::size_t i = 0; i < cols; ++i) {
    for (std::size_t j = 0; j < cols; ++j) {
      ASSERT_NEAR(got.gram(i, j), expected.gram(i, j), bound) << i << ", " << j;
      ASSERT_EQ(got.gram(i, j), got.gram(j, i)) << i << ", " << j;
    }
    EXPECT_NEAR(got.sums[i], expected.sums[i], 2 * bound) << i;
    EXPECT_NEAR(got.xy[i], expected.xy[i], bound) << i;
  }
  EXPECT_NEAR(got.y_sum, expected.y_sum, 2 * bound);
  EXPECT_NEAR(got.yy, expected.yy, bound);
}

TEST(Gram, AnswersAWorkedExample) {
  const double x[] = {1, 2, 3, 4, 5, 7};  // [3, 2]
  const std::vector<double> shift{1, 2}, y{10, 20, 40};
  Result got(2);
  ASSERT_TRUE(got.run({.x = {x, 3, 2}, .shift = shift, .y = y, .y_shift = 10}, 1).is_ok());
  // z = (0,0) (2,2) (4,5), t = 0 10 30
  EXPECT_EQ(got.gram(0, 0), 20);
  EXPECT_EQ(got.gram(0, 1), 24);
  EXPECT_EQ(got.gram(1, 0), 24);
  EXPECT_EQ(got.gram(1, 1), 29);
  EXPECT_EQ(got.sums, (std::vector<double>{6, 7}));
  EXPECT_EQ(got.xy, (std::vector<double>{140, 170}));
  EXPECT_EQ(got.y_sum, 40);
  EXPECT_EQ(got.yy, 1000);
}

TEST(Gram, StaysWithinItsBoundOfTheReference) {
  const std::size_t rows[] = {0, 1, 2, 31, 33, 65, 511, 512, 513, 1025, 4097};
  const std::size_t cols[] = {1, 2, 7, 8, 9, 33};
  for (const std::size_t r : rows) {
    for (const std::size_t c : cols) {
      SCOPED_TRACE(testing::Message() << r << " x " << c);
      const Input input = random_input(r, c, 1);
      Result got(c), expected(c);
      ASSERT_TRUE(got.run(input.args(), 1).is_ok());
      ASSERT_TRUE(expected.run(input.args(), 1, true).is_ok());
      expect_close(input, got, expected);
    }
  }
}

TEST(Gram, GivesTheSameBitsForEveryNumberOfThreads) {
  const Input input = random_input(20000, 19, 2);
  Result one(19), two(19);
  ASSERT_TRUE(one.run(input.args(), 1).is_ok());
  ASSERT_TRUE(two.run(input.args(), 2).is_ok());
  EXPECT_EQ(0, std::memcmp(one.gram.data(), two.gram.data(), 19 * 19 * sizeof(double)));
  EXPECT_EQ(one.xy, two.xy);
  EXPECT_EQ(one.sums, two.sums);
}

TEST(Gram, ReadsSlicesWithAStrideAndNothingRoundThem) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  const Input input = random_input(600, 5, 3);
  Matrix<double> wide(600, 11);
  for (std::size_t i = 0; i < 600 * 11; ++i) wide.data()[i] = kNaN;
  for (std::size_t r = 0; r < 600; ++r) {
    for (std::size_t c = 0; c < 5; ++c) wide(r, c + 3) = input.x(r, c);
  }
  for (const bool shifted : {false, true}) {
    Gram::Args packed{.x = input.x.view()};
    if (shifted) packed.shift = input.shift;
    Gram::Args sliced = packed;
    sliced.x = std::as_const(wide).view().block(0, 3, 600, 5);
    Matrix<double> first(5, 5), second(5, 5);
    Workers workers(1);
    CpuRun run{workers};
    Gram::Output a{.gram = first.view()}, b{.gram = second.view()};
    ASSERT_TRUE(Gram::cpu(run, packed, a).is_ok());
    ASSERT_TRUE(Gram::cpu(run, sliced, b).is_ok());
    EXPECT_EQ(0, std::memcmp(first.data(), second.data(), 25 * sizeof(double)));
    EXPECT_GT(first(0, 0), shifted ? 1 : 6e6);
  }
}

TEST(Gram, ANaNReachesItsOwnRowAndColumnOnly) {
  Input input = random_input(700, 6, 4);
  input.x(650, 2) = std::numeric_limits<double>::quiet_NaN();
  Result got(6);
  ASSERT_TRUE(got.run(input.args(), 1).is_ok());
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < 6; ++j)
      EXPECT_EQ(std::isnan(got.gram(i, j)), i == 2 || j == 2) << i << ", " << j;
    EXPECT_EQ(std::isnan(got.sums[i]), i == 2);
    EXPECT_EQ(std::isnan(got.xy[i]), i == 2);
  }
}

TEST(Gram, NamesBothShapesWhenTheyDoNotFit) {
  const Input input = random_input(4, 3, 5);
  Gram::Args args = input.args();
  args.shift = args.shift.first(2);
  EXPECT_NE(Gram::check(args).message().find("shift has 2 elements, it must have 3"),
            std::string::npos);
  args = input.args();
  args.y = args.y.first(3);
  EXPECT_EQ(Gram::check(args).code(), Code::kInvalidArgument);
  Matrix<double> small(2, 3);
  const Gram::Output out{.gram = small.view()};
  EXPECT_NE(Gram::check_output(input.args(), out).message().find("[2, 3], it must be [3, 3]"),
            std::string::npos);
}

TEST(Gram, NoColumnsStillSumY) {
  const std::vector<double> y{1, 2, 4};
  Gram::Output out;
  Workers workers(1);
  CpuRun run{workers};
  ASSERT_TRUE(Gram::cpu(run, {.x = {nullptr, 3, 0}, .y = y}, out).is_ok());
  EXPECT_EQ(out.y_sum, 7);
  EXPECT_EQ(out.yy, 21);
}

}  // namespace
}  // namespace weir::ops
