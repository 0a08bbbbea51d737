#include "ops/expr/random_expr.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>

namespace weir::expr::testing {

namespace {

// Values that are drawn now and then: extremes, zeros, what rounds.
constexpr auto kLimits = std::numeric_limits<std::int64_t>();
constexpr std::int64_t kWhole[] = {0,
                                   1,
                                   -1,
                                   2,
                                   3,
                                   -7,
                                   100,
                                   500,
                                   999'999,
                                   kLimits.max(),
                                   kLimits.min(),
                                   1'000,
                                   60'000,
                                   123'456'789,
                                   -500,
                                   1'800'000'000'000'000};
constexpr double kInf = std::numeric_limits<double>::infinity();
const double kReal[] = {0.0,   -0.0, 1.0,   -1.0,   0.5,  2.5,   -2.5,         3.0,
                        500.0, 0.1,  1e300, -1e300, kInf, -kInf, std::nan(""), 5e-324};
constexpr std::string_view kStrings[] = {"",       "a",   "abc",        "Abc", "b",     "web",
                                         "zürich", "a%b", "2026-01-01", "12",  "-7.25", "x_y"};

}  // namespace

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
  std::vector<std::int64_t> i(rows), j(rows), t(rows), d2(rows), d4(rows), span(rows);
  std::vector<double> f(rows), g(rows);
  std::vector<float> h(rows);
  std::vector<std::string_view> s(rows);
  records_.resize(rows + 1);
  offsets_.push_back(0);
  codes_.resize(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const bool wild = rng.next_below(4) == 0;
    const auto small = [&] { return static_cast<std::int64_t>(rng.next_below(1001)) - 500; };
    i[row] = wild ? kWhole[rng.next_below(16)] : small();
    j[row] = rng.next_below(8) == 0 ? kWhole[rng.next_below(16)] : small() / 100;
    t[row] =
        static_cast<std::int64_t>(rng.next_u64() % 2'000'000'000'000'000ULL) - 200'000'000'000'000;
    span[row] = small() * 1'000'000;
    d2[row] = wild ? kWhole[rng.next_below(16)] : small() * 100;
    d4[row] = small() * 5'000;
    f[row] = wild ? kReal[rng.next_below(16)] : static_cast<double>(small()) / 8;
    g[row] = rng.next_below(3) == 0 ? kReal[rng.next_below(16)] : static_cast<double>(small());
    h[row] = rng.next_below(3) == 0 ? static_cast<float>(kReal[rng.next_below(16)])
                                    : static_cast<float>(small()) / 16.0F;
    codes_[row] = rng.next_below(12);
    s[row] = kStrings[codes_[row]];
    bytes_ += kStrings[rng.next_below(12)];
    offsets_.push_back(static_cast<std::uint32_t>(bytes_.size()));
    Record& record = records_[row];
    record.amount = wild ? kWhole[rng.next_below(16)] : std::abs(small()) * 100;
    record.exponent =
        seed % 2 == 0 ? std::uint8_t{2} : static_cast<std::uint8_t>(rng.next_below(5));
    if (rng.next_below(200) == 0) record.exponent = 30;  // not a scale: null
    record.fee = rng.next_below(1000);
    record.code = static_cast<std::uint16_t>(rng.next_below(4));
    record.flag = static_cast<std::uint8_t>(rng.next_below(3));
  }
  words_.reserve(16);
  doubles_.reserve(4);
  bits_.reserve(64);
  const auto add = [&](std::string_view name, Type type, const ColumnView& view) {
    add_column(name, type, view, rng);
  };
  add("i", Type::i64(), ColumnView::packed(column(words_, std::move(i))));
  add("j", Type::i64(), ColumnView::packed(column(words_, std::move(j))));
  add("t", Type::timestamp(), ColumnView::packed(column(words_, std::move(t))));
  add("span", Type::duration(), ColumnView::packed(column(words_, std::move(span))));
  add("d2", Type::decimal(2), ColumnView::packed(column(words_, std::move(d2))));
  add("d4", Type::decimal(4), ColumnView::packed(column(words_, std::move(d4))));
  add("f", Type::f64(), ColumnView::packed(column(doubles_, std::move(f))));
  add("g", Type::f64(), ColumnView::packed(column(doubles_, std::move(g))));
  add("h", Type::f64(), ColumnView::packed(column(floats_, std::move(h))));
  if (seed % 3 == 0) {
    add("s", Type::string(), coded_texts());
    for (std::size_t row = 0; row < rows; ++row) {
      if (!inputs_.back().valid(row)) codes_[row] = std::numeric_limits<std::uint32_t>::max();
    }
  } else {
    add("s", Type::string(), ColumnView::packed(column(texts_, std::move(s))));
  }
  add("u", Type::string(), ColumnView::texts(offsets_.data(), bytes_.data()));
  add_records(rng);
}

ColumnView RandomTable::coded_texts() {
  dictionary_offsets_.push_back(0);
  for (const std::string_view text : kStrings) {
    dictionary_ += text;
    dictionary_offsets_.push_back(static_cast<std::uint32_t>(dictionary_.size()));
  }
  return ColumnView::codes(codes_.data(), dictionary_offsets_.data(), dictionary_.data());
}

void RandomTable::add_column(std::string_view name, Type type, const ColumnView& view,
                             Philox& rng) {
  schema_.add(name, type, view.storage);
  inputs_.push_back(view.with_validity(validity(rng)));
}

// The columns that are fields of records, and a bitmap.
void RandomTable::add_records(Philox& rng) {
  const DomainId domain =
      schema_.add_domain("channel", [](std::string_view name) -> Result<std::int64_t> {
        for (const auto& [known, code] : {std::pair{"web", 1}, {"pos", 2}, {"atm", 3}})
          if (name == known) return code;
        return fail(invalid_argument("name_unknown", "no such channel"));
      });
  add_column("amount", Type::decimal_per_row(),
             ColumnView::strided(&records_[0].amount, sizeof(Record))
                 .with_exponents(&records_[0].exponent, sizeof(Record)),
             rng);
  add_column("fee", Type::i64(), ColumnView::strided(&records_[0].fee, sizeof(Record)), rng);
  add_column("channel", Type::symbol(domain),
             ColumnView::strided(&records_[0].code, sizeof(Record)).zero_as_null(), rng);
  add_column("flag", Type::boolean(), ColumnView::strided(&records_[0].flag, sizeof(Record)), rng);
  std::vector<std::uint64_t> words((rows_ + 63) / 64);
  for (std::uint64_t& word : words) word = rng.next_u64();
  bits_.push_back(std::move(words));
  add_column("b", Type::boolean(), ColumnView::bitmap(bits_.back().data()), rng);
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
                   "f / f in (0e0 / 0e0, 1e0)", "is_nan(h)", "starts_with(s, 'a')",
                   "ends_with(u, 'b')", "contains(s, u)", "f = g", "i > j"});
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

}  // namespace weir::expr::testing
