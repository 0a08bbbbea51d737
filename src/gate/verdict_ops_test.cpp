#include "gate/verdict_ops.hpp"

#include <gtest/gtest.h>

namespace weir::gate {
namespace {

TEST(VerdictOps, AreAllOfAClassThatIsEqualEverywhere) {
  const Status status = check_verdict_ops(verdict_ops());
  EXPECT_TRUE(status.is_ok()) << status.to_string();
}

TEST(VerdictOps, RefuseWhatDiffersBetweenMachinesByName) {
  constexpr std::string_view kProduct[] = {"matrix.multiply_f64"};
  const Status status = check_verdict_ops(kProduct);
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_EQ(status.reason(), "op_tolerant");
  EXPECT_NE(status.message().find("matrix.multiply_f64"), std::string::npos);
  constexpr std::string_view kExact[] = {"matrix.multiply_s8"};
  EXPECT_TRUE(check_verdict_ops(kExact).is_ok());
  constexpr std::string_view kNothing[] = {"matrix.magic"};
  EXPECT_EQ(check_verdict_ops(kNothing).code(), Code::kNotFound);
}

}  // namespace
}  // namespace weir::gate
