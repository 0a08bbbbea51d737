// Programs against the tree walk: random expressions over random columns of every type, in blocks
// of every awkward size, on every instruction set.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <bit>
#include <cmath>

#include "ops/expr/random_expr.hpp"

namespace weir::expr::testing {

namespace {

struct Column {
  std::vector<std::uint64_t> data;
  std::vector<std::string_view> texts;
  std::vector<std::uint64_t> validity;
  std::vector<std::uint8_t> exponents;
  explicit Column(std::size_t rows)
      : data(rows + 64), texts(rows + 1), validity(rows / 64 + 1), exponents(rows + 1) {}
  OutputView view(Type type) {
    return {type.is(Kind::kString) ? static_cast<void*>(texts.data()) : data.data(),
            validity.data(), exponents.data()};
  }
  // Returns row `row` as text, nulls apart.
  std::string show(Type type, std::size_t row) const {
    if ((validity[row / 64] >> (row % 64) & 1) == 0) return "null";
    if (type.is(Kind::kString)) return '\'' + std::string(texts[row]) + '\'';
    if (type.is(Kind::kBool)) return std::to_string(data[row / 64] >> (row % 64) & 1);
    const double real = std::bit_cast<double>(data[row]);
    if (type.is(Kind::kF64))
      return std::isnan(real) ? "nan" : std::to_string(data[row]) + " " + std::to_string(real);
    return std::to_string(static_cast<std::int64_t>(data[row])) +
           (type.per_row() ? "e-" + std::to_string(exponents[row]) : "");
  }
};

struct Tally {
  int compared = 0;
  int failed = 0;  // expressions whose evaluation is an error, in both
  int untyped = 0;
};

void expect_equal(const RandomTable& table, const std::string& text, const Options& options,
                  Tally& tally) {
  Ast ast;
  const auto root = parse(text, ast);
  ASSERT_TRUE(root) << text << ": " << root.error().to_string();
  Compiler compiler(table.schema(), options);
  const auto output = compiler.add(ast, *root);
  if (!output) {
    ++tally.untyped;
    return;
  }
  const Program program = *compiler.finish();
  const Type type = program.output_type(*output);
  if (type.is(Kind::kNull)) return;
  Column fast(table.rows());
  Column slow(table.rows());
  Scratch scratch(program);
  std::vector<std::string> strings;
  const std::vector<OutputView> outputs = {fast.view(type)};
  const Status got = program.evaluate(table.inputs(), table.rows(), scratch, outputs);
  const Status want = evaluate_reference(ast, *root, table.schema(), options, table.inputs(),
                                         table.rows(), slow.view(type), strings);
  ASSERT_EQ(got.to_string(), want.to_string()) << text << "\n" << program.to_string();
  if (!got.is_ok()) {
    ++tally.failed;
    return;
  }
  for (std::size_t row = 0; row < table.rows(); ++row)
    ASSERT_EQ(fast.show(type, row), slow.show(type, row)) << text << " row " << row << "\n"
                                                          << program.to_string();
  if (type.is(Kind::kBool)) {
    for (std::size_t word = 0; word < (table.rows() + 63) / 64; ++word)
      ASSERT_EQ(fast.data[word], slow.data[word]) << text << ": bits beyond the rows or of nulls";
  }
  ++tally.compared;
}

void run_parity(std::uint64_t seed, std::size_t rows, int expressions, const Options& options,
                Tally& tally) {
  SCOPED_TRACE("seed " + std::to_string(seed) + " rows " + std::to_string(rows));
  const RandomTable table(seed, rows);
  Philox rng(seed, 2);
  RandomExpression random(rng);
  for (int n = 0; n < expressions && !::testing::Test::HasFatalFailure(); ++n)
    expect_equal(table, random.any(1 + rng.next_below(3)), options, tally);
}

constexpr std::size_t kSizes[] = {0, 1, 31, 32, 33, 65, 2047, 2048, 2049, 5000};

TEST(Parity, ProgramEqualsTreeWalkInRuleMode) {
  Tally tally;
  for (std::size_t n = 0; n < std::size(kSizes); ++n)
    run_parity(100 + n, kSizes[n], kSizes[n] > 1000 ? 150 : 500, Options::rules(), tally);
  EXPECT_GT(tally.compared, 2000);
  EXPECT_EQ(tally.failed, 0);
  std::printf("compared %d untyped %d\n", tally.compared, tally.untyped);
}

TEST(Parity, ProgramEqualsTreeWalkInTableModeErrorsIncluded) {
  Tally tally;
  for (std::size_t n = 0; n < std::size(kSizes); ++n)
    run_parity(200 + n, kSizes[n], kSizes[n] > 1000 ? 150 : 800, Options::table(), tally);
  EXPECT_GT(tally.compared, 1500);
  EXPECT_GT(tally.failed, 200);
  std::printf("compared %d failed %d untyped %d\n", tally.compared, tally.failed, tally.untyped);
}

TEST(Parity, ProgramEqualsTreeWalkWhereErrorsAreNull) {
  Tally tally;
  Options options;
  options.errors_are_null = true;
  for (const std::size_t rows : {33U, 2049U}) run_parity(300 + rows, rows, 300, options, tally);
  EXPECT_GT(tally.compared, 300);
}

TEST(Parity, EveryInstructionSetGivesTheSameBits) {
  Tally tally;
  for (std::int64_t target = hwy::SupportedTargets(); target != 0; target &= target - 1) {
    hwy::SetSupportedTargetsForTest(target & -target);
    run_parity(400, 2049, 100, Options::rules(), tally);
    run_parity(401, 65, 200, Options::table(), tally);
  }
  hwy::SetSupportedTargetsForTest(0);
  EXPECT_GT(tally.compared, 400);
}

}  // namespace
}  // namespace weir::expr::testing
