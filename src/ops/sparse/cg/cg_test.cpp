#include "ops/sparse/cg/cg.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/isa.hpp"
#include "ops/sparse/sparse_sample.hpp"

namespace weir::ops {
namespace {

Status solve(const Cg::Args& args, Cg::Output& out, unsigned threads = 1) {
  Workers workers(threads);
  CpuRun run{workers};
  WEIR_TRY(Cg::check(args));
  return Cg::cpu(run, args, out);
}

TEST(Cg, EqualsTheReferenceOnEveryInstructionSetAndThreadCount) {
  Philox rng(20261121, 21);
  for (const std::size_t n : {1U, 33U, 1024U, 1025U, 70'000U}) {
    const Csr a = tridiagonal(n, -1, 2.5, -1);
    const std::vector<double> b = random_vector(rng, n);
    const std::vector<double> start = random_vector(rng, n);
    for (const bool from_start : {false, true}) {
      Cg::Args args{.a = a.view(), .b = b, .tolerance = 1e-9, .iterations_max = 40};
      if (from_start) args.start = start;
      std::vector<double> expected(n), x(n);
      Cg::Output reference{expected};
      ASSERT_TRUE(Cg::reference(args, reference));
      for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) {
        limit_isa(isa);
        for (const unsigned threads : {1U, 2U}) {
          Cg::Output out{x};
          ASSERT_TRUE(solve(args, out, threads));
          ASSERT_EQ(std::memcmp(x.data(), expected.data(), n * 8), 0) << n << " rows";
          EXPECT_EQ(out.iterations, reference.iterations);
          EXPECT_EQ(out.residual, reference.residual);
          EXPECT_EQ(out.converged, reference.converged);
        }
      }
    }
  }
}

TEST(Cg, SolvesAPoissonProblemInAsManyStepsAsRows) {
  const std::size_t n = 60;
  const Csr a = tridiagonal(n, -1, 2, -1);
  const std::vector<double> b(n, 1.0);
  std::vector<double> x(n);
  Cg::Output out{x};
  ASSERT_TRUE(solve({.a = a.view(), .b = b}, out));
  EXPECT_TRUE(out.converged);
  EXPECT_LE(out.iterations, n);
  EXPECT_LE(out.residual, 1e-10);
  for (std::size_t i = 0; i < n; ++i) {  // x_i = (i + 1) (n - i) / 2
    EXPECT_NEAR(x[i], static_cast<double>((i + 1) * (n - i)) / 2, 1e-8);
  }
}

TEST(Cg, SaysThatItHasNotConverged) {
  const Csr a = tridiagonal(500, -1, 2, -1);
  const std::vector<double> b(500, 1.0);
  std::vector<double> x(500);
  Cg::Output out{x};
  ASSERT_TRUE(solve({.a = a.view(), .b = b}, out));
  EXPECT_FALSE(out.converged);
  EXPECT_EQ(out.iterations, 100U);
  EXPECT_GT(out.residual, 1e-10);
}

TEST(Cg, AnswersZeroForZero) {
  const Csr a = tridiagonal(3, -1, 2, -1);
  const std::vector<double> zero(3, 0.0);
  const std::vector<double> start(3, 1.0);
  std::vector<double> x(3, 7.0);
  Cg::Output out{x};
  ASSERT_TRUE(solve({.a = a.view(), .b = zero, .start = start}, out));
  EXPECT_EQ(x, zero);
  EXPECT_TRUE(out.converged);
  EXPECT_EQ(out.iterations, 0U);
}

TEST(Cg, FailsWhereTheMatrixIsNotPositive) {
  std::vector<double> x(3);
  Cg::Output out{x};
  const std::vector<double> b = {1, -1, 1};
  const Csr indefinite = tridiagonal(3, 2, 1, 2);
  const Status curved = solve({.a = indefinite.view(), .b = b}, out);
  EXPECT_EQ(curved.code(), Code::kFailedPrecondition);
  EXPECT_EQ(curved.reason(), "not_positive_definite");
  EXPECT_EQ(curved.message(), "p'Ap is -5 in iteration 0");
  const Csr hollow = tridiagonal(3, 1, 0, 1);
  EXPECT_EQ(solve({.a = hollow.view(), .b = b}, out).message(), "diagonal element 0 is 0");
  const std::vector<double> broken = {1, std::nan(""), 1};
  const Csr good = tridiagonal(3, -1, 2, -1);
  const Status not_finite = solve({.a = good.view(), .b = broken}, out);
  EXPECT_EQ(not_finite.code(), Code::kFailedPrecondition);
  EXPECT_EQ(not_finite.message(), "p'Ap is nan in iteration 0");
}

// b'b was infinite, or 0: x = 0 was called converged.
TEST(Cg, SolvesAtEveryScaleOfTheRightSide) {
  const std::size_t n = 50;
  const Csr a = tridiagonal(n, -1, 2.5, -1);
  Philox rng(20261122, 4);
  const std::vector<double> b = random_vector(rng, n);
  const std::vector<double> start = random_vector(rng, n);
  std::vector<double> want(n), x(n);
  Cg::Output plain{want};
  ASSERT_TRUE(solve({.a = a.view(), .b = b, .start = start}, plain));
  ASSERT_TRUE(plain.converged);
  for (const int power : {-1020, -600, -530, -260, 260, 520, 700, 1020}) {
    std::vector<double> scaled_b(n), scaled_start(n);
    for (std::size_t i = 0; i < n; ++i) scaled_b[i] = std::ldexp(b[i], power);
    for (std::size_t i = 0; i < n; ++i) scaled_start[i] = std::ldexp(start[i], power);
    Cg::Output out{x};
    const Status status = solve({.a = a.view(), .b = scaled_b, .start = scaled_start}, out);
    ASSERT_TRUE(status) << power << ": " << status.to_string();
    EXPECT_TRUE(out.converged) << power;
    EXPECT_EQ(out.iterations, plain.iterations) << power;
    for (std::size_t i = 0; i < n; ++i) {
      ASSERT_NEAR(std::ldexp(x[i], -power), want[i], 1e-12) << power << ", " << i;
    }
  }
}

TEST(Cg, NeverCallsWhatIsNotFiniteConverged) {
  const double inf = std::numeric_limits<double>::infinity();
  const Csr a = tridiagonal(3, -1, 2, -1);
  std::vector<double> x(3);
  Cg::Output out{x};
  const std::vector<double> b = {1, inf, 1};
  const Status status = solve({.a = a.view(), .b = b}, out);
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_EQ(status.reason(), "not_finite");
  const Csr small = tridiagonal(3, 0, 1e-200, 0);  // x = 1e500
  const std::vector<double> large(3, 1e300);
  ASSERT_TRUE(solve({.a = small.view(), .b = large}, out));
  EXPECT_FALSE(out.converged);
}

TEST(Cg, NamesWhatDoesNotFit) {
  const Csr a = tridiagonal(3, -1, 2, -1);
  const std::vector<double> b(2);
  const std::vector<double> fits(3);
  EXPECT_EQ(Cg::check({.a = a.view(), .b = b}).message(),
            "A is 3 x 3, b has 2 elements, the start 0");
  EXPECT_EQ(Cg::check({.a = a.view(), .b = fits, .tolerance = std::nan("")}).reason(),
            "tolerance_range");
}

TEST(Cg, StopsWhenCancelled) {
  const Csr a = tridiagonal(50, -1, 2, -1);
  const std::vector<double> b(50, 1.0);
  std::vector<double> x(50);
  Workers workers(1);
  const std::atomic<bool> cancel = true;
  const TaskWatch watch(&cancel, {}, system_clock());
  CpuRun run{workers, &watch};
  Cg::Output out{x};
  EXPECT_EQ(Cg::cpu(run, {.a = a.view(), .b = b}, out).code(), Code::kCancelled);
}

}  // namespace
}  // namespace weir::ops
