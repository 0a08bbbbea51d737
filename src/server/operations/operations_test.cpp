#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "device/sim/driver.hpp"
#include "ops/registry.hpp"
#include "server/app/json_value.hpp"
#include "server/operations/operation_service.hpp"
#include "server/testing/test_server.hpp"

namespace weir::server {
namespace {

class OperationsTest : public testing::Test {
 protected:
  OperationReply answer(std::string_view name, std::string_view body) {
    return service.answer(name, body, "r-1");
  }
  ops::Context context{ops::Workers(1), system_clock()};
  OperationService service{context, {.running_max = 2, .queued_max = 4}};
};

// What the example of an operation comes to; beyond the digits that every machine agrees on.
std::string_view example_result(std::string_view operation) {
  static constexpr std::pair<std::string_view, std::string_view> kResults[] = {
      {"matrix_multiply", R"({"data":[[19,22],[43,50]],"shape":[2,2]})"},
      {"matrix_add", R"({"data":[[11,14],[17,20]],"shape":[2,2]})"},
      {"matrix_inverse", R"({"data":[[0.6,-0.70000000000000)"},
      {"matrix_solve", R"({"data":[2,3],"rcond":0.3125,)"},
      {"matrix_decompose", R"({"values":[1,3],"vectors":[[0.70710678118654)"},
      {"data_processing", R"({"rows":[{"id":2,)"},
      {"statistics", R"({"n":4,"nulls":0,"nans":0,"mean":4,"variance":12.5,)"},
      {"fft", R"({"data":[[10,0],[-2,2],[-2,0],[-2,-2]]})"},
      {"convolution", R"({"data":[0.5,1.5,2.5,3.5,2]})"},
      {"features", R"({"windows":1,"features":[[4.625,6.234375,0.23713871415)"},
      {"hash_batch", R"({"digests":["e3b0c44298fc1c149afbf4c8996fb924)"
                     R"(27ae41e4649b934ca495991b7852b855",)"},
      {"merkle_root", R"({"root":"aeb6bcfe274b70a14fb067a5e5578264)"
                      R"(db0fa9b51af5e0ba159158f329e06e77"})"},
      {"signature_verify", R"({"valid":[true],"reasons":[null]})"},
  };
  for (const auto& [name, result] : kResults) {
    if (name == operation) return result;
  }
  return "an example without a result";
}

TEST_F(OperationsTest, RunEachTheirExample) {
  for (const Operation* operation : operations()) {
    const OperationReply reply = answer(operation->name, operation->example);
    EXPECT_EQ(reply.http_status, 200U) << operation->name << ": " << reply.body;
    const std::string said = "\"result\":" + std::string(example_result(operation->name));
    EXPECT_NE(reply.body.find(said), std::string::npos) << operation->name << ": " << reply.body;
    const auto body = parse_json(reply.body);
    ASSERT_TRUE(body) << reply.body;
    EXPECT_TRUE(body->find("success")->boolean);
    EXPECT_FALSE(body->find("gpu_used")->boolean) << "nothing here has a GPU";
    const JsonValue* ops = body->find("report")->find("ops");
    ASSERT_FALSE(ops->items.empty()) << operation->name;
    for (const JsonValue& report : ops->items) {
      EXPECT_EQ(*report.text("reason"), "no_device");
      EXPECT_EQ(*report.text("backend"), "cpu");
    }
    EXPECT_TRUE(parse_json(operation->parameters)) << operation->name;
  }
}

TEST_F(OperationsTest, AnswerTheProductOfMatrices) {
  const OperationReply reply =
      answer("matrix_multiply", R"({"matrixA":[[1,2],[3,4]],"matrixB":[[5,6],[7,8]]})");
  EXPECT_NE(reply.body.find(R"("data":[[19,22],[43,50]],"shape":[2,2])"), std::string::npos)
      << reply.body;
}

TEST_F(OperationsTest, FindTheSignatureOfTheExampleValid) {
  const Operation* operation = find_operation("signature_verify");
  const OperationReply reply = answer(operation->name, operation->example);
  EXPECT_NE(reply.body.find(R"("valid":[true])"), std::string::npos) << reply.body;
}

TEST_F(OperationsTest, AnswerInTheFormTheyWereAsked) {
  // [1.5] as base64 of its eight bytes.
  const OperationReply reply = answer(
      "matrix_multiply", R"({"a":{"shape":[1,1],"dtype":"f64","data":"AAAAAAAA+D8="},"b":[[2]]})");
  EXPECT_NE(reply.body.find(R"("data":{"shape":[1,1],"dtype":"f64","data":"AAAAAAAACEA="})"),
            std::string::npos)
      << reply.body;
}

