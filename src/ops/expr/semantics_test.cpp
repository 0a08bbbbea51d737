// What expressions are worth: goldens that both the tree walk and the program must give.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>

#include "base/rng.hpp"
#include "base/time_text.hpp"
#include "ops/expr/code.hpp"

namespace weir::expr {
namespace {

// One row: n = null, i = 7, f = 2.5, nan, inf, d = 12.50, amount = 9999.99 (minor units), s =
// 'Zürich', t = 2026-11-21T04:05:06Z, type = 'payment' (2).
class OneRow {
 public:
  OneRow() {
    const DomainId types =
        schema_.add_domain("type", [](std::string_view text) -> Result<std::int64_t> {
          if (text == "payment" || text == "2") return 2;
          if (text == "transfer") return 1;
          return fail(invalid_argument("name_unknown", "no such type").hint("payment, transfer"));
        });
    add("n", Type::i64(), ColumnView::packed(&i_).with_validity(&none_));
    add("i", Type::i64(), ColumnView::packed(&i_));
    add("big", Type::i64(), ColumnView::packed(&big_));
    add("f", Type::f64(), ColumnView::packed(&f_));
    add("nan", Type::f64(), ColumnView::packed(&nan_));
    add("inf", Type::f64(), ColumnView::packed(&inf_));
    add("h", Type::f64(), ColumnView::packed(&h_));
    add("d", Type::decimal(2), ColumnView::packed(&d_));
    add("amount", Type::decimal_per_row(),
        ColumnView::packed(&amount_).with_exponents(&exponent_, 1));
    add("s", Type::string(), ColumnView::packed(&s_));
    add("t", Type::timestamp(), ColumnView::packed(&t_));
    add("type", Type::symbol(types), ColumnView::packed(&type_));
    EXPECT_TRUE(parse_time("2026-11-21T04:05:06Z", t_));
  }
  // Returns the value as text, or the reason of the error.
  std::string value(std::string_view text, const Options& options) const {
    Ast ast;
    const auto root = parse(text, ast);
    if (!root) return root.error().reason();
    const std::string fast = run(ast, *root, options, false);
    EXPECT_EQ(run(ast, *root, options, true), fast) << text;
    return fast;
  }
  const Schema& schema() const { return schema_; }

 private:
  void add(std::string_view name, Type type, const ColumnView& view) {
    schema_.add(name, type, view.storage);
    inputs_.push_back(view);
  }
  std::string run(const Ast& ast, NodeId root, const Options& options, bool walk) const {
    Compiler compiler(schema_, options);
    const auto output = compiler.add(ast, root);
    if (!output) return output.error().reason();
    const Program program = *compiler.finish();
    const Type type = program.output_type(*output);
    std::uint64_t data = 0;
    std::uint64_t valid = 0;
    std::uint8_t exponent = 0;
    std::string_view text;
    std::vector<std::string> strings;
    const OutputView view = {
        type.is(Kind::kString) ? static_cast<void*>(&text) : static_cast<void*>(&data), &valid,
        &exponent};
    Scratch scratch(program);
    const Status status =
        walk ? evaluate_reference(ast, root, schema_, options, inputs_, 1, view, strings)
             : program.evaluate(inputs_, 1, scratch, std::span(&view, 1));
    if (!status.is_ok()) return status.reason();
    if (valid == 0) return "null";
    switch (type.kind) {
      case Kind::kBool:
        return data != 0 ? "true" : "false";
      case Kind::kF64: {
        char buffer[40];
        std::snprintf(buffer, sizeof(buffer), "%.17g", std::bit_cast<double>(data));
        return std::isnan(std::bit_cast<double>(data)) ? "nan" : buffer;
      }
      case Kind::kString:
        return std::string(text);
      case Kind::kTimestamp:
        return format_time(static_cast<std::int64_t>(data));
      case Kind::kDecimal:
        return std::to_string(static_cast<std::int64_t>(data)) + "e-" +
               std::to_string(type.per_row() ? exponent : type.scale);
      default:
        return std::to_string(static_cast<std::int64_t>(data));
    }
  }

