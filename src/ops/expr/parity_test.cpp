// Programs against the tree walk: random expressions over random columns of every type, in blocks
// of every awkward size, on every instruction set.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <bit>
#include <cmath>
#include <limits>

#include "ops/expr/random_expr.hpp"

namespace weir::expr::testing {

const std::uint64_t* RandomTable::validity(Philox& rng) {
  const std::uint32_t share = rng.next_below(4);  // of nulls: none, few, half, nearly all
  std::vector<std::uint64_t> words((rows_ + 63) / 64);
  for (std::uint64_t& word : words) {
    word = rng.next_u64() | (share <= 1 ? rng.next_u64() | rng.next_u64() : 0);
    if (share == 3) word &= rng.next_u64() & rng.next_u64();
  }
  bits_.push_back(std::move(words));
  return share == 0 ? nullptr : bits_.back().data();
}

RandomTable::RandomTable(std::uint64_t seed, std::size_t rows) : rows_(rows) {
  Philox rng(seed, 1);
  const auto limits = std::numeric_limits<std::int64_t>();
  const std::int64_t whole[] = {0,
                                1,
                                -1,
                                2,
                                3,
                                -7,
                                100,
                                500,
                                999'999,
                                limits.max(),
                                limits.min(),
                                1'000,
                                60'000,
                                123'456'789,
                                -500,
                                1'800'000'000'000'000};
  const double inf = std::numeric_limits<double>::infinity();
  const double real[] = {0.0,   -0.0, 1.0,   -1.0,   0.5, 2.5,  -2.5,         3.0,
                         500.0, 0.1,  1e300, -1e300, inf, -inf, std::nan(""), 5e-324};
  const std::string_view strings[] = {"",       "a",   "abc",        "Abc", "b",     "web",
                                      "zürich", "a%b", "2026-01-01", "12",  "-7.25", "x_y"};
  std::vector<std::int64_t> i(rows), j(rows), t(rows), d2(rows), d4(rows), span(rows);
  std::vector<double> f(rows), g(rows);
  std::vector<float> h(rows);
  std::vector<std::string_view> s(rows);
  records_.resize(rows + 1);
  offsets_.push_back(0);
  for (std::size_t row = 0; row < rows; ++row) {
    const bool wild = rng.next_below(4) == 0;
    const auto small = [&] { return static_cast<std::int64_t>(rng.next_below(1001)) - 500; };
    i[row] = wild ? whole[rng.next_below(16)] : small();
    j[row] = rng.next_below(8) == 0 ? whole[rng.next_below(16)] : small() / 100;
    t[row] =
        static_cast<std::int64_t>(rng.next_u64() % 2'000'000'000'000'000ULL) - 200'000'000'000'000;
    span[row] = small() * 1'000'000;
    d2[row] = wild ? whole[rng.next_below(16)] : small() * 100;
    d4[row] = small() * 5'000;
    f[row] = wild ? real[rng.next_below(16)] : static_cast<double>(small()) / 8;
    g[row] = rng.next_below(3) == 0 ? real[rng.next_below(16)] : static_cast<double>(small());
    h[row] = rng.next_below(3) == 0 ? static_cast<float>(real[rng.next_below(16)])
                                    : static_cast<float>(small()) / 16.0F;
    s[row] = strings[rng.next_below(12)];
    bytes_ += strings[rng.next_below(12)];
    offsets_.push_back(static_cast<std::uint32_t>(bytes_.size()));
    Record& record = records_[row];
    record.amount = wild ? whole[rng.next_below(16)] : std::abs(small()) * 100;
    record.exponent =
        seed % 2 == 0 ? std::uint8_t{2} : static_cast<std::uint8_t>(rng.next_below(5));
    if (rng.next_below(200) == 0) record.exponent = 30;  // not a scale: null
    record.fee = rng.next_below(1000);
    record.code = static_cast<std::uint16_t>(rng.next_below(4));
    record.flag = static_cast<std::uint8_t>(rng.next_below(3));
  }
  const DomainId domain =
      schema_.add_domain("channel", [](std::string_view name) -> Result<std::int64_t> {
        for (const auto& [known, code] : {std::pair{"web", 1}, {"pos", 2}, {"atm", 3}})
          if (name == known) return code;
        return fail(invalid_argument("name_unknown", "no such channel"));
      });
  const auto add = [&](std::string_view name, Type type, const ColumnView& view) {
    schema_.add(name, type, view.storage);
    inputs_.push_back(view.with_validity(validity(rng)));
  };
  words_.reserve(16);
  doubles_.reserve(4);
  bits_.reserve(64);
  add("i", Type::i64(), ColumnView::packed(column(words_, std::move(i))));
  add("j", Type::i64(), ColumnView::packed(column(words_, std::move(j))));
  add("t", Type::timestamp(), ColumnView::packed(column(words_, std::move(t))));
  add("span", Type::duration(), ColumnView::packed(column(words_, std::move(span))));
  add("d2", Type::decimal(2), ColumnView::packed(column(words_, std::move(d2))));
  add("d4", Type::decimal(4), ColumnView::packed(column(words_, std::move(d4))));
  add("f", Type::f64(), ColumnView::packed(column(doubles_, std::move(f))));
  add("g", Type::f64(), ColumnView::packed(column(doubles_, std::move(g))));
  add("h", Type::f64(), ColumnView::packed(column(floats_, std::move(h))));
  add("s", Type::string(), ColumnView::packed(column(texts_, std::move(s))));
  add("u", Type::string(), ColumnView::texts(offsets_.data(), bytes_.data()));
  add("amount", Type::decimal_per_row(),
      ColumnView::strided(&records_[0].amount, sizeof(Record))
          .with_exponents(&records_[0].exponent, sizeof(Record)));
  add("fee", Type::i64(), ColumnView::strided(&records_[0].fee, sizeof(Record)));
  add("channel", Type::symbol(domain),
      ColumnView::strided(&records_[0].code, sizeof(Record)).zero_as_null());
  add("flag", Type::boolean(), ColumnView::strided(&records_[0].flag, sizeof(Record)));
  std::vector<std::uint64_t> words((rows + 63) / 64);
  for (std::uint64_t& word : words) word = rng.next_u64();
  bits_.push_back(std::move(words));
  add("b", Type::boolean(), ColumnView::bitmap(bits_.back().data()));
}

std::string RandomExpression::pick(std::initializer_list<std::string_view> options) {
  return std::string(options.begin()[rng_.next_below(static_cast<std::uint32_t>(options.size()))]);
}

std::string RandomExpression::number_literal() {
  return pick({"0", "1", "2", "3", "-1", "100", "500", "0.5", "2.50", "-7.25", "99.995", "0.001",
               "9223372036854775807", "-9223372036854775808", "1e3", "2.5e-1", "1e300", "5m"});
}

std::string RandomExpression::number(unsigned depth) {
  if (depth == 0)
    return rng_.next_below(3) == 0 ? number_literal()
                                   : pick({"i", "j", "d2", "d4", "f", "g", "h", "amount", "fee"});
  const auto a = [&] { return number(depth - 1); };
  switch (rng_.next_below(12)) {
    case 0:
    case 1:
    case 2:
      return "(" + a() + pick({" + ", " - ", " * ", " / "}) + a() + ")";
    case 3:
      return "(" + a() + pick({" % ", " div "}) + a() + ")";
    case 4:
      return pick({"abs(", "floor(", "ceil(", "round(", "sqrt(", "-("}) + a() + ")";
    case 5:
      return pick({"exp(", "ln(", "log10("}) + a() + ")";
    case 6:
      return pick({"least(", "greatest(", "coalesce(", "nullif(", "pow("}) + a() + ", " + a() + ")";
    case 7:
      return "clamp(" + a() + ", " + number_literal() + ", " + a() + ")";
    case 8:
      return "case when " + truth(depth - 1) + " then " + a() + " when " + truth(depth - 1) +
             " then " + a() + pick({" end", " else i end", " else null end"});
    case 9:
      return "cast(" + a() + " as " + pick({"i64", "f64", "decimal(2)", "decimal(6)"}) + ")";
    case 10:
      return pick({"length(", "hash64("}) + text(depth - 1) + ")";
    default:
      return pick({"year(", "month(", "day(", "hour(", "minute(", "dow("}) + time(depth - 1) + ")";
  }
}

std::string RandomExpression::text(unsigned depth) {
  if (depth == 0) return pick({"s", "u", "'abc'", "'%b'", "''"});
  const auto a = [&] { return text(depth - 1); };
  switch (rng_.next_below(5)) {
    case 0:
      return "(" + a() + " || " + a() + ")";
    case 1:
      return pick({"lower(", "upper("}) + a() + ")";
    case 2:
      return "substr(" + a() + ", " + pick({"1", "0", "-2", "2", "j"}) +
             pick({")", ", 2)", ", i)"});
    case 3:
      return "cast(" + pick({"i", "f", "d2", "amount", "t", "b", "span"}) + " as string)";
    default:
      return "coalesce(" + a() + ", " + a() + ")";
  }
}

std::string RandomExpression::time(unsigned depth) {
  if (depth == 0) return "t";
  switch (rng_.next_below(4)) {
    case 0:
      return "(" + time(depth - 1) + pick({" + ", " - "}) +
             pick({"span", "5m", "interval(j, 'day')"}) + ")";
    case 1:
      return "date_trunc(" + pick({"'hour'", "'week'", "'month'", "'quarter'", "'year'", "'day'"}) +
             ", " + time(depth - 1) + ")";
    case 2:
      return "cast(s as timestamp)";
    default:
      return "case when b then " + time(depth - 1) + " else '2026-01-01' end";
  }
}

std::string RandomExpression::truth(unsigned depth) {
  if (depth == 0) return pick({"b", "flag", "true", "false", "i > 5", "channel = 'web'", "null"});
  switch (rng_.next_below(12)) {
    case 0:
    case 1:
    case 2:
      return number(depth - 1) + pick({" = ", " != ", " < ", " <= ", " > ", " >= "}) +
             number(depth - 1);
    case 3:
      return "(" + truth(depth - 1) + " and " + truth(depth - 1) + ")";
    case 4:
      return "(" + truth(depth - 1) + " or " + truth(depth - 1) + " or b)";
    case 5:
      return "not (" + truth(depth - 1) + ")";
    case 6:
      return number(depth - 1) + pick({" in (", " not in ("}) + number_literal() + ", " +
             number_literal() + pick({", 1, 2, 3, 4, 5, 6, 7, 8, 9)", ", null)", ", i)", ")"});
    case 7:
      return number(depth - 1) + " between " + number(depth - 1) + " and " + number(depth - 1);
    case 8:
      return text(depth - 1) + pick({" like 'a%'", " not like '%b_'", " = 'abc'",
                                     " in ('a', 'web')", " < 'b'", " not in ('b', null)"});
    case 9:
      return time(depth - 1) + pick({" > '2026-01-01'", " <= t", " = '1999-12-31T23:59:59Z'"});
    case 10:
      return pick({"channel in ('web', 'pos')", "channel != 'atm'", "span > 5m", "is_nan(f)",
                   "is_nan(h)", "starts_with(s, 'a')", "ends_with(u, 'b')", "contains(s, u)",
                   "f = g", "i > j"});
    default:
      return pick({"(", "cast("}) == "(" ? "(" + any(depth - 1) + ") is null"
                                         : "(" + any(depth - 1) + ") is not null";
  }
}

std::string RandomExpression::any(unsigned depth) {
  switch (rng_.next_below(6)) {
    case 0:
    case 1:
      return truth(depth);
    case 2:
    case 3:
      return number(depth);
    case 4:
      return text(depth);
    default:
      return time(depth);
  }
}

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
