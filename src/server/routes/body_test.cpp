// The corpus of body_fuzz: every kind of body that a route takes, and what crashed once.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include "server/app/json_value.hpp"
#include "server/app/router.hpp"
#include "server/testing/answer_body.hpp"

namespace weir::server {
namespace {

TEST(RouteBodies, AreAnsweredInJsonWithoutInternalErrors) {
  BodyAnswerer answerer;
  const Router router(route_table());
  std::set<std::string_view> covered;
  const std::filesystem::path corpus =
      std::filesystem::path(WEIR_SOURCE_DIR) / "tests/fuzz/body_fuzz";
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    const auto reply = answerer.answer(bytes);
    ASSERT_TRUE(reply.has_value()) << entry.path() << ": no route takes this body";
    EXPECT_NE(reply->status, 500U) << entry.path() << ": " << reply->body;
    if (reply->content_type == "application/json" && !reply->body.empty()) {
      EXPECT_TRUE(parse_json(reply->body).has_value()) << entry.path() << ": " << reply->body;
    }
    if (reply->content_type == "application/x-ndjson") {
      std::istringstream lines(reply->body);
      for (std::string line; std::getline(lines, line);) EXPECT_TRUE(parse_json(line)) << line;
    }
    const std::size_t blank = bytes.find(' ');
    const std::string path =
        bytes.substr(blank + 1, bytes.find_first_of(" ?\n", blank + 1) - blank - 1);
    covered.insert(router.find(parse_method(bytes.substr(0, blank)), path).route->name);
  }
  for (const Route& route : route_table()) {
    if (route.accepts == Accepts::kNothing) continue;
    EXPECT_TRUE(covered.contains(route.name)) << route.name << " has no body in " << corpus;
  }
}

}  // namespace
}  // namespace weir::server