  Schema schema_;
  std::vector<ColumnView> inputs_;
  std::uint64_t none_ = 0;
  std::int64_t i_ = 7;
  std::int64_t big_ = std::numeric_limits<std::int64_t>::max();
  double f_ = 2.5;
  double nan_ = std::nan("");
  double inf_ = std::numeric_limits<double>::infinity();
  float h_ = 0.1F;
  std::int64_t d_ = 1250;
  std::int64_t amount_ = 999'999;
  std::uint8_t exponent_ = 2;
  std::string_view s_ = "Zürich";
  std::int64_t t_ = 0;
  std::uint8_t type_ = 2;
};

struct Golden {
  std::string_view text;
  std::string_view table;
  std::string_view rules;
};

TEST(Semantics, GoldensInTableAndRuleMode) {
  const Golden goldens[] = {
      // Kleene logic, comparisons with null.
      {"n > 5", "null", "false"},
      {"not (n > 5)", "null", "true"},
      {"n > 5 and false", "false", "false"},
      {"n > 5 or true", "true", "true"},
      {"n > 5 and true", "null", "false"},
      {"null and true", "null", "null"},
      {"n is null", "true", "true"},
      {"n = n", "null", "false"},
      {"n in (1, 2)", "null", "false"},
      {"n not in (1, 2)", "null", "false"},
      {"i in (1, null)", "null", "false"},
      {"i in (7, null)", "true", "true"},
      {"i not in (1, null)", "null", "false"},
      {"i between 7 and 7", "true", "true"},
      {"i between n and 8", "null", "false"},
      {"n + 1", "null", "null"},
      {"coalesce(n, i)", "7", "7"},
      {"nullif(i, 7)", "null", "null"},
      {"nullif(i, n)", "7", "7"},
      // The total order.
      {"nan = nan", "true", "false"},
      {"nan > inf", "true", "false"},
      {"inf > 5", "true", "false"},
      {"nan is null", "false", "true"},
      {"is_nan(nan)", "true", "null"},
      {"nan in (0e0/0e0, 1e0)", "true", "false"},
      {"nan not in (0e0/0e0, 1e0)", "false", "false"},
      {"nan in (1e0, 2e0)", "false", "false"},
      {"nan in (1e0, null)", "null", "false"},
      {"nan in (9e0, 1e0, 0e0/0e0, 3e0, 7e0, 5e0, 2e0, 4e0, 6e0, 8e0)", "true", "false"},
      {"f in (9e0, 1e0, 0e0/0e0, 3e0, 7e0, 2.5, 2e0, 4e0, 6e0, 8e0)", "true", "true"},
      {"f in (0e0/0e0, 1e0)", "false", "false"},
      {"-0e0 = 0", "true", "true"},
      {"f in (2.5, 1)", "true", "true"},
      {"h = 0.1", "false", "false"},
      {"h > 0.1", "true", "true"},
      {"s < 'Zz'", "false", "false"},
      {"(1 = 1) > (1 = 2)", "true", "true"},
      // Arithmetic: exact or an error; null in rules.
      {"i / 2", "3.5", "3.5"},
      {"i div 2", "3", "3"},
      {"-i div 2", "-3", "-3"},
      {"-i % 4", "-3", "-3"},
      {"i / 0", "expr_zero_division", "null"},
      {"i div 0", "expr_zero_division", "null"},
      {"f / 0", "inf", "null"},
      {"f % 2", "0.5", "0.5"},
      {"big + 1", "expr_overflow", "null"},
      {"big + 1 > 0", "expr_overflow", "false"},
      {"big * 2", "expr_overflow", "null"},
      {"-(-big - 1)", "expr_overflow", "null"},
      {"9223372036854775807 + 1", "expr_overflow", "null"},
      {"i + 1.5", "85e-1", "85e-1"},
      {"i + 2.0", "9", "9"},
      {"i * f", "17.5", "17.5"},
      // Right sides and branches that nobody needs have no errors.
      {"i = 8 and 1 div 0 = 1", "false", "false"},
      {"i = 7 or 1 div (i - 7) = 1", "true", "true"},
      {"case when i = 7 then 1 else 1 div (i - 7) end", "1", "1"},
      {"coalesce(i, 1 div (i - 7))", "7", "7"},
      {"i = 7 and 1 div (i - 7) = 1", "expr_zero_division", "false"},
      // Decimals.
      {"d", "1250e-2", "1250e-2"},
      {"d + i", "1950e-2", "1950e-2"},
      {"d * d", "1562500e-4", "1562500e-4"},
      {"d * 1.5", "18750e-3", "18750e-3"},
      {"d / 2", "6.25", "6.25"},
      {"d > 12.499999", "true", "true"},
      {"d = 12.5", "true", "true"},
      {"d < 13", "true", "true"},
      {"d % 5", "250e-2", "250e-2"},
      {"round(d)", "13", "13"},
      {"round(-d)", "-13", "-13"},
      {"floor(-d)", "-13", "-13"},
      {"ceil(d)", "13", "13"},
      {"cast(d as decimal(1))", "125e-1", "125e-1"},
      {"cast(2.45 as decimal(1))", "25e-1", "25e-1"},
      // Minor units with decimals per row.
      {"amount", "999999e-2", "999999e-2"},
      {"amount > 500", "true", "true"},
      {"amount > 9999.99", "false", "false"},
      {"amount >= 9999.99", "true", "true"},
      {"amount = 9999.990", "true", "true"},
      {"amount = 9999.991", "false", "false"},
      {"amount != 9999.991", "true", "true"},
      {"amount < 9999.991", "true", "true"},
      {"amount between 8000 and 9999.99", "true", "true"},
      {"10000 > amount", "true", "true"},
      {"amount in (1, 9999.99)", "true", "true"},
      {"amount > 9223372036854775807", "false", "false"},
      {"amount > -9223372036854775808", "true", "true"},
      {"amount * 2", "1999998e-2", "1999998e-2"},
      {"amount + 0.005", "9999995e-3", "9999995e-3"},
      {"amount / 2", "4999.9949999999999", "4999.9949999999999"},
      {"amount % 100 = 99.99", "true", "true"},
      {"amount > d", "true", "true"},
      {"amount > f", "true", "true"},
      {"round(amount)", "10000", "10000"},
      // Functions.
      {"round(2.5e0)", "3", "3"},
      {"round(-2.5e0)", "-3", "-3"},
      {"abs(-i)", "7", "7"},
      {"sqrt(16)", "4", "4"},
      {"sqrt(-1)", "nan", "null"},
      {"exp(1)", "2.7182818284590451", "2.7182818284590451"},
      {"ln(0)", "-inf", "null"},
      {"log10(1000)", "3", "3"},
      {"pow(2, 10)", "1024", "1024"},
      {"least(i, 3, f)", "2.5", "2.5"},
      {"greatest(i, n)", "null", "null"},
      {"clamp(i, 1, 5)", "5", "5"},
      {"length(s)", "6", "6"},
      {"upper(s)", "ZüRICH", "ZüRICH"},
      {"lower(s) || '!'", "zürich!", "zürich!"},
      {"substr(s, 2, 2)", "ür", "ür"},
      {"substr(s, 0, 2)", "Z", "Z"},
      {"substr(s, 5)", "ch", "ch"},
      {"substr(s, -9223372036854775808, 5)", "", ""},
      {"starts_with(s, 'Zü')", "true", "true"},
      {"ends_with(s, 'ch')", "true", "true"},
      {"contains(s, 'ric')", "true", "true"},
      {"s like 'Z_rich'", "true", "true"},
      {"s like '%i%h'", "true", "true"},
      {"s like '%\\%'", "false", "false"},
      {"s not like 'z%'", "true", "true"},
      {"s in ('a', 'Zürich')", "true", "true"},
      // Time.
      {"year(t) * 10000 + month(t) * 100 + day(t)", "20261121", "20261121"},
      {"year(cast(-62200000000000000 as timestamp))", "-2", "-2"},
      {"hour(t) * 100 + minute(t)", "405", "405"},
      {"dow(t)", "6", "6"},
      {"dow('1969-12-31')", "3", "3"},
      {"t > '2026-11-21'", "true", "true"},
      {"t = '2026-11-21T05:05:06+01:00'", "true", "true"},
      {"t between '2026-11-21' and '2026-11-22'", "true", "true"},
      {"date_trunc('hour', t)", "2026-11-21T04:00:00Z", "2026-11-21T04:00:00Z"},
      {"date_trunc('week', t)", "2026-11-16T00:00:00Z", "2026-11-16T00:00:00Z"},
      {"date_trunc('quarter', t)", "2026-10-01T00:00:00Z", "2026-10-01T00:00:00Z"},
      {"t + 5m", "2026-11-21T04:10:06Z", "2026-11-21T04:10:06Z"},
      {"t - interval(1, 'day')", "2026-11-20T04:05:06Z", "2026-11-20T04:05:06Z"},
      {"t - t = 0s", "true", "true"},
      {"1h / 5m", "12", "12"},
      {"i < 5m", "true", "true"},
      {"i > 5s", "true", "true"},
      {"5m * 2 = 10m", "true", "true"},
      // Symbols.
      {"type = 'payment'", "true", "true"},
      {"type = 2", "true", "true"},
      {"'transfer' != type", "true", "true"},
      {"type in ('payment', 'transfer')", "true", "true"},
      // Casts.
      {"cast('12' as i64)", "12", "12"},
      {"cast('x' as i64)", "expr_cast", "null"},
      {"cast('-7.25' as decimal(2))", "-725e-2", "-725e-2"},
      {"cast(2.5e0 as i64)", "3", "3"},
      {"cast(nan as i64)", "expr_cast", "null"},
      {"cast(i as string) || cast(d as string)", "712.50", "712.50"},
      {"cast(f as string)", "2.5", "2.5"},
      {"cast(t as string)", "2026-11-21T04:05:06Z", "2026-11-21T04:05:06Z"},
      {"cast(i = 7 as i64)", "1", "1"},
      {"cast(90s as f64)", "90", "90"},
      {"hash64('abc')", "8696274497037089104", "8696274497037089104"},
      {"hash64(5.00) = hash64(5)", "true", "true"},
      {"hash64(-0e0) = hash64(0e0)", "true", "true"},
      {"case when n > 1 then 1 when i > 1 then 2.5 end", "25e-1", "25e-1"},
      {"case when i > 100 then s end", "null", "null"},
  };
  const OneRow row;
  for (const Golden& golden : goldens) {
    EXPECT_EQ(row.value(golden.text, Options::table()), golden.table) << golden.text;
    EXPECT_EQ(row.value(golden.text, Options::rules()), golden.rules) << golden.text;
  }
}

TEST(Semantics, TypeErrorsSayWhereAndWhatWouldDo) {
  const OneRow row;
  const struct {
    std::string_view text;
    std::string_view reason;
    std::uint32_t column;
    std::string_view hint;
  } cases[] = {
      {"amnt > 5", "name_unknown", 1, "did you mean 'amount'?"},
      {"s > 5", "type_mismatch", 3, "one type"},
      {"i and true", "type_mismatch", 1, "a comparison"},
      {"type > 'payment'", "type_mismatch", 6, "="},
      {"type = 'paymnt'", "name_unknown", 8, "payment"},
      {"t > 'yesterday'", "literal_range", 5, "2026"},
      {"s + 1", "type_mismatch", 1, "numbers"},
      {"s || 1", "type_mismatch", 6, "strings"},
      {"f div 2", "type_mismatch", 3, "floor"},
      {"abs(1, 2)", "argument_count", 1, ""},
      {"upper(i)", "type_mismatch", 7, "string"},
      {"date_trunc('eon', t)", "type_mismatch", 12, "'second'"},
      {"cast(t as bool)", "type_mismatch", 1, ""},
      {"case when i > 1 then 1 else 'x' end", "type_mismatch", 1, ""},
      {"$1 > 2", "parameter_missing", 1, ""},
      {"0.1234567890 * 0.1234567890", "type_mismatch", 14, "18"},
      {"i like 'x'", "type_mismatch", 1, "string"},
  };
  for (const auto& c : cases) {
    Ast ast;
    const auto root = parse(c.text, ast);
    ASSERT_TRUE(root) << c.text;
    const auto type = Compiler(row.schema(), Options::table()).check(ast, *root);
    ASSERT_FALSE(type) << c.text;
    EXPECT_EQ(type.error().reason(), c.reason) << c.text << type.error().to_string();
    EXPECT_EQ(type.error().error().column, c.column) << c.text;
    EXPECT_NE(type.error().error().hint.find(c.hint), std::string::npos)
        << c.text << ": " << type.error().to_string();
  }
}

TEST(Semantics, ParametersAreTypedConstants) {
  OneRow row;
  const Literal parameters[] = {Literal::of(std::int64_t{7}), Literal::of(std::string("Zürich"))};
  Options options;
  options.parameters = parameters;
  EXPECT_EQ(row.value("i = $1 and s = $2", options), "true");
  EXPECT_EQ(row.value("i = $3", options), "parameter_missing");
}

TEST(Semantics, ThresholdsDecideAsExactComparisons) {
  Philox rng(21, 0);
  const auto limits = std::numeric_limits<std::int64_t>();
  const std::int64_t wild[] = {
      0, 1, -1, 99, 100, 101, limits.max(), limits.min(), limits.max() - 1};
  for (int n = 0; n < 20'000; ++n) {
    const auto pick = [&] {
      return rng.next_below(3) == 0
                 ? wild[rng.next_below(9)]
                 : static_cast<std::int64_t>(rng.next_u64()) >> rng.next_below(63);
    };
    const std::int64_t value = pick();
    const std::int64_t literal = pick();
    const unsigned scale = rng.next_below(19);
    const unsigned literal_scale = rng.next_below(19);
    const auto comparison = static_cast<Comparison>(rng.next_below(6));
    const Threshold threshold = threshold_of(comparison, scale, literal, literal_scale);
    const bool raw = threshold.equals ? value == threshold.units : value > threshold.units;
    ASSERT_EQ(raw != threshold.inverted,
              satisfies(comparison, compare_decimal(value, scale, literal, literal_scale)))
        << value << "e-" << scale << " " << static_cast<int>(comparison) << " " << literal << "e-"
        << literal_scale << ", seed 21";
  }
}

TEST(Semantics, EqualPartsOfManyExpressionsAreComputedOnce) {
  const OneRow row;
  Compiler compiler(row.schema(), Options::rules());
  Ast ast;
  std::vector<OutputId> outputs;
  for (const char* text : {"i > 5 and f * 2 > 3", "i > 5 and f * 2 > 3", "f * 2 > 3 or i > 5"}) {
    const auto root = parse(text, ast);
    ASSERT_TRUE(root);
    ASSERT_TRUE(compiler.add(ast, *root));
  }
  const Program program = *compiler.finish();
  // load i, i > 5, load f, f * 2, > 3, and, or
  EXPECT_EQ(program.instructions(), 7U) << program.to_string();
  EXPECT_EQ(program.outputs(), 3U);
}

TEST(Semantics, ConstantsFold) {
  const OneRow row;
  Compiler compiler(row.schema(), Options::table());
  Ast ast;
  const auto root = parse("ln(exp(2)) * 3 > 5 and length('abc') = 3", ast);
  ASSERT_TRUE(compiler.add(ast, *root));
  EXPECT_EQ(compiler.finish()->instructions(), 0U);
}

TEST(Semantics, LikeMatchesAsAnchoredPattern) {
  EXPECT_TRUE(like_match("", ""));
  EXPECT_TRUE(like_match("", "%"));
  EXPECT_FALSE(like_match("", "_"));
  EXPECT_TRUE(like_match("abcbc", "a%bc"));
  EXPECT_FALSE(like_match("abcbd", "a%bc"));
  EXPECT_TRUE(like_match("ü", "_"));
  EXPECT_TRUE(like_match("50%", "50\\%"));
  EXPECT_FALSE(like_match("50x", "50\\%"));
  EXPECT_TRUE(like_match("a\\", "a\\"));
  EXPECT_TRUE(like_match(std::string(3000, 'a') + "b", "%a%a%a%a%b"));
}

}  // namespace
}  // namespace weir::expr
