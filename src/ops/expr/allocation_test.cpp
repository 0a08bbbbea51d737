// Warm programs allocate nothing: counted through the global operator new of this test program.
#include <gtest/gtest.h>

#include "base/testing/counted_new.hpp"
#include "ops/expr/random_expr.hpp"

namespace weir::expr {
namespace {

using counted_new::allocations;

TEST(Allocation, EvaluationAllocatesNothingAfterTheFirst) {
  const testing::RandomTable table(7, 5000);
  Compiler compiler(table.schema(), Options::rules());
  Ast ast;
  for (const char* text : {"amount > 500 and h > 0.5", "lower(s) || u", "amount + d2",
                           "case when b then f else g end", "i in (1,2,3,4,5,6,7,8,9,10,11)",
                           "s in ('a', 'b')", "ln(f) + exp(g)", "cast(i as string)"}) {
    const auto root = parse(text, ast);
    ASSERT_TRUE(root);
    ASSERT_TRUE(compiler.add(ast, *root)) << text;
  }
  const Program program = *compiler.finish();
  Scratch scratch(program);
  std::vector<std::vector<std::uint64_t>> data(program.outputs(),
                                               std::vector<std::uint64_t>(10'000));
  std::vector<OutputView> outputs;
  for (auto& column : data) outputs.push_back({.data = column.data()});
  ASSERT_TRUE(program.evaluate(table.inputs(), table.rows(), scratch, outputs).is_ok());
  const std::size_t before = allocations.load();
  for (int n = 0; n < 3; ++n)
    ASSERT_TRUE(program.evaluate(table.inputs(), table.rows(), scratch, outputs).is_ok());
  EXPECT_EQ(allocations.load(), before);
}

}  // namespace
}  // namespace weir::expr
