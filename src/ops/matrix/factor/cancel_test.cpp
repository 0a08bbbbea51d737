// A factorization that was asked to stop says so instead of answering with half of one.
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "ops/matrix/chol_solve/chol_solve.hpp"
#include "ops/matrix/cholesky/cholesky.hpp"
#include "ops/matrix/eigen_symmetric/eigen_symmetric.hpp"
#include "ops/matrix/factor/sample.hpp"
#include "ops/matrix/gram/gram.hpp"
#include "ops/matrix/inverse/inverse.hpp"
#include "ops/matrix/least_squares/least_squares.hpp"
#include "ops/matrix/lu_solve/lu_solve.hpp"
#include "ops/matrix/qr/qr.hpp"
#include "ops/matrix/randomized_svd/randomized_svd.hpp"
#include "ops/matrix/svd/svd.hpp"

namespace weir::ops {
namespace {

TEST(Factorizations, StopWhenCancelled) {
  constexpr std::size_t kN = 150;
  const Matrix<double> definite = factor::positive_definite(kN, 1);
  const MatrixView<double> a = definite.view();
  Matrix<double> first(kN, kN), second(kN, kN);
  std::vector<double> values(kN);
  const std::atomic<bool> cancel{true};
  Workers workers(1);
  const TaskWatch watch(&cancel, {}, system_clock());
  CpuRun run{workers, &watch};
  const auto expect = [](const OpInfo& info, const Status& status) {
    EXPECT_EQ(status.code(), Code::kCancelled) << info.name << ": " << status.to_string();
  };
  LuSolve::Output solved{.x = first.view()};
  expect(LuSolve::kInfo, LuSolve::cpu(run, {a, a}, solved));
  Inverse::Output inverted{.inverse = first.view()};
  expect(Inverse::kInfo, Inverse::cpu(run, {a}, inverted));
  Cholesky::Output lower{.lower = first.view()};
  expect(Cholesky::kInfo, Cholesky::cpu(run, {a}, lower));
  CholSolve::Output chol_solved{.x = first.view()};
  expect(CholSolve::kInfo, CholSolve::cpu(run, {a, a}, chol_solved));
  Qr::Output qr{.q = first.view(), .r = second.view()};
  expect(Qr::kInfo, Qr::cpu(run, {a}, qr));
  LeastSquares::Output least{.x = first.view()};
  expect(LeastSquares::kInfo, LeastSquares::cpu(run, {.a = a, .b = a}, least));
  EigenSymmetric::Output eigen{.values = values, .vectors = first.view()};
  expect(EigenSymmetric::kInfo, EigenSymmetric::cpu(run, {a}, eigen));
  Svd::Output svd{.u = first.view(), .values = values, .vt = second.view()};
  expect(Svd::kInfo, Svd::cpu(run, {a}, svd));
  RandomizedSvd::Output leading{.u = first.view(), .values = values, .vt = second.view()};
  expect(RandomizedSvd::kInfo, RandomizedSvd::cpu(run, {.a = a, .rank = kN}, leading));
  Gram::Output gram{.gram = first.view()};
  expect(Gram::kInfo, Gram::cpu(run, {.x = a}, gram));
}

}  // namespace
}  // namespace weir::ops
