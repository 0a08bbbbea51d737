#include "model/file/number_table.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace weir::model {
namespace {

std::string refusal(std::string_view text) {
  const auto table = NumberTable::parse_csv(text, "t.csv");
  return table ? std::string() : table.error().to_string();
}

TEST(NumberTable, ReadsNumbersUnderTheirNames) {
  const auto table = NumberTable::parse_csv(
      "\xEF\xBB\xBFprice, \"qty\" ,x\r\n1.5,-2e3,+7\r\nnan, 4 ,inf\n\n", "t");
  ASSERT_TRUE(table) << table.error().to_string();
  EXPECT_EQ(table->names(), (std::vector<std::string>{"price", "qty", "x"}));
  ASSERT_EQ(table->rows(), 2U);
  EXPECT_EQ(table->view()(0, 1), -2000.0);
  EXPECT_EQ(table->view()(0, 2), 7.0);
  EXPECT_TRUE(std::isnan(table->view()(1, 0)));
  EXPECT_EQ(table->copy_column(1), (std::vector<double>{-2000, 4}));
  const NumberTable chosen = table->select({2, 1});
  EXPECT_EQ(chosen.names(), (std::vector<std::string>{"x", "qty"}));
  EXPECT_EQ(chosen.view()(1, 1), 4.0);
  EXPECT_EQ(*table->column("x"), 2U);
  EXPECT_NE(table->column("y").error().to_string().find("price, qty, x"), std::string::npos);
}

TEST(NumberTable, ReadsAHeaderAlone) {
  const auto table = NumberTable::parse_csv("a,b", "t");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->rows(), 0U);
}

TEST(NumberTable, NamesLineColumnAndValue) {
  const std::string bad = refusal("a,b\n1,2\n3,4x\n");
  EXPECT_NE(bad.find("\"4x\" is not a number"), std::string::npos) << bad;
  EXPECT_NE(bad.find("line 3, column 2"), std::string::npos) << bad;
  EXPECT_NE(bad.find("field b"), std::string::npos) << bad;
  EXPECT_NE(refusal("a,b\n1,\n").find("\"\" is not a number"), std::string::npos);
  EXPECT_NE(refusal("a,b\n1,2\n3\n").find("1 fields, the header has 2"), std::string::npos);
  EXPECT_NE(refusal("a,b\n\n1,2\n").find("line 2"), std::string::npos);
  EXPECT_NE(refusal("a,a\n1,2\n").find("twice"), std::string::npos);
  EXPECT_NE(refusal("a,,c\n").find("column 2 has no name"), std::string::npos);
  EXPECT_NE(refusal("").find("has no name"), std::string::npos);
}

TEST(NumberTable, WritesNumbersThatReadBack) {
  for (const double value : {0.1, -1e-300, 1.0 / 3, 5e-324, 1e22}) {
    std::string text = "x\n";
    append_number(text, value);
    EXPECT_EQ(NumberTable::parse_csv(text, "t")->view()(0, 0), value) << text;
  }
}

}  // namespace
}  // namespace weir::model
