// What one request may cost, and what is refused before it is made.
#include <gtest/gtest.h>

#include <atomic>

#include "server/operations/json_table.hpp"
#include "server/operations/operation_service.hpp"

namespace weir::server {
namespace {

class OperationBounds : public testing::Test {
 protected:
  OperationReply answer(std::string_view name, std::string_view body) {
    return service.answer(name, body, "r-1");
  }
  ops::Context context{ops::Workers(1), system_clock()};
  OperationService service{context, {.running_max = 1, .queued_max = 4}};
};

TEST_F(OperationBounds, RefuseMatricesOfLongSidesWithoutNumbers) {
  struct Wrong {
    const char* name;
    const char* body;
    const char* field;
  };
  const Wrong cases[] = {
      {"matrix_multiply",
       R"({"a":{"shape":[100000000,0],"data":""},"b":{"shape":[0,100000000],"data":""}})",
       "a.shape"},
      {"matrix_multiply",
       R"({"a":{"shape":[9007199254740992,0],"data":""},"b":{"shape":[0,1],"data":""}})",
       "a.shape"},
      {"statistics", R"({"data":{"shape":[0,100000000],"data":""},"covariance":true})",
       "data.shape"},
      {"matrix_decompose", R"({"matrix":{"shape":[100000000,0],"data":""},"kind":"eigenvalues"})",
       "matrix.shape"},
  };
  for (const Wrong& wrong : cases) {
    const OperationReply reply = answer(wrong.name, wrong.body);
    EXPECT_EQ(reply.http_status, 400U) << wrong.body;
    EXPECT_NE(reply.body.find("\"field\":\"" + std::string(wrong.field) + "\""), std::string::npos)
        << reply.body;
  }
}

TEST_F(OperationBounds, BookTheMemoryOfTheirAnswersBeforeTheyMakeThem) {
  device::Budget memory(1 << 20);
  OperationService booked(context, {.running_max = 1, .host_memory = &memory});
  // 512 x 512 sums and their copy are 4 MiB, made of nothing.
  const std::string_view wide =
      R"({"a":{"shape":[512,0],"data":""},"b":{"shape":[0,512],"data":""}})";
  const OperationReply refused = booked.answer("matrix_multiply", wide, "r");
  EXPECT_EQ(refused.http_status, 429U) << refused.body;
  EXPECT_NE(refused.body.find("device.host_memory_bytes_max"), std::string::npos) << refused.body;
  EXPECT_EQ(booked.answer("matrix_multiply", R"({"a":[[1]],"b":[[2]]})", "r").http_status, 200U);
  EXPECT_EQ(memory.reserved(), 0U) << "all is given back";
}

// Rows of a member each, all of different names: rows times columns cells.
TEST_F(OperationBounds, CountTheCellsOfRowsThatShareNoMember) {
  std::string body = R"({"data":[)";
  for (unsigned i = 0; i < 4000; ++i) {
    body += (i == 0 ? "{\"a" : ",{\"a") + std::to_string(i) + "\":1}";
  }
  body += R"(],"operations":[]})";
  device::Budget memory(16 << 20);
  OperationService booked(context, {.running_max = 1, .host_memory = &memory});
  const OperationReply refused = booked.answer("data_processing", body, "r");
  EXPECT_EQ(refused.http_status, 429U) << refused.body;
  EXPECT_NE(refused.body.find("host_memory"), std::string::npos) << refused.body;
  EXPECT_EQ(memory.reserved(), 0U) << "all is given back";

  std::string wide = R"({"data":[{)";
  for (unsigned i = 0; i <= kTableColumnsMax; ++i) {
    wide += (i == 0 ? "\"a" : ",\"a") + std::to_string(i) + "\":1";
  }
  const OperationReply columns = answer("data_processing", wide + R"(}],"operations":[]})");
  EXPECT_EQ(columns.http_status, 400U);
  EXPECT_NE(columns.body.find("table_columns"), std::string::npos) << columns.body;
}

// 300 rows of one key, joined twice with themselves: 27 million rows that a limit would cut to one.
TEST_F(OperationBounds, BookTheRowsOfAJoinBeforeTheyAreMade) {
  std::string rows = "[";
  for (unsigned i = 0; i < 300; ++i) rows += i == 0 ? R"({"k":1})" : R"(,{"k":1})";
  rows += "]";
  const std::string join = R"({"op":"join","on":["k"],"with":)" + rows + "}";
  const std::string once = R"({"data":)" + rows + R"(,"operations":[)" + join;
  device::Budget memory(16 << 20);
  OperationService booked(context, {.running_max = 1, .host_memory = &memory});
  const OperationReply fits =
      booked.answer("data_processing", once + R"(,{"op":"limit","k":1}]})", "r");
  EXPECT_EQ(fits.http_status, 200U) << fits.body;
  for (const char* options : {"", R"(,"options":{"explain":true})"}) {
    const OperationReply refused = booked.answer(
        "data_processing", once + "," + join + R"(,{"op":"limit","k":1}])" + options + "}", "r");
    EXPECT_EQ(refused.http_status, 429U) << refused.body.substr(0, 1000);
    const std::string_view n = *options == 0 ? "27000000" : "23040000";  // 256 rows are looked at
    EXPECT_NE(refused.body.find("the join comes to " + std::string(n) + " rows"), std::string::npos)
        << refused.body.substr(0, 1000);
    EXPECT_NE(refused.body.find(R"("field":"operations[1].on")"), std::string::npos);
    EXPECT_EQ(memory.reserved(), 0U) << "all is given back";
  }
}

// Bodies wait in memory; how many of them, and how much of each, is not for clients to say.
TEST_F(OperationBounds, CapTheBytesThatWait) {
  std::atomic<bool> go{false};
  std::atomic<bool> begun{false};
  OperationService one(context, {.running_max = 1, .queued_bytes_max = 1000});
  const auto hold = [&] {
    begun = true;
    begun.notify_all();
    go.wait(false);
  };
  ASSERT_TRUE(one.submit(device::Priority::kNormal, hold, 5000).is_ok());
  begun.wait(false);
  const auto add = [&](device::Priority priority, std::size_t bytes) {
    return one.submit(
        priority, [] {}, bytes);
  };
  EXPECT_TRUE(add(device::Priority::kNormal, 600).is_ok()) << "what runs does not wait";
  const Status refused = add(device::Priority::kNormal, 500);
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_EQ(refused.reason(), "queue_bytes");
  EXPECT_NE(refused.message().find("priority normal that wait hold 600 bytes"), std::string::npos)
      << refused.message();
  EXPECT_TRUE(add(device::Priority::kNormal, 400).is_ok());
  EXPECT_TRUE(add(device::Priority::kHigh, 500).is_ok());
  EXPECT_TRUE(add(device::Priority::kLow, 5000).is_ok()) << "one by itself may be of any size";
  go = true;
  go.notify_all();
}

TEST_F(OperationBounds, RefuseColumnsWithoutAName) {
  for (const char* body :
       {R"({"data":[{"":1}],"operations":[]})",
        R"({"data":{"columns":{"":[1]}},"operations":["sort"]})",
        R"({"data":[{"a":1}],"operations":[{"op":"map","set":{"":"a"}},{"op":"sort","by":["a"]}]})",
        R"J({"data":[{"a":1}],"operations":[{"op":"aggregate","aggregates":{"":"sum(a)"}}]})J",
        R"J({"data":[{"a":1}],"operations":[{"op":"window","set":{"":"row_number()"}}]})J"}) {
    const OperationReply reply = answer("data_processing", body);
    EXPECT_EQ(reply.http_status, 400U) << body;
    EXPECT_NE(reply.body.find("field_name"), std::string::npos) << reply.body;
  }
}

}  // namespace
}  // namespace weir::server
