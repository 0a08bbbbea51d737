#include "base/numeric/range_scale.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace weir::numeric {
namespace {

TEST(RangeScale, BringsAllMagnitudesToWhereSquaresStay) {
  for (const double value : {5e-324, 1e-310, 1e-160, 0.75, 1.0, 3.0, 1e200, 1.7e308}) {
    const double scale = range_scale(value);
    EXPECT_GE(value * scale, 0x1p-74) << value;
    EXPECT_LE(value * scale, 0x1p24) << value;
    EXPECT_EQ(value * scale / scale, value);
    EXPECT_TRUE(std::isnormal(1 / scale)) << value;
  }
  EXPECT_EQ(range_scale(3), 0.5);
}

TEST(RangeScale, LeavesAloneWhatHasNoScale) {
  EXPECT_EQ(range_scale(0), 1);
  EXPECT_EQ(range_scale(std::numeric_limits<double>::infinity()), 1);
  EXPECT_EQ(range_scale(std::numeric_limits<double>::quiet_NaN()), 1);
}

}  // namespace
}  // namespace weir::numeric