TEST_F(OperationsTest, AnswerWhatIsKnown) {
  struct Known {
    const char* name;
    const char* body;
    const char* said;
  };
  const Known cases[] = {
      {"matrix_add", R"({"a":[[1,2]],"matrixB":[[10,20]],"alpha":3,"beta":0.5})",
       R"("data":[[8,16]],"shape":[1,2])"},
      {"matrix_add", R"({"a":[[0.1]],"b":[[0.2]],"options":{"precision":"fp32"}})",
       R"("data":[[0.30000001192092896]])"},
      {"statistics", R"({"data":[1,2,3,10]})",
       R"("n":4,"nulls":0,"nans":0,"mean":4,)"
       R"("variance":12.5,"skewness":1.018233764908628)"},
      {"statistics", R"({"data":[1,2,3,10],"ddof":1})", R"("variance":16.666666666666668)"},
      {"statistics", R"({"data":[1,2,3,10],"bias":false})", R"("skewness":1.763632614803888)"},
      {"statistics", R"({"values":[1,2,3,10],"quantiles":[0.1,0.5,0.9]})",
       R"("sum":16,"quantiles":[1.3,2.5,7.)"},
      {"statistics", R"({"data":[1,2,3,10],"quantiles":[0.5],"method":"lower"})",
       R"("quantiles":[2])"},
      {"statistics", R"({"data":[0,1,1.5,2,3,4,4,null,-1],"histogram":{"lo":0,"hi":4,"bins":4}})",
       R"("histogram":{"counts":[1,2,1,3],"below":1,"above":0,"nan":0,"null":1})"},
      {"statistics", R"({"data":[0,1,5],"histogram":{"edges":[0,1,2]}})", R"("counts":[1,1])"},
      {"statistics", R"({"data":[null,null]})", R"("n":0,"nulls":2,"nans":0,"mean":null)"},
      {"statistics", R"({"data":[null]})", R"("min":null,"max":null,"sum":null)"},
      {"statistics",
       R"({"data":[[0,0],[0,0],[2,4],[2,4]],"covariance":true,"correlation":true,"ddof":0})",
       R"("n":4,"covariance":[[1,2],[2,4]],"correlation":[[1,1],[1,1]])"},
      {"fft", R"({"data":[1,2,3,4]})", R"("data":[[10,0],[-2,2],[-2,0],[-2,-2]])"},
      {"fft", R"({"data":[1,2,3,4],"real":true})", R"("data":[[10,0],[-2,2],[-2,0]])"},
      {"fft", R"({"data":[[10,0],[-2,2],[-2,0],[-2,-2]],"inverse":true})",
       R"("data":[[1,0],[2,0],[3,0],[4,0]])"},
      {"fft", R"({"data":[[10,0],[-2,2],[-2,0]],"inverse":true,"real":true})",
       R"("data":[1,2,3,4])"},
      {"convolution", R"({"data":[1,2,3,4],"kernel":[0.5,0.5]})", R"("data":[0.5,1.5,2.5,3.5,2])"},
      {"convolution", R"({"data":[1,2,3,4],"kernel":[0.5,0.5],"mode":"valid"})",
       R"("data":[1.5,2.5,3.5])"},
      {"features", R"({"data":[1,2,3,4,5,6,7,9],"size":8})",
       R"("windows":1,"features":[[4.625,6.234375,0.23713871415)"},
      {"features", R"({"data":[1,2],"size":8})", R"("windows":0,"features":[])"},
  };
  for (const Known& known : cases) {
    const OperationReply reply = answer(known.name, known.body);
    EXPECT_EQ(reply.http_status, 200U) << known.body << ": " << reply.body;
    EXPECT_NE(reply.body.find(known.said), std::string::npos) << known.body << ": " << reply.body;
  }
}

TEST_F(OperationsTest, SumAsTheyAreAsked) {
  std::string body = R"({"data":[)";
  for (unsigned i = 0; i < 128; ++i) {
    const char* value = i == 0 || i == 64 ? "1" : i == 32 ? "1e100" : i == 96 ? "-1e100" : "0";
    body += (i == 0 ? "" : ",") + std::string(value);
  }
  EXPECT_NE(answer("statistics", body + "]}").body.find("\"sum\":0}"), std::string::npos);
  EXPECT_NE(answer("statistics", body + R"(],"sum":"neumaier"})").body.find("\"sum\":2}"),
            std::string::npos);
}

