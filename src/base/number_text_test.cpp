#include "base/number_text.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

namespace weir {
namespace {

TEST(NumberText, IsShortAndReadsBack) {
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(-5), "-5");
  EXPECT_EQ(number_text(1e-160), "1e-160");
  for (const double value : {1.0 / 3, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308}) {
    EXPECT_EQ(std::strtod(number_text(-value).c_str(), nullptr), -value);
  }
}

TEST(NumberText, NamesWhatIsNotFinite) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(number_text(-kInfinity), "-inf");
  EXPECT_EQ(number_text(kNan), "nan");
  EXPECT_EQ(number_text(-kNan), "nan");
}

}  // namespace
}  // namespace weir
