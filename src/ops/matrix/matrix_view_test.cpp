#include "ops/matrix/matrix_view.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "ops/matrix/lapack.hpp"

namespace weir::ops {
namespace {

static_assert(std::is_copy_constructible_v<MutableMatrixView<double>>);
static_assert(std::is_convertible_v<MutableMatrixView<double>, MatrixView<double>>);
static_assert(!std::is_convertible_v<MatrixView<double>, MutableMatrixView<double>>);

TEST(MatrixView, BlocksShareTheRowsOfTheWhole) {
  std::vector<double> values(12);
  for (std::size_t i = 0; i < 12; ++i) values[i] = static_cast<double>(i);
  const MutableMatrixView<double> whole(values.data(), 3, 4);
  const MatrixView<double> block = whole.block(1, 2, 2, 2);
  EXPECT_EQ(block(0, 0), 6);
  EXPECT_EQ(block(1, 1), 11);
  EXPECT_EQ(block.stride, 4u);
  EXPECT_FALSE(block.packed());
  EXPECT_TRUE(whole.packed());
  whole(2, 3) = -1;
  EXPECT_EQ(block.row(1)[1], -1);
}

TEST(MatrixView, AMatrixStartsAsZerosOnAlignedMemory) {
  Matrix<float> matrix(3, 5);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(matrix.data()) % 64, 0u);
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 5; ++c) EXPECT_EQ(matrix(r, c), 0);
  }
  EXPECT_TRUE(Matrix<float>(0, 5).view().empty());
}

// All 65,536 bit patterns, and the float half way to the next one and its neighbours.
template <class Small, class Convert>
void expect_conversions_round_to_nearest_even(Convert to_small) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (std::uint32_t bits = 0; bits < 0x10000u; ++bits) {
    const Small small{static_cast<std::uint16_t>(bits)};
    const float exact = to_float(small);
    if (std::isnan(exact)) {
      const Small quiet = to_small(exact);
      EXPECT_TRUE(std::isnan(to_float(quiet))) << bits;
      EXPECT_EQ(quiet.bits >> 15, bits >> 15) << bits;
      continue;
    }
    ASSERT_EQ(to_small(exact).bits, bits);
    if (std::isinf(exact)) continue;
    const Small next{static_cast<std::uint16_t>(bits + 1)};  // away from zero
    double above = to_float(next);
    if (std::isinf(to_float(next))) {  // rounding acts as if the next power of two were there
      above = std::copysign(std::ldexp(1.0, std::ilogb(exact) + 1), exact);
    }
    const auto half = static_cast<float>((static_cast<double>(exact) + above) / 2);
    const std::uint32_t even = bits % 2 == 0 ? bits : bits + 1;
    ASSERT_EQ(to_small(half).bits, even) << bits;
    ASSERT_EQ(to_small(std::nextafterf(half, 0)).bits, bits) << bits;
    ASSERT_EQ(to_small(std::nextafterf(half, std::copysign(infinity, exact))).bits, bits + 1);
  }
}

TEST(Float16, BFloat16RoundsToNearestEvenOnEveryPattern) {
  expect_conversions_round_to_nearest_even<BFloat16>([](float x) { return to_bfloat16(x); });
  EXPECT_EQ(to_bfloat16(1.0f).bits, 0x3f80);
  EXPECT_EQ(to_float(BFloat16{0x0001}), 0x1p-133f);
}

TEST(Float16, Float16RoundsToNearestEvenOnEveryPattern) {
  expect_conversions_round_to_nearest_even<Float16>([](float x) { return to_float16(x); });
  EXPECT_EQ(to_float16(1.0f).bits, 0x3c00);
  EXPECT_EQ(to_float(Float16{0x7bff}), 65504.0f);
  EXPECT_EQ(to_float16(65519.0f).bits, 0x7bff);
  EXPECT_EQ(to_float16(65520.0f).bits, 0x7c00);
  EXPECT_EQ(to_float16(-0x1p-25f).bits, 0x8000);
  EXPECT_EQ(to_float16(std::nextafterf(0x1p-25f, 1)).bits, 0x0001);
}

TEST(Lapack, FactorsASmallMatrixThroughTheFortranInterface) {
  double a[4] = {4, 2, 2, 5};
  const lapack::Int n = 2;
  lapack::Int info = -1;
  lapack::dpotrf_("U", &n, a, &n, &info, 1);
  EXPECT_EQ(info, 0);
  EXPECT_EQ(a[0], 2);
  EXPECT_EQ(a[2], 1);
  EXPECT_EQ(a[3], 2);
  double indefinite[4] = {1, 2, 2, 1};
  lapack::dpotrf_("U", &n, indefinite, &n, &info, 1);
  EXPECT_EQ(info, 2);
}

}  // namespace
}  // namespace weir::ops