TEST_F(OperationsTest, ProcessRowsStepByStep) {
  const std::string data =
      R"({"data":[{"id":"a","value":0.2,"metadata":{"kind":"x"}},{"id":"b","value":0.9},)"
      R"({"id":"c","value":null,"metadata":{"kind":"x"}},)"
      R"({"id":"d","value":0.7,"metadata":{"kind":"y"}}],"operations":)";
  struct Known {
    const char* operations;
    const char* said;
  };
  const Known cases[] = {
      {R"([{"op":"filter","where":"value > 0.5"},{"op":"select","columns":["id","value"]}])",
       R"({"rows":[{"id":"b","value":0.9},{"id":"d","value":0.7}],"steps":[)"
       R"({"op":"filter","rows_in":4,"rows_out":2},{"op":"select","rows_in":2,"rows_out":2}]})"},
      {R"([{"op":"filter","where":{"op":"=","args":[{"col":"metadata.kind"},{"lit":"y"}]}}])",
       R"("rows":[{"id":"d","value":0.7,"metadata.kind":"y"}])"},
      {R"([{"op":"map","set":{"twice":"value * 2"}},{"op":"select","columns":["twice"]},)"
       R"({"op":"sort","by":[{"expr":"twice","desc":true,"nulls":"first"}]}])",
       R"("rows":[{"twice":null},{"twice":1.8},{"twice":1.4},{"twice":0.4}])"},
      {R"J([{"op":"group","by":["metadata.kind"],)J"
       R"J("aggregates":{"n":"count()","s":"sum(value)"}}])J",
       R"("rows":[{"metadata.kind":"x","n":2,"s":0.2},{"metadata.kind":null,"n":1,"s":0.9},)"
       R"({"metadata.kind":"y","n":1,"s":0.7}])"},
      {R"J([{"op":"top_k","by":["value"],"k":1},)J"
       R"J({"op":"aggregate","aggregates":{"m":"max(id)"}}])J",
       R"("rows":[{"m":"a"}])"},
      {R"([{"op":"distinct","by":["metadata.kind"]},{"op":"limit","k":1,"offset":1}])",
       R"("rows":[{"id":"b","value":0.9,"metadata.kind":null}])"},
      {R"([{"op":"join","with":{"columns":{"key":["b","a"],"n":[9007199254740993,2]}},)"
       R"("on":[["id","key"]]},{"op":"select","columns":["id","n"]}])",
       R"("rows":[{"id":"a","n":2},{"id":"b","n":"9007199254740993"}])"},
      {R"([{"op":"join","with":[{"id":"a"}],"on":["id"],"kind":"anti"},{"op":"limit","k":1}])",
       R"("rows":[{"id":"b","value":0.9,"metadata.kind":null}])"},
      {R"(["filter","aggregate","sort"])", R"({"filtered":[{"id":"b",)"},
      {R"(["aggregate"])", R"({"aggregated":{"sum":1.8},"steps":[)"},
      {R"(["sort"])", R"({"sorted":[{"id":"b",)"},
      {R"([])", R"("steps":[])"},
      {R"J([{"op":"window","partition":["metadata.kind"],"order":[{"expr":"id","desc":true}],)J"
       R"J("frame":{"rows":[-9,0]},"set":{"n":"count()","at":"row_number()","r":"rank()",)J"
       R"J("before":"lag(id)","after":"lead(id, 1)"}},)J"
       R"J({"op":"select","columns":["id","n","at","r","before","after"]}])J",
       R"("rows":[{"id":"a","n":2,"at":2,"r":2,"before":"c","after":null},)"
       R"({"id":"b","n":1,"at":1,"r":1,"before":null,"after":null},)"
       R"({"id":"c","n":1,"at":1,"r":1,"before":null,"after":"a"},)"},
      {R"J([{"op":"map","set":{"t":"cast('2026-01-01T00:00:00Z' as timestamp)",)J"
       R"J("n":"cast(value * 10 as i64)"}},)J"
       R"J({"op":"window","order":["t"],"frame":{"range":["-1h","0s"]},)J"
       R"J("set":{"recent":"count()"}},)J"
       R"J({"op":"window","order":["n"],"frame":{"range":[null,-1]},)J"
       R"J("set":{"less":"count(n)"}},{"op":"select","columns":["n","recent","less"]}])J",
       R"("rows":[{"n":2,"recent":4,"less":0},{"n":9,"recent":4,"less":2},)"},
      {R"J([{"op":"window","set":{"all":"sum(value)"}},{"op":"select","columns":["all"]},)J"
       R"J({"op":"distinct"}])J",
       R"("rows":[{"all":1.8}])"},
      {R"J([{"op":"group","by":["upper(id) in ('A', 'B')"],"aggregates":{"n":"count()"}}])J",
       R"("n":2})"},
      {R"([{"op":"sort","by":[{"expr":{"col":"value"},"nulls":"first"},"id"]},)"
       R"({"op":"limit","k":1},{"op":"select","columns":["id"]}])",
       R"("rows":[{"id":"c"}])"},
      {R"([{"op":"join","with":[{"id":"a","x":true}],"on":[["id","id"]],"kind":"left"},)"
       R"({"op":"select","columns":["id","x"]},{"op":"limit","k":2}])",
       R"("rows":[{"id":"a","x":true},{"id":"b","x":null}])"},
      {R"([{"op":"join","with":[{"id":"a"}],"on":["id"],"kind":"semi"}])",
       R"("rows":[{"id":"a","value":0.2,"metadata.kind":"x"}])"},
  };
  for (const Known& known : cases) {
    const OperationReply reply = answer("data_processing", data + known.operations + "}");
    EXPECT_EQ(reply.http_status, 200U) << known.operations << ": " << reply.body;
    EXPECT_NE(reply.body.find(known.said), std::string::npos)
        << known.operations << ": " << reply.body;
  }
  const OperationReply mixed =
      answer("data_processing",
             R"({"data":{"columns":{"x":[1,0,null],"y":[true,false,null]}},"errors":"null",)"
             R"("operations":[{"op":"map","set":{"z":"1 div x"}}]})");
  EXPECT_NE(mixed.body.find(R"("rows":[{"x":1,"y":true,"z":1},{"x":0,"y":false,"z":null},)"),
            std::string::npos)
      << mixed.body;
  EXPECT_NE(mixed.body.find("1 values became null"), std::string::npos) << mixed.body;
}

