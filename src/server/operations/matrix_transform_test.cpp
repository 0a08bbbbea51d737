// fft and convolution of matrices.
#include <gtest/gtest.h>

#include "server/operations/operation_service.hpp"

namespace weir::server {
namespace {

struct MatrixTransform : testing::Test {
  std::string answer(std::string_view name, std::string_view body) {
    return service.answer(name, body, "r-1").body;
  }
  static std::string result_of(const std::string& body) {
    const std::size_t begin = body.find("\"result\":");
    return body.substr(begin, body.find(",\"gpu_used\"") - begin);
  }
  ops::Context context{ops::Workers(1), system_clock()};
  OperationService service{context, {.running_max = 1, .queued_max = 4}};
};

TEST_F(MatrixTransform, FftTakesAShape) {
  EXPECT_EQ(result_of(answer("fft", R"({"data":[1,2,3,4],"shape":[2,2]})")),
            R"("result":{"data":[[10,0],[-2,0],[-4,0],[0,0]],"shape":[2,2]})");
  EXPECT_EQ(result_of(answer("fft", R"({"data":[[10,0],[-2,0],[-4,0],[0,0]],"shape":[2,2],)"
                                    R"("inverse":true})")),
            R"("result":{"data":[[1,0],[2,0],[3,0],[4,0]],"shape":[2,2]})");
  // A row alone is the transform of a series.
  const std::string row = answer("fft", R"({"data":[1,2,3,4],"shape":[1,4]})");
  EXPECT_NE(row.find(R"({"data":[[10,0],[-2,2],[-2,0],[-2,-2]])"), std::string::npos) << row;
  EXPECT_NE(row.find("\"fft.fft2\""), std::string::npos) << row;
}

TEST_F(MatrixTransform, FftRefusesShapesThatDoNotFit) {
  for (const auto& [body, field] : {std::pair{R"({"data":[1,2,3],"shape":[2,2]})", "shape"},
                                    {R"({"data":[1,2,3],"shape":[3]})", "shape"},
                                    {R"({"data":[1,2,3],"shape":[0,3]})", "shape"},
                                    {R"({"data":[1,2,3],"shape":[3,-1]})", "shape"},
                                    {R"({"data":[],"shape":[16385,1]})", "shape"},
                                    {R"({"data":[1,2,3],"shape":"3x1"})", "shape"},
                                    {R"({"data":[1,2,3,4],"shape":[2,2],"real":true})", "real"}}) {
    const OperationReply reply = service.answer("fft", body, "r-1");
    EXPECT_EQ(reply.http_status, 400U) << body;
    EXPECT_NE(reply.body.find("\"field\":\"" + std::string(field) + '"'), std::string::npos)
        << reply.body;
  }
}

TEST_F(MatrixTransform, ConvolutionTakesMatrices) {
  EXPECT_EQ(result_of(answer("convolution", R"({"data":[[1,2],[3,4]],"kernel":[[1,1]]})")),
            R"("result":{"data":[[1,3,2],[3,7,4]]})");
  EXPECT_EQ(result_of(answer("convolution", R"({"data":[[1,2],[3,4]],"kernel":[[1],[10]],)"
                                            R"("mode":"valid"})")),
            R"("result":{"data":[[13,24]]})");
  const OperationReply larger =
      service.answer("convolution", R"({"data":[[1]],"kernel":[[1,2]],"mode":"valid"})", "r-1");
  EXPECT_EQ(larger.http_status, 400U);
  EXPECT_NE(larger.body.find("\"field\":\"data\""), std::string::npos) << larger.body;
  const OperationReply mixed =
      service.answer("convolution", R"({"data":[[1]],"kernel":[1,2]})", "r-1");
  EXPECT_EQ(mixed.http_status, 400U);
  EXPECT_NE(mixed.body.find("kernel"), std::string::npos) << mixed.body;
}

}  // namespace
}  // namespace weir::server
