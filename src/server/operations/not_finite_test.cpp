#include <gtest/gtest.h>

#include "server/operations/operation_service.hpp"

namespace weir::server {
namespace {

TEST(NumbersThatJsonCannotSay, AreNullAndCounted) {
  ops::Context context{ops::Workers(1), system_clock()};
  OperationService service{context, {.running_max = 1, .queued_max = 4}};
  struct Case {
    const char* name;
    const char* body;
    const char* warnings;
  };
  const char* const two = R"("warnings":["2 numbers of the result are NaN or infinite, and null)";
  const Case cases[] = {
      {"matrix_multiply", R"({"a":[[1e200],[1]],"b":[[1e200,1e300,1]]})", two},
      {"matrix_multiply", R"({"a":[[1e200],[1]],"b":[[1e100,1e30,1]]})", R"("warnings":[])"},
      {"statistics", R"({"data":[[1,2]],"covariance":true})", "4 numbers of the result"},
      {"convolution", R"({"data":[1e200,1,1e200],"kernel":[1e200]})", two},
      {"data_processing",
       R"({"data":[1,0,-1],"operations":[{"op":"map","set":{"x":"value / 0e0"}}]})",
       "3 numbers of the result"},
      {"data_processing", R"({"data":[1,null],"operations":[]})", R"("warnings":[])"},
  };
  for (const Case& one : cases) {
    const OperationReply reply = service.answer(one.name, one.body, "r-1");
    EXPECT_EQ(reply.http_status, 200U) << reply.body;
    EXPECT_NE(reply.body.find(one.warnings), std::string::npos) << one.body << ": " << reply.body;
  }
  const OperationReply base64 = service.answer(
      "matrix_multiply", R"({"a":{"shape":[1,1],"data":"AAAAAAAA8H8="},"b":[[1]]})", "r-1");
  EXPECT_NE(base64.body.find(R"("warnings":[])"), std::string::npos) << base64.body;
}

}  // namespace
}  // namespace weir::server