TEST_F(OperationsTest, NameWhatIsWrong) {
  struct Wrong {
    const char* name;
    const char* body;
    unsigned status;
    const char* said;
  };
  const Wrong cases[] = {
      {"matrix_multiplie", "{}", 404, "did you mean matrix_multiply"},
      {"matrix_multiply", "[1]", 400, "must be a JSON object"},
      {"response_generation", "{}", 501, "none is part of Weir"},
      {"matrix_multiply", R"({"a":[[1]],"b":[[1]],"alpa":2})", 400, "did you mean alpha?"},
      {"matrix_multiply", R"({"a":[[1]],"b":[[1]],"options":{"targetdevice":"gpu"}})", 400,
       "\"field\":\"options.targetdevice\""},
      {"matrix_multiply", R"({"a":{"shape":[1,1],"type":"f32","data":""},"b":[[1]]})", 400,
       "\"field\":\"a.type\""},
      {"statistics", R"({"data":[1],"histogram":{"lo":0,"hi":1,"bin":1}})", 400,
       "\"field\":\"histogram.bin\""},
      {"signature_verify", R"({"items":[{"key":""}]})", 400, "\"field\":\"items[0].key\""},
      {"fft", R"({"data":[1],"options":{"precision":"fp32"}})", 400, "use one of fp64"},
      {"matrix_multiply", R"({"a":[[1]],"b":[[1]],"alpha":1.5,"options":{"precision":"int8"}})",
       400, "\"field\":\"alpha\""},
      {"matrix_multiply", R"({"a":[[1]],"b":[[1]],"alpha":1e30,"options":{"precision":"int8"}})",
       400, "\"field\":\"alpha\""},
      {"matrix_inverse", R"({"matrix":[[1,2]]})", 400, "\"field\":\"matrix\""},
      {"matrix_multiply", "{", 400, "not JSON"},
      {"matrix_multiply", "{}", 400, "\"field\":\"a\""},
      {"matrix_multiply", R"({"a":[[1,2],[3]],"b":[[1]]})", 400, "a[1] has 1 numbers"},
      {"matrix_multiply", R"({"a":[[1,"x"]],"b":[[1]]})", 400, "a[0][1] must be a number"},
      {"matrix_multiply", R"({"a":[[1,2]],"b":[[1]]})", 400, "invalid_argument"},
      {"matrix_multiply", R"({"a":[[1]],"b":[[1]],"options":{"targetDevice":"tpu"}})", 400,
       "use one of auto, cpu, gpu"},
      {"matrix_multiply", R"({"a":[[1.5]],"b":[[1]],"options":{"precision":"int8"}})", 400,
       "no whole number"},
      {"matrix_multiply",
       R"({"a":[[1]],"b":[[1]],"options":{"targetDevice":"gpu","fallback":"raise"}})", 503,
       "no_device"},
      {"matrix_inverse", R"({"matrix":[[1,2],[2,4]]})", 409, "singular"},
      {"hash_batch", R"({"items":["YWJj","*"]})", 400, "items[1]"},
      {"data_processing", R"({"data":[]})", 400, "\"field\":\"operations\""},
      {"data_processing", R"({"operations":[]})", 400, "\"field\":\"data\""},
      {"data_processing", R"({"data":[{"a":1},{"a":"x"}],"operations":[]})", 400,
       "data[1].a is a text where others are a number"},
      {"data_processing", R"({"data":[{"a":[1]}],"operations":[]})", 400,
       "\"field\":\"data[0].a\""},
      {"data_processing", R"({"data":[{"a":1,"a":2}],"operations":[]})", 400, "is there twice"},
      {"data_processing", R"({"data":{"columns":{"a":[1],"b":[]}},"operations":[]})", 400,
       "data.columns.b has 0 values, the first 1"},
      {"data_processing", R"({"data":[{"value":1}],"operations":["filter",{"op":"limit"}]})", 400,
       "give steps or words, not both"},
      {"data_processing", R"({"data":[{"value":1}],"operations":["sort","sort"]})", 400,
       "operations[1] is there twice"},
      {"data_processing", R"({"data":[{"value":1}],"operations":["mean"]})", 400,
       "use one of filter, aggregate, sort"},
      {"data_processing", R"({"data":[{"a":1}],"operations":[{"op":"filter","where":"a >"}]})", 400,
       "\"field\":\"operations[0].where\""},
      {"data_processing", R"({"data":[{"ab":1}],"operations":[{"op":"sort","by":["abb"]}]})", 400,
       "did you mean"},
      {"data_processing", R"({"data":[{"a":1}],"operations":[{"op":"limit"}]})", 400,
       "\"field\":\"operations[0].k\""},
      {"data_processing", R"({"data":[{"a":1}],"operations":[{"op":"melt"}]})", 400,
       "\"field\":\"operations[0].op\""},
      {"data_processing",
       R"({"data":[{"a":1}],"operations":[{"op":"filter","where":"a > 0"}],)"
       R"("options":{"targetDevice":"gpu","fallback":"raise"}})",
       503, "no_device"},
      {"matrix_add", R"({"a":[[1,2]],"b":[[1]]})", 400, "1 x 2"},
      {"matrix_add", R"({"a":[[1]],"b":[[1]],"options":{"precision":"int8"}})", 400,
       "\"field\":\"options.precision\""},
      {"statistics", "{}", 400, "\"field\":\"data\""},
      {"statistics", R"({"data":[1,"x"]})", 400, "data[1] must be a number or null"},
      {"statistics", R"({"data":[[1,2]]})", 400, "ask for covariance"},
      {"statistics", R"({"data":[1],"covariance":true})", 400, "data[0] must be a row"},
      {"statistics", R"({"data":[1],"ddof":2})", 400, "\"field\":\"ddof\""},
      {"statistics", R"({"data":[1],"quantiles":[2]})", 400, "\"field\":\"quantiles\""},
      {"statistics", R"({"data":[1],"histogram":{"lo":1,"hi":2}})", 400,
       "\"field\":\"histogram.bins\""},
      {"statistics", R"({"data":[1],"histogram":{"edges":[2,1]}})", 400,
       "\"field\":\"histogram.edges\""},
      {"statistics", R"({"data":{"shape":[1],"data":"AAAAAAAA+H8="},"nan":"raise"})", 400,
       "row 0 is NaN"},
      {"fft", R"({"data":[]})", 400, "invalid_argument"},
      {"fft", R"({"data":[[1,2,3]]})", 400, "a complex value has 2"},
      {"fft", R"({"data":[[1,0]],"inverse":true,"real":true,"n":9})", 400, "\"field\":\"n\""},
      {"convolution", R"({"data":[1],"kernel":[]})", 400, "\"field\":\"kernel\""},
      {"convolution", R"({"data":[1],"kernel":[1],"mode":"most"})", 400, "use one of full"},
      {"features", R"({"data":[1],"size":4})", 400, "size"},
      {"hash_batch", R"({"items":["YQ=="],"algorithm":"md5"})", 400, "use one of sha256, xxh3"},
      {"signature_verify", R"({"items":[{"public_key":"AA==","signature":"","message":""}]})", 400,
       "items[0].public_key has 1 bytes"},
  };
  for (const Wrong& wrong : cases) {
    const OperationReply reply = answer(wrong.name, wrong.body);
    EXPECT_EQ(reply.http_status, wrong.status) << wrong.body << ": " << reply.body;
    EXPECT_NE(reply.body.find(wrong.said), std::string::npos) << wrong.body << ": " << reply.body;
    EXPECT_NE(reply.body.find("\"success\":false"), std::string::npos);
    EXPECT_TRUE(parse_json(reply.body)) << reply.body;
  }
}

