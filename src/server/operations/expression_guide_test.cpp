#include <gtest/gtest.h>

#include <fstream>

#include "server/operations/operation_service.hpp"

namespace weir::server {
namespace {

// Lines like "id / 2 => 3.5" in blocks of the guide, of the row that its first block gives.
TEST(ExpressionGuide, SaysWhatExpressionsComeTo) {
  ops::Context context{ops::Workers(1), system_clock()};
  OperationService service{context, {.running_max = 1, .queued_max = 4}};
  std::ifstream guide(WEIR_SOURCE_DIR "/docs/guide/expressions.md");
  std::string block, row;
  std::size_t expressions = 0;
  for (std::string line; std::getline(guide, line);) {
    if (line.starts_with("```")) {
      block = block.empty() ? line : "";
    } else if (block == "```json" && row.empty()) {
      row = line;
    } else if (block == "```expr") {
      ++expressions;
      const std::size_t arrow = line.find(" => ");
      ASSERT_NE(arrow, std::string::npos) << line;
      std::string body = R"({"data":[)" + row + R"(],"operations":[{"op":"map","set":{"x":)";
      JsonWriter(body).string(line.substr(0, arrow));
      body += R"(}},{"op":"select","columns":["x"]}]})";
      const OperationReply reply = service.answer("data_processing", body, "r-1");
      EXPECT_NE(reply.body.find(R"("rows":[{"x":)" + line.substr(arrow + 4) + "}]"),
                std::string::npos)
          << line << ": " << reply.body;
    }
  }
  EXPECT_EQ(expressions, 41U);
}

}  // namespace
}  // namespace weir::server
