#include "base/isa.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace weir {
namespace {

TEST(Isa, ParsesItsNames) {
  for (const Isa isa : {Isa::kScalar, Isa::kSse4, Isa::kAvx2, Isa::kAvx512}) {
    EXPECT_EQ(*parse_isa(isa_name(isa)), isa);
  }
  EXPECT_EQ(parse_isa("mmx").error().reason(), "isa_unknown");
}

TEST(Isa, IsNeverWiderThanTheCpuNorTheLimit) {
  const Isa before = isa_active();
  EXPECT_LE(before, isa_detected());
  for (const Isa isa : {Isa::kAvx512, Isa::kAvx2, Isa::kSse4, Isa::kScalar}) {
    limit_isa(isa);
    EXPECT_EQ(isa_active(), std::min(isa, isa_detected()));
    EXPECT_TRUE(isa_allowed(Isa::kScalar));
  }
  EXPECT_FALSE(sha_ni_allowed());
  limit_isa(Isa::kAvx512);
  EXPECT_EQ(isa_active(), isa_detected());
}

}  // namespace
}  // namespace weir