TEST_F(OperationsTest, NameTheMemberOfTheStepThatIsWrong) {
  struct Wrong {
    const char* step;
    const char* field;  // of operations[1]
    const char* said;
  };
  const Wrong cases[] = {
      {R"({})", ".op", "missing"},
      {R"({"op":"melt"})", ".op", "aggregate, distinct, join, window"},
      {R"({"op":"filter"})", ".where", "an expression: a text or {op, args}"},
      {R"({"op":"filter","where":1})", ".where", "an expression: a text or {op, args}"},
      {R"({"op":"filter","where":"n"})", ".where", "not a condition"},
      {R"({"op":"filter","where":"m > 1"})", ".where", "did you mean"},
      {R"({"op":"filter","where":"n > 1","limit":3})", ".limit", "it takes op, where"},
      {R"({"op":"map"})", ".set", "an object"},
      {R"({"op":"map","set":{"x":"n +"}})", ".set.x", "expr_syntax"},
      {R"({"op":"map","set":{"x":"n + 'a'"}})", ".set", "type_mismatch"},
      {R"({"op":"select"})", ".columns", "missing"},
      {R"({"op":"select","columns":[1]})", ".columns", "an array of names"},
      {R"({"op":"select","columns":["m"]})", ".columns", "did you mean"},
      {R"({"op":"select","columns":["n","n"]})", ".columns", "second column"},
      {R"({"op":"sort","by":[]})", ".by", "at least one expression"},
      {R"({"op":"sort","by":["n",{"expr":"n","descending":true}]})", ".by[1].descending",
       "it takes expr, desc, nulls"},
      {R"({"op":"sort","by":[{"expr":"n","desc":"yes"}]})", ".by[0].desc", "true or false"},
      {R"({"op":"sort","by":[{"expr":"n","nulls":"none"}]})", ".by[0].nulls",
       "use one of first, last"},
      {R"({"op":"top_k","by":["n"]})", ".k", "a number of rows"},
      {R"({"op":"top_k","by":["n"],"k":-1})", ".k", "k"},
      {R"({"op":"limit","k":1,"offset":"2"})", ".offset", "offset"},
      {R"J({"op":"group","aggregates":{"s":"sum(n)"}})J", ".by", "missing"},
      {R"J({"op":"group","by":["n"],"aggregates":{}})J", ".aggregates", "at least one"},
      {R"J({"op":"group","by":["n"],"aggregates":{"s":"summ(n)"}})J", ".aggregates.s",
       "did you mean"},
      {R"J({"op":"group","by":["n"],"aggregates":{"n":"sum(n)"}})J", ".aggregates",
       "second column"},
      {R"J({"op":"aggregate","aggregates":{"s":1}})J", ".aggregates.s", "a text like sum(amount)"},
      {R"J({"op":"distinct","by":"n"})J", ".by", "array"},
      {R"J({"op":"join","on":["n"]})J", ".with", "rows"},
      {R"J({"op":"join","with":[{"n":1}]})J", ".on", "missing"},
      {R"J({"op":"join","with":[{"n":1}],"on":[]})J", ".on", "without columns"},
      {R"J({"op":"join","with":[{"n":1}],"on":[["n"]]})J", ".on", "pairs of names"},
      {R"J({"op":"join","with":[{"n":"x"}],"on":["n"]})J", ".on", "type_mismatch"},
      {R"J({"op":"join","with":[{"n":1}],"on":["n"],"kind":"outer"})J", ".kind",
       "use one of inner, left, semi, anti"},
      {R"J({"op":"window"})J", ".set", "an object"},
      {R"J({"op":"window","set":{}})J", ".set", "at least one"},
      {R"J({"op":"window","set":{"x":"lag()"}})J", ".set.x", "lag(x, 3)"},
      {R"J({"op":"window","set":{"x":"sum(s)"}})J", ".set.x", "sum"},
      {R"J({"op":"window","set":{"x":"count()"},"partition":"n"})J", ".partition", "array"},
      {R"J({"op":"window","set":{"x":"count()"},"order":["m"]})J", ".order", "did you mean"},
      {R"J({"op":"window","set":{"x":"count()"},"frame":{}})J", ".frame", "{rows:[from, to]}"},
      {R"J({"op":"window","set":{"x":"count()"},"frame":{"rows":[0,1],"range":[0,1]}})J", ".frame",
       "{rows:[from, to]}"},
      {R"J({"op":"window","set":{"x":"count()"},"frame":{"groups":[0,1]}})J", ".frame.groups",
       "it takes rows, range"},
      {R"J({"op":"window","set":{"x":"count()"},"frame":{"rows":[0]}})J", ".frame.rows",
       "two bounds"},
      {R"J({"op":"window","set":{"x":"count()"},"frame":{"rows":["-1h",0]}})J", ".frame.rows",
       "a whole number or null"},
      {R"J({"op":"window","set":{"x":"count()"},"frame":{"rows":[1,0]}})J", ".frame.rows",
       "no further on"},
      {R"J({"op":"window","set":{"x":"count()"},"order":["n"],"frame":{"range":["1 hour",0]}})J",
       ".frame.range", "a duration like -1h"},
      {R"J({"op":"window","set":{"x":"count()"},"order":["s"],"frame":{"range":[-1,0]}})J",
       ".frame", "order by one integer"},
  };
  for (const Wrong& wrong : cases) {
    const OperationReply reply =
        answer("data_processing", std::string(R"({"data":[{"n":1,"s":"a"}],"operations":[)") +
                                      R"({"op":"limit","k":9},)" + wrong.step + "]}");
    EXPECT_EQ(reply.http_status, 400U) << wrong.step << ": " << reply.body;
    EXPECT_NE(reply.body.find("\"field\":\"operations[1]" + std::string(wrong.field) + "\""),
              std::string::npos)
        << wrong.step << ": " << reply.body;
    EXPECT_NE(reply.body.find(wrong.said), std::string::npos) << wrong.step << ": " << reply.body;
  }
}

