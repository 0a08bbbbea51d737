#include <gtest/gtest.h>

#include <string>

#include "server/operations/operation_service.hpp"

namespace weir::server {
namespace {

class DataProcessing : public testing::Test {
 protected:
  // Answers steps over rows; both as in JSON, `more` from a comma on.
  std::string run(const std::string& data, const std::string& steps, const std::string& more = "") {
    return service
        .answer("data_processing", R"({"data":)" + data + R"(,"operations":)" + steps + more + "}",
                "r-1")
        .body;
  }
  ops::Context context{ops::Workers(1), system_clock()};
  OperationService service{context, {.running_max = 1, .queued_max = 4}};
};

testing::AssertionResult says(const std::string& body, std::string_view text) {
  if (body.find(text) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << body << " does not say " << text;
}

// A minute stays a minute from step to step: as seconds, in comparisons, sums, keys and frames.
TEST_F(DataProcessing, KeepDurationsAsSeconds) {
  const std::string times = R"([{"a":"2026-01-01T00:00:00Z","b":"2026-01-01T00:01:00Z"},)"
                            R"({"a":"2026-01-01T00:00:00Z","b":"2026-01-01T00:10:00.250000Z"}])";
  const std::string span =
      R"J([{"op":"map","set":{"d":"cast(b as timestamp) - cast(a as timestamp)"}},)J";
  const std::pair<const char*, const char*> cases[] = {
      {R"J({"op":"filter","where":"d < 5m"},{"op":"select","columns":["d"]}])J",
       R"("rows":[{"d":"60.000000"}])"},
      {R"J({"op":"filter","where":"d > 600 and d <= 601"},)J"
       R"J({"op":"map","set":{"back":"cast(d as duration) / 1s",)J"
       R"J("end":"cast(a as timestamp) + cast(d as duration)"}},)J"
       R"J({"op":"select","columns":["d","back","end"]}])J",
       R"("rows":[{"d":"600.250000","back":600.25,"end":"2026-01-01T00:10:00.250000Z"}])"},
      {R"J({"op":"aggregate",)J"
       R"J("aggregates":{"all":"sum(d)","mean":"avg(d)","most":"max(d)"}}])J",
       R"("rows":[{"all":"660.250000","mean":330.125,"most":"600.250000"}])"},
      {R"J({"op":"group","by":["d"],"aggregates":{"n":"count()"}}])J",
       R"("rows":[{"d":"60.000000","n":1},{"d":"600.250000","n":1}])"},
      {R"J({"op":"window","order":["d"],"frame":{"range":["-10m","0s"]},"set":{"n":"count()"}},)J"
       R"J({"op":"select","columns":["n"]}])J",
       R"("rows":[{"n":1},{"n":2}])"},
  };
  for (const auto& [steps, said] : cases) EXPECT_TRUE(says(run(times, span + steps), said));
}

TEST_F(DataProcessing, MakeSumsThatOverflowNullWhereErrorsAre) {
  const std::string rows =
      R"([{"k":"a","x":1},{"k":"b","x":9223372036854775807},{"k":"b","x":0},{"k":"b","x":2}])";
  const std::string group =
      R"J([{"op":"group","by":["k"],"aggregates":{"s":"sum(x)","n":"count(x)"}}])J";
  const std::string window = R"J([{"op":"window","partition":["k"],"set":{"s":"sum(x)"}},)J"
                             R"J({"op":"select","columns":["k","s"]}])J";
  const std::string null = R"(,"errors":"null")";
  EXPECT_TRUE(says(run(rows, group), "row 3: the sum is beyond 64 bits"));
  const std::string grouped = run(rows, group, null);
  EXPECT_TRUE(says(grouped, R"("rows":[{"k":"a","s":1,"n":1},{"k":"b","s":null,"n":3}])"));
  EXPECT_TRUE(says(grouped, "1 values became null"));
  EXPECT_TRUE(says(run(rows, window), "row 1: the sum is beyond 64 bits"));
  const std::string framed = run(rows, window, null);
  EXPECT_TRUE(says(framed, R"([{"k":"a","s":1},{"k":"b","s":null},{"k":"b","s":null},)"));
  EXPECT_TRUE(says(framed, "3 values became null"));
}

// The words look at the values only; whatever else a row holds comes back as it went.
TEST_F(DataProcessing, AnswerWordsWithTheRowsAsTheyWereSent) {
  const std::string rows =
      R"([{"id":1,"value":0.2,"metadata":{"kind":"x","tags":["a",{"b":[1,null]}]}},)"
      R"({"id":"two","value":0.9},{"value":0.7,"metadata":null,"more":9007199254740993},)"
      R"({"id":4,"metadata":[]},0.8])";
  const std::string body = run(rows, R"(["filter","aggregate","sort"])");
  EXPECT_TRUE(says(body, R"({"filtered":[{"id":"two","value":0.9},)"
                         R"({"value":0.7,"metadata":null,"more":9007199254740993},)"
                         R"({"value":0.8}],"aggregated":{"sum":2.6},"sorted":[)"
                         R"({"id":"two","value":0.9},{"value":0.8},)"
                         R"({"value":0.7,"metadata":null,"more":9007199254740993},)"
                         R"({"id":1,"value":0.2,"metadata":{"kind":"x","tags":["a",)"
                         R"({"b":[1,null]}]}},{"id":4,"metadata":[]}],"steps":[)"));
  EXPECT_TRUE(says(body, R"({"op":"filter","rows_in":5,"rows_out":3})"));
  EXPECT_TRUE(
      says(run("[]", R"(["filter","aggregate"])"), R"({"filtered":[],"aggregated":{"sum":null},)"));
  EXPECT_TRUE(
      says(run(R"([{"value":1},{"value":[1]}])", R"(["sort"])"), R"("field":"data[1].value")"));
  EXPECT_TRUE(says(run(R"([{"id":1}])", R"(["sort"])"), R"("field":"operations[0])"));
  EXPECT_TRUE(says(run(R"({"columns":{"id":[1,2],"value":[0.1,0.6]}})", R"(["filter"])"),
                   R"({"filtered":[{"id":2,"value":0.6}],)"));
}

}  // namespace
}  // namespace weir::server
