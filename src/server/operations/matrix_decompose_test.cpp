#include <gtest/gtest.h>

#include <cmath>

#include "server/app/json_value.hpp"
#include "server/operations/operation_service.hpp"

namespace weir::server {
namespace {

class MatrixDecompose : public testing::Test {
 protected:
  // The result, or null with the answer printed.
  const JsonValue* result(std::string_view body) {
    const OperationReply reply = service_.answer("matrix_decompose", body, "r-1");
    EXPECT_EQ(reply.http_status, 200U) << reply.body;
    const auto parsed = parse_json(reply.body);
    if (!parsed || reply.http_status != 200) return nullptr;
    answer_ = *parsed;
    return answer_.find("result");
  }
  static double number(const JsonValue& matrix, std::size_t row, std::size_t column) {
    return matrix.items[row].items[column].number;
  }
  std::string refused(std::string_view body, unsigned status) {
    const OperationReply reply = service_.answer("matrix_decompose", body, "r-1");
    EXPECT_EQ(reply.http_status, status) << reply.body;
    return reply.body;
  }

 private:
  ops::Context context_{ops::Workers(1), system_clock()};
  OperationService service_{context_, {.running_max = 1, .queued_max = 4}};
  JsonValue answer_;
};

TEST_F(MatrixDecompose, AnswersEachKind) {
  const JsonValue* eigen = result(R"({"matrix":[[2,1],[1,2]],"kind":"eigenvalues"})");
  ASSERT_NE(eigen, nullptr);
  EXPECT_NEAR(eigen->find("values")->items[0].number, 1, 1e-14);
  EXPECT_NEAR(eigen->find("values")->items[1].number, 3, 1e-14);
  EXPECT_NEAR(number(*eigen->find("vectors"), 0, 1), std::sqrt(0.5), 1e-14);
  const JsonValue* lower = result(R"({"a":[[4,2],[2,5]],"kind":"cholesky"})");
  ASSERT_NE(lower, nullptr);
  EXPECT_EQ(number(*lower->find("lower"), 0, 0), 2);
  EXPECT_EQ(number(*lower->find("lower"), 1, 1), 2);
  const JsonValue* qr = result(R"({"matrix":[[3],[4]],"kind":"qr"})");
  ASSERT_NE(qr, nullptr);
  EXPECT_NEAR(number(*qr->find("r"), 0, 0), 5, 1e-14);
  EXPECT_NEAR(number(*qr->find("q"), 1, 0), 0.8, 1e-15);
  for (const char* body :
       {R"({"matrix":[[3,0],[0,4],[0,0]],"kind":"svd"})",
        R"({"matrix":[[3,0],[0,4],[0,0]],"kind":"randomized_svd","rank":2,"seed":7})"}) {
    const JsonValue* svd = result(body);
    ASSERT_NE(svd, nullptr);
    EXPECT_NEAR(svd->find("values")->items[0].number, 4, 1e-14);
    EXPECT_NEAR(svd->find("values")->items[1].number, 3, 1e-14);
    EXPECT_NEAR(number(*svd->find("u"), 1, 0), 1, 1e-14);
    EXPECT_NEAR(number(*svd->find("vt"), 1, 0), 1, 1e-14);
  }
}

TEST_F(MatrixDecompose, SaysWhatItRefuses) {
  EXPECT_NE(refused(R"({"matrix":[[1]]})", 400).find("kind"), std::string::npos);
  EXPECT_NE(refused(R"({"matrix":[[1]],"kind":"lu"})", 400).find("randomized_svd"),
            std::string::npos);
  EXPECT_NE(refused(R"({"matrix":[[1,2],[3,1]],"kind":"eigenvalues"})", 400).find("asymmetric"),
            std::string::npos);
  EXPECT_NE(refused(R"({"matrix":[[1,2],[2,1]],"kind":"cholesky"})", 409).find("order 2"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::server