TEST_F(OperationsTest, RunTheExamplesOfTheGuide) {
  std::ifstream guide(WEIR_SOURCE_DIR "/docs/guide/operations.md");
  std::string example;
  std::size_t examples = 0;
  bool inside = false;
  for (std::string line; std::getline(guide, line);) {
    if (line == "```json") {
      inside = true;
      example.clear();
    } else if (line == "```" && inside) {
      inside = false;
      ++examples;
      const OperationReply reply = answer("data_processing", example);
      EXPECT_EQ(reply.http_status, 200U) << example << ": " << reply.body;
    } else if (inside) {
      example += line;
    }
  }
  EXPECT_EQ(examples, 3U);
}

constexpr std::string_view kSteps =
    R"J({"data":{"columns":{"id":[1,2,3,4],"value":[0.9,0.1,0.7,null]}},"operations":[)J"
    R"J({"op":"filter","where":"value > 0.5"},{"op":"sort","by":["value"]}])J";
constexpr std::string_view kStepsRows =
    R"("rows":[{"id":3,"value":0.7},{"id":1,"value":0.9}],"steps":[)"
    R"({"op":"filter","rows_in":4,"rows_out":2},{"op":"sort","rows_in":2,"rows_out":2}])";

class OnSimulatedDevice : public OperationsTest {
 protected:
  void use_device(const device::sim::FaultPlan& plan) {
    constexpr std::size_t kMemory = std::size_t{8} << 20;
    device::DeviceLimits limits;
    limits.memory_bytes_max = kMemory;
    context.use_device(
        *device::Device::create(device::sim::make_driver(plan, kMemory), limits, system_clock()),
        {});
  }
  std::string steps(const std::string& options) {
    return answer("data_processing", std::string(kSteps) + R"(,"options":)" + options + "}").body;
  }
};

