#include "ops/expr/expr.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace weir::expr {
namespace {

TEST(Expr, ReadmeExampleFires) {
  struct Record {
    std::int64_t amount;
    std::uint8_t exponent;
  };
  const std::vector<Record> records = {{50001, 2}, {50000, 2}, {501, 0}, {5000000, 3}};
  const std::vector<float> z = {4, 4, 4, 4};
  Schema schema;
  schema.add("amount", Type::decimal_per_row(), Storage::kI64);
  schema.add("feature.amount_z", Type::f64(), Storage::kF32);
  Ast ast;
  const auto root = parse("amount > 500 and feature.amount_z > 3", ast);
  ASSERT_TRUE(root) << root.error().to_string();
  Compiler compiler(schema, Options::rules());
  const auto fires = compiler.add(ast, *root);
  ASSERT_TRUE(fires) << fires.error().to_string();
  const auto program = compiler.finish();
  ASSERT_TRUE(program);
  Scratch scratch(*program);
  const std::vector<ColumnView> inputs = {ColumnView::strided(&records[0].amount, sizeof(Record))
                                              .with_exponents(&records[0].exponent, sizeof(Record)),
                                          ColumnView::packed(z.data())};
  std::uint64_t bits = 0;
  const std::vector<OutputView> outputs = {{.data = &bits}};
  ASSERT_TRUE(program->evaluate(inputs, records.size(), scratch, outputs).is_ok());
  EXPECT_EQ(bits, 0b1101U) << program->to_string();
}

// Results too long for the cache are written past it: to the row, at any alignment.
TEST(Expr, WritesLongOutputsToTheLastRow) {
  constexpr std::size_t kRows = (std::size_t{2} << 20) + 77;
  constexpr double kUntouched = -1;
  std::vector<double> x(kRows);
  for (std::size_t i = 0; i < kRows; ++i) x[i] = static_cast<double>(i % 1'000);
  Schema schema;
  schema.add("x", Type::f64(), Storage::kF64);
  Ast ast;
  const auto root = parse("x * 2e0 + 1e0", ast);
  ASSERT_TRUE(root);
  Compiler compiler(schema, Options::table());
  ASSERT_TRUE(compiler.add(ast, *root));
  const auto program = compiler.finish();
  ASSERT_TRUE(program);
  Scratch scratch(*program);
  const ColumnView input = ColumnView::packed(x.data());
  for (const std::size_t offset : {0, 1, 5}) {
    std::vector<double> y(kRows + 16, kUntouched);
    const OutputView out{.data = y.data() + offset};
    ASSERT_TRUE(program->evaluate({&input, 1}, kRows, scratch, {&out, 1}).is_ok());
    for (std::size_t i = 0; i < y.size(); ++i) {
      const bool written = i >= offset && i - offset < kRows;
      ASSERT_EQ(y[i], written ? x[i - offset] * 2 + 1 : kUntouched) << offset << " " << i;
    }
  }
}

}  // namespace
}  // namespace weir::expr
