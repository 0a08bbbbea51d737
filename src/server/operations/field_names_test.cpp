#include <gtest/gtest.h>

#include "server/operations/operation_service.hpp"

namespace weir::server {
namespace {

// An error names the parameter that was written, not the op's argument or another alias.
TEST(FieldNames, AreThoseOfTheRequest) {
  struct Wrong {
    const char* name;
    const char* body;
    const char* field;
  };
  const Wrong cases[] = {
      {"fft", R"({"data":[]})", "data"},
      {"fft", R"({"data":[],"real":true})", "data"},
      {"fft", R"({"data":[],"real":true,"inverse":true})", "data"},
      {"fft", R"({"data":[1,2],"real":true,"inverse":true,"n":9})", "n"},
      {"convolution", R"({"data":[1],"kernel":[1,2],"mode":"valid"})", "data"},
      {"convolution", R"({"data":[1],"kernel":[]})", "kernel"},
      {"statistics", R"({"data":[1,"a"]})", "data[1]"},
      {"statistics", R"({"values":[1,2,true]})", "values[2]"},
      {"statistics", R"({"values":[[1,2]]})", "values"},
      {"features", R"({"values":[1,"a"]})", "values[1]"},
      {"matrix_multiply", R"({"matrixA":[[1,"x"]],"b":[[1]]})", "matrixA[0][1]"},
      {"matrix_multiply", R"({"matrixA":[[1,2]],"matrixB":[[1]]})", "matrixB"},
      {"matrix_multiply", R"({"matrixA":[[1,2]],"b":[[1]]})", "b"},
      {"matrix_multiply", R"({"matrixA":[[0.5]],"b":[[1]],"options":{"precision":"int8"}})",
       "matrixA"},
      {"matrix_multiply", R"({"b":[[1]]})", "a"},
      {"matrix_add", R"({"matrixA":[[1,2]],"matrixB":[[1]]})", "matrixB"},
      {"matrix_inverse", R"({"matrix":[[1,2]]})", "matrix"},
      {"matrix_inverse", R"({"a":[[1,2]]})", "a"},
      {"matrix_decompose", R"({"a":[[1,2]],"kind":"cholesky"})", "a"},
  };
  ops::Context context{ops::Workers(1), system_clock()};
  OperationService service{context, {.running_max = 1, .queued_max = 4}};
  for (const Wrong& wrong : cases) {
    const OperationReply reply = service.answer(wrong.name, wrong.body, "r-1");
    EXPECT_EQ(reply.http_status, 400U) << wrong.body << ": " << reply.body;
    EXPECT_NE(reply.body.find("\"field\":\"" + std::string(wrong.field) + "\""), std::string::npos)
        << wrong.body << ": " << reply.body;
  }
}

TEST(FieldNames, SayThatAnExpressionEndsTooSoon) {
  ops::Context context{ops::Workers(1), system_clock()};
  OperationService service{context, {.running_max = 1, .queued_max = 4}};
  const OperationReply reply = service.answer(
      "data_processing", R"({"data":[1],"operations":[{"op":"filter","where":"value >"}]})", "r-1");
  EXPECT_NE(reply.body.find("\"message\":\"the text ends too soon\""), std::string::npos)
      << reply.body;
}

}  // namespace
}  // namespace weir::server