TEST_F(OnSimulatedDevice, RowsAreProcessedOpByOp) {
  use_device({});
  const std::string forced = steps(R"({"targetDevice":"gpu"})");
  EXPECT_NE(forced.find(kStepsRows), std::string::npos) << forced;
  EXPECT_NE(forced.find(R"("gpu_used":false)"), std::string::npos) << "a simulator is no GPU";
  EXPECT_NE(forced.find(R"({"op":"expr.evaluate","version":1,"backend":"cpu")"), std::string::npos)
      << forced;
  EXPECT_NE(forced.find(R"({"op":"filter.compact","version":1,"backend":"sim")"), std::string::npos)
      << forced;
  EXPECT_NE(forced.find(R"({"op":"sort.argsort","version":1,"backend":"sim")"), std::string::npos)
      << forced;
  EXPECT_EQ(context.op_counts().at("sort.argsort").count, 1U);
  const std::string plain = steps(R"({"targetDevice":"cpu"})");
  EXPECT_NE(plain.find(kStepsRows), std::string::npos) << plain;
  EXPECT_EQ(plain.find(R"("backend":"sim")"), std::string::npos) << plain;
}

TEST_F(OnSimulatedDevice, RowsAreProcessedOnTheCpuWhereTheDeviceFails) {
  use_device({.lose_at_op = 12});
  const std::string body = steps(R"({"targetDevice":"gpu"})");
  EXPECT_NE(body.find(kStepsRows), std::string::npos) << body;
  EXPECT_NE(body.find(R"("reason":"device_lost")"), std::string::npos) << body;
}

