#include <gtest/gtest.h>

#include <utility>

#include "base/clock.hpp"
#include "device/sim/driver.hpp"
#include "ops/execute.hpp"
#include "ops/matrix/add/add_parity.hpp"
#include "ops/matrix/scale/scale_parity.hpp"
#include "ops/matrix/transpose/transpose_parity.hpp"

namespace weir::ops {
namespace {

template <class T>
Matrix<T> counted(std::size_t rows, std::size_t cols) {
  Matrix<T> matrix(rows, cols);
  for (std::size_t i = 0; i < rows * cols; ++i) matrix.data()[i] = static_cast<T>(i % 8191);
  return matrix;
}

template <class T>
class LargeMatrixTest : public testing::Test {};
using Types = testing::Types<double, float>;
TYPED_TEST_SUITE(LargeMatrixTest, Types);

// Above kStreamBytes results go past the caches.
TYPED_TEST(LargeMatrixTest, ResultsPastTheCachesAreRight) {
  using T = TypeParam;
  const std::size_t rows = 2051;
  const std::size_t cols = sizeof(T) == 8 ? 1100 : 2100;
  const Matrix<T> a = counted<T>(rows, cols);
  Matrix<T> sum(rows, cols);
  Matrix<T> scaled(rows, cols);
  Matrix<T> turned(cols, rows);
  Workers workers(2);
  CpuRun run{workers};
  typename Add<T>::Output add_out{sum.view()};
  typename Scale<T>::Output scale_out{scaled.view()};
  typename Transpose<T>::Output transpose_out{turned.view()};
  ASSERT_TRUE(Add<T>::cpu(run, {a.view(), a.view()}, add_out).is_ok());
  ASSERT_TRUE(Scale<T>::cpu(run, {a.view(), 2}, scale_out).is_ok());
  ASSERT_TRUE(Transpose<T>::cpu(run, {a.view()}, transpose_out).is_ok());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < cols; ++c) {
      ASSERT_EQ(sum(r, c), a(r, c) + a(r, c)) << r << ", " << c;
      ASSERT_EQ(scaled(r, c), 2 * a(r, c)) << r << ", " << c;
      ASSERT_EQ(turned(c, r), a(r, c)) << r << ", " << c;
    }
  }
}

TYPED_TEST(LargeMatrixTest, AddsAndScalesInPlace) {
  using T = TypeParam;
  Matrix<T> a = counted<T>(37, 41);
  Workers workers(1);
  CpuRun run{workers};
  typename Add<T>::Output add_out{a.view()};
  ASSERT_TRUE(Add<T>::cpu(run, {a.view(), a.view()}, add_out).is_ok());
  typename Scale<T>::Output scale_out{a.view()};
  ASSERT_TRUE(Scale<T>::cpu(run, {a.view(), T(0.25)}, scale_out).is_ok());
  for (std::size_t i = 0; i < 37 * 41; ++i) EXPECT_EQ(a.data()[i], static_cast<T>(i) / 2);
}

TEST(Add, RefusesShapesThatDiffer) {
  const Matrix<double> a(3, 4);
  const Matrix<double> b(4, 3);
  const Status status = AddF64::check({a.view(), b.view()});
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("3 x 4"), std::string::npos);
  EXPECT_NE(status.message().find("4 x 3"), std::string::npos);
  Matrix<double> c(4, 3);
  AddF64::Output out{c.view()};
  Workers workers(1);
  CpuRun run{workers};
  EXPECT_EQ(AddF64::cpu(run, {a.view(), a.view()}, out).reason(), "shape_mismatch");
}

TEST(Scale, RefusesAnotherStrideInPlace) {
  Matrix<float> a(6, 8);
  ScaleF32::Output out{{a.data(), 6, 4, 5}};
  Workers workers(1);
  CpuRun run{workers};
  EXPECT_EQ(ScaleF32::cpu(run, {{a.data(), 6, 4, 8}, 2}, out).reason(), "overlap");
}

TEST(Transpose, RefusesItsOwnMemory) {
  Matrix<double> a(6, 6);
  TransposeF64::Output out{a.view()};
  Workers workers(1);
  CpuRun run{workers};
  EXPECT_EQ(TransposeF64::cpu(run, {a.view()}, out).reason(), "overlap");
  Matrix<double> c(6, 5);
  TransposeF64::Output narrow{c.view()};
  EXPECT_EQ(TransposeF64::cpu(run, {a.view()}, narrow).reason(), "shape_mismatch");
}

// The device is lost at some call: the CPU must find A as it was.
TEST(Scale, InPlaceOnADeviceThatFailsIsRight) {
  bool finished_on_device = false;
  for (std::uint64_t at = 1; at < 500 && !finished_on_device; at += 3) {
    ManualClock clock;
    Context context(Workers(1), clock);
    constexpr std::uint64_t kBytes = std::uint64_t{1} << 20;
    device::DeviceLimits limits;
    limits.memory_bytes_max = kBytes;
    limits.staging_bytes = 1 << 16;
    auto device = device::Device::create(
        device::sim::make_driver({.seed = at, .lose_at_op = at}, kBytes), limits, clock);
    if (!device) continue;
    context.use_device(std::move(*device), {});
    Matrix<double> a = counted<double>(200, 10);
    ScaleF64::Output out{a.view()};
    const auto report = execute<ScaleF64>(context, {std::as_const(a).view(), 3}, out,
                                          {.placement = Placement::kGpu, .chunk_rows = 20});
    ASSERT_TRUE(report) << report.error().to_string();
    finished_on_device = report->backend == device::Kind::kSim;
    for (std::size_t i = 0; i < 2000; ++i) {
      ASSERT_EQ(a.data()[i], 3 * static_cast<double>(i)) << "lost at " << at;
    }
  }
  EXPECT_TRUE(finished_on_device) << "the loop ends when the loss comes too late to matter";
}

}  // namespace
}  // namespace weir::ops