TEST_F(OnSimulatedDevice, StepsAreExplainedAndCompared) {
  use_device({});
  const std::string plan = steps(R"({"targetDevice":"gpu","explain":true})");
  EXPECT_NE(plan.find(R"("explain":[{"op":"expr.evaluate","mode":"cpu")"), std::string::npos)
      << plan;
  EXPECT_NE(plan.find(R"({"op":"sort.argsort","mode":"direct","chunks":1,"backend":"sim")"),
            std::string::npos)
      << plan;
  EXPECT_TRUE(context.op_counts().empty());
  steps(R"({"targetDevice":"gpu"})");
  const auto once = context.op_counts();
  const auto compared = parse_json(steps(R"({"targetDevice":"gpu","compare":true})"));
  // Twice on each side: the first run of either is cold.
  for (const auto& [name, count] : context.op_counts()) {
    EXPECT_EQ(count.count, 5 * once.at(name).count) << name;
  }
  ASSERT_TRUE(compared);
  EXPECT_GT(compared->find("performance")->find("speedup")->number, 0);
  const auto from_cpu =
      parse_json(steps(R"({"targetDevice":"cpu","fallback":"raise","compare":true})"));
  ASSERT_TRUE(from_cpu);
  EXPECT_TRUE(from_cpu->find("success")->boolean);
  EXPECT_GT(from_cpu->find("performance")->find("speedup")->number, 0);
}

TEST_F(OperationsTest, CountTheTimeInTheQueueAgainstTheirTimeout) {
  const std::string_view body = R"({"items":["YWJj"],"options":{"timeout_ms":1000}})";
  const std::int64_t now_ns = system_clock().mono_ns();
  EXPECT_EQ(service.answer("hash_batch", body, "r", now_ns).http_status, 200U);
  const OperationReply late = service.answer("hash_batch", body, "r", now_ns - 2'000'000'000);
  EXPECT_EQ(late.http_status, 504U) << late.body;
}

TEST_F(OperationsTest, FallBackAsConfiguredUnlessTheRequestSays) {
  OperationService strict(context, {.running_max = 1, .fallback = ops::Fallback::kRaise});
  const std::string_view plain = R"({"a":[[1]],"b":[[1]]})";
  EXPECT_EQ(strict.answer("matrix_multiply", plain, "r").http_status, 503U);
  EXPECT_EQ(
      strict
          .answer("matrix_multiply", R"({"a":[[1]],"b":[[1]],"options":{"fallback":"warn"}})", "r")
          .http_status,
      200U);
}

TEST_F(OperationsTest, ExplainWithoutRunning) {
  const OperationReply reply =
      answer("matrix_multiply", R"({"a":[[1]],"b":[[1]],"options":{"explain":true}})");
  EXPECT_EQ(reply.http_status, 200U);
  EXPECT_NE(reply.body.find(R"("mode":"cpu")"), std::string::npos) << reply.body;
  EXPECT_TRUE(context.op_counts().empty());
}

TEST_F(OperationsTest, RunTheMostImportantFirst) {
  OperationService one(context, {.running_max = 1, .queued_max = 2});
  std::atomic<bool> go{false};
  std::string order;
  std::atomic<int> left{3};
  ASSERT_TRUE(one.submit(device::Priority::kNormal, [&] { go.wait(false); }).is_ok());
  // The first job may not have been taken yet; it is once it alone can run.
  const auto add = [&](device::Priority priority, char name) {
    return one.submit(priority, [&, name] {
      order += name;
      if (left.fetch_sub(1) == 1) left.notify_all();
    });
  };
  ASSERT_TRUE(add(device::Priority::kLow, 'l').is_ok());
  ASSERT_TRUE(add(device::Priority::kHigh, 'h').is_ok());
  ASSERT_TRUE(add(device::Priority::kLow, 'm').is_ok());
  EXPECT_EQ(add(device::Priority::kLow, 'x').message(), "2 operations of priority low wait");
  go = true;
  go.notify_all();
  for (int now = left.load(); now != 0; now = left.load()) left.wait(now);
  EXPECT_TRUE(order == "hlm" || order == "lhm") << order;
}

TEST(OperationRoutes, ListDescribeAndRun) {
  TestServer server;
  TestClient client(server.port());
  const std::string analyst = server.auth(Role::kAnalyst);
  const Reply listed = client.get("/v1/ops", server.auth(Role::kViewer));
  EXPECT_EQ(listed.status, 200U);
  EXPECT_NE(listed.body.find("matrix_multiply"), std::string::npos);
  const Reply described = client.get("/v1/ops/hash_batch", analyst);
  EXPECT_NE(described.body.find("\"example\":{\"items\""), std::string::npos) << described.body;
  EXPECT_EQ(client.get("/v1/ops/nothing", analyst).status, 404U);
  const std::string json = "content-type: application/json\r\n";
  const Reply run =
      client.request("POST", "/v1/ops/hash_batch", analyst + json, R"({"items":["YWJj"]})");
  EXPECT_EQ(run.status, 200U);
  EXPECT_NE(run.body.find("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            std::string::npos)
      << run.body;
  const Reply refused = client.request("POST", "/v1/ops/hash_batch",
                                       server.auth(Role::kViewer) + json, R"({"items":[]})");
  EXPECT_EQ(refused.status, 403U);
}

}  // namespace
}  // namespace weir::server
