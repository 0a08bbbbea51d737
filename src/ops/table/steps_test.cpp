#include "ops/table/steps.hpp"

#include <gtest/gtest.h>

#include "ops/table/random_table.hpp"
#include "ops/table/steps_reference.hpp"

namespace weir::ops {
namespace {

constexpr std::uint64_t kSeed = 20261121;

Expression parsed(std::string_view text) {
  Result<Expression> expression = Expression::parse(text);
  EXPECT_TRUE(expression) << text;
  return *expression;
}
Aggregate aggregated(std::string_view text) {
  Result<Aggregate> made = Aggregate::parse(text);
  EXPECT_TRUE(made) << text << ": " << (made ? "" : made.error().to_string());
  return *made;
}
WindowFunction windowed(std::string_view text) {
  Result<WindowFunction> made = WindowFunction::parse(text);
  EXPECT_TRUE(made) << text << ": " << (made ? "" : made.error().to_string());
  return *made;
}

std::vector<NamedAggregate> all_aggregates(std::string_view column, bool numeric) {
  std::vector<NamedAggregate> out = {{"rows", aggregated("count()")}};
  const auto add = [&](std::string_view form) {
    out.push_back({std::string(form) + std::string(column),
                   aggregated(std::string(form) + "(" + std::string(column) +
                              (form == "quantile" ? ", 0.3)" : ")"))});
  };
  for (const char* form : {"count", "min", "max", "first", "last", "count_distinct"}) add(form);
  if (!numeric) return out;
  for (const char* form :
       {"sum", "avg", "var_pop", "var_samp", "stddev_pop", "stddev_samp", "quantile"}) {
    add(form);
  }
  return out;
}

void expect_parity(const Table& table, const Step& step, const std::string& what) {
  Workers one(1);
  Workers two(2);
  CpuRunner naive(one);
  const Result<Table> expected = run_step_reference(naive, table, step, {});
  for (Workers* workers : {&one, &two}) {
    CpuRunner run(*workers);
    std::uint64_t errors = 0;
    const Result<Table> got = run_step(run, table, step, {}, errors);
    ASSERT_EQ(static_cast<bool>(expected), static_cast<bool>(got))
        << what << ": " << (expected ? got : expected).error().to_string();
    if (!expected) {
      ASSERT_EQ(expected.error().reason(), got.error().reason()) << what;
      ASSERT_EQ(expected.error().message(), got.error().message()) << what;
      continue;
    }
    ASSERT_EQ(table_difference(*expected, *got), "")
        << what << ", " << table.rows() << " rows, " << workers->threads() << " threads, seed "
        << kSeed;
  }
}

struct Shape {
  std::size_t rows;
  std::uint32_t variety;
  bool nulls;
};
const Shape kShapes[] = {{0, 3, false}, {1, 3, false},    {1, 3, true},
                         {31, 4, true}, {32, 9, false},   {33, 12, true},
                         {65, 5, true}, {128, 20, false}, {300, 16, true}};
const char* const kColumns[] = {"b", "i", "l", "u", "f", "d", "m", "t", "s", "p"};

TEST(Steps, FiltersAsTheReference) {
  for (const Shape& shape : kShapes) {
    const Table table = random_table(shape.rows, shape.variety, shape.nulls, kSeed);
    for (const char* where : {"i > 0", "d > 0", "s like 'a%' or b", "true", "false", "l is null"}) {
      expect_parity(table, FilterStep{parsed(where)}, where);
    }
  }
  const Table large = random_table(70'000, 50, true, kSeed + 1);
  expect_parity(large, FilterStep{parsed("l > 3 or p = 'abc'")}, "large");
}

TEST(Steps, SortsByEveryTypeBothWaysAsTheReference) {
  for (const Shape& shape : kShapes) {
    const Table table = random_table(shape.rows, shape.variety, shape.nulls, kSeed + 2);
    for (const char* column : kColumns) {
      for (const bool descending : {false, true}) {
        for (const bool nulls_first : {false, true}) {
          const SortKey key{parsed(column), descending, nulls_first};
          expect_parity(table, SortStep{{key}}, column);
          expect_parity(table, TopKStep{{key}, 5}, column);
        }
      }
    }
    expect_parity(table, SortStep{{{parsed("s"), true}, {parsed("d")}, {parsed("u"), false, true}}},
                  "three keys");
    expect_parity(table, TopKStep{{{parsed("p")}, {parsed("-d"), true}}, 9}, "top of two keys");
  }
}

TEST(Steps, SortsTablesBeyondTheCacheAsTheReference) {
  const Table table = random_table(70'000, 50'000, false, kSeed + 9);
  expect_parity(table, SortStep{{{parsed("d"), true}}}, "f64");
  expect_parity(table, SortStep{{{parsed("s")}, {parsed("t"), true}}}, "two keys");
}

TEST(Steps, GroupsByEveryTypeAsTheReference) {
  for (const Shape& shape : kShapes) {
    const Table table = random_table(shape.rows, shape.variety, shape.nulls, kSeed + 3);
    for (const char* by : kColumns) {
      for (const char* of : kColumns) {
        const bool numeric = table.find(of)->type().numeric();
        expect_parity(table, GroupStep{{{by, parsed(by)}}, all_aggregates(of, numeric)},
                      std::string(by) + " of " + of);
      }
      expect_parity(table, DistinctStep{{parsed(by)}}, by);
    }
    expect_parity(table, DistinctStep{}, "all columns");
    expect_parity(table,
                  GroupStep{{{"u", parsed("u")}, {"d", parsed("d")}, {"x", parsed("l % 2")}},
                            all_aggregates("m", true)},
                  "three keys");
    expect_parity(table, AggregateStep{all_aggregates("d", true)}, "one row");
  }
}

TEST(Steps, GroupsManyBlocksAsTheReference) {
  const Table table = random_table(20'000, 40, true, kSeed + 4);
  expect_parity(table, GroupStep{{{"s", parsed("s")}}, all_aggregates("m", true)}, "decimals");
  expect_parity(table, GroupStep{{{"l", parsed("l")}}, all_aggregates("d + 0.1", true)}, "f64");
}

TEST(Steps, JoinsAsTheReference) {
  for (const Shape& shape : kShapes) {
    const Table left = random_table(shape.rows, shape.variety, shape.nulls, kSeed + 5);
    const Table right = random_table(40, shape.variety, shape.nulls, kSeed + 6);
    Workers workers(1);
    CpuRunner run(workers);
    std::uint64_t errors = 0;
    const SelectStep some{{"i", "u", "d", "s", "p"}};
    const Result<Table> small = run_step(run, left, some, {}, errors);
    ASSERT_TRUE(small);
    for (const JoinKind kind :
         {JoinKind::kInner, JoinKind::kLeft, JoinKind::kSemi, JoinKind::kAnti}) {
      JoinStep step{*run_step(run, right, SelectStep{{"l", "f", "b"}}, {}, errors), {}, kind};
      step.on = {{"i", "l"}};
      expect_parity(*small, step, "i32 with i64");
      step.on = {{"d", "f"}};
      expect_parity(*small, step, "f64 with f32");
      step.with = *run_step(run, right, SelectStep{{"p", "s", "u", "t"}}, {}, errors);
      step.on = {{"s", "p"}, {"u", "u"}, {"p", "s"}};
      const Result<Table> two = run_step(run, *small, SelectStep{{"s", "u", "p", "d"}}, {}, errors);
      const Result<Table> named = run_step(run, *two, MapStep{{{"x", parsed("d")}}}, {}, errors);
      expect_parity(*run_step(run, *named, SelectStep{{"s", "u", "p", "x"}}, {}, errors), step,
                    "three keys");
    }
  }
}

TEST(Steps, ComputesWindowsAsTheReference) {
  const Frame frames[] = {{},
                          Frame::rows(-3, 0),
                          Frame::rows(-1, 1),
                          Frame::rows(2, 1),
                          Frame::rows(1, 4),
                          Frame::rows(std::nullopt, -1),
                          Frame::rows(-2, std::nullopt)};
  for (const Shape& shape : kShapes) {
    if (shape.rows > 128) continue;
    const Table table = random_table(shape.rows, shape.variety, shape.nulls, kSeed + 7);
    WindowStep step{{parsed("s")}, {{parsed("l"), true}}, {}, {}};
    for (const char* function : {"row_number()", "rank()", "lag(s)", "lead(d, 2)", "lag(m, 0)"}) {
      step.set.push_back({function, windowed(function)});
    }
    expect_parity(table, step, "places");
    for (const char* of : {"i", "u", "f", "d", "m", "p"}) {
      step.set.clear();
      for (const NamedAggregate& one : all_aggregates(of, table.find(of)->type().numeric())) {
        step.set.push_back({one.name, {WindowFunction::Kind::kAggregate, one.aggregate, {}, 1}});
      }
      for (const Frame& frame : frames) {
        step.frame = frame;
        expect_parity(table, step, std::string("rows of ") + of);
      }
      for (const bool descending : {false, true}) {
        WindowStep range = step;
        range.order = {{parsed("t"), descending, descending}};
        range.frame = Frame::range(-120'000'000, 0);
        expect_parity(table, range, std::string("range of ") + of);
        range.frame = Frame::range(std::nullopt, 60'000'000);
        expect_parity(table, range, std::string("open range of ") + of);
      }
    }
  }
}

TEST(Steps, ReportsRowsOfEachStep) {
  const Table table = random_table(300, 16, true, kSeed + 8);
  const std::vector<Step> steps = {FilterStep{parsed("l > 0")},
                                   MapStep{{{"x", parsed("d * 2")}, {"d", parsed("l")}}},
                                   GroupStep{{{"s", parsed("s")}}, {{"n", aggregated("count()")}}},
                                   SortStep{{{parsed("n"), true}}}, LimitStep{3, 1}};
  Workers workers(1);
  CpuRunner run(workers);
  const Result<StepsResult> result = run_steps(run, table, steps, {});
  ASSERT_TRUE(result) << result.error().to_string();
  ASSERT_EQ(result->reports.size(), 5U);
  EXPECT_EQ(result->reports[0].op, "filter");
  EXPECT_EQ(result->reports[0].rows_in, 300U);
  EXPECT_EQ(result->reports[1].rows_in, result->reports[0].rows_out);
  EXPECT_EQ(result->reports[4].rows_out, 3U);
  EXPECT_EQ(result->table.rows(), 3U);
}

TEST(Steps, NamesTheStepAndTheRowAtFault) {
  Workers workers(2);
  CpuRunner run(workers);
  std::vector<std::int64_t> values(40'000, 1);
  values[33'333] = std::numeric_limits<std::int64_t>::max();
  Table table;
  ASSERT_TRUE(table.add("x", Column::of<std::int64_t>(ColumnType::i64(), values)).is_ok());
  const std::vector<Step> map = {MapStep{{{"y", parsed("x + 1")}}}};
  const Result<StepsResult> overflow = run_steps(run, table, map, {});
  ASSERT_FALSE(overflow);
  EXPECT_NE(overflow.error().message().find("row 33333"), std::string::npos)
      << overflow.error().to_string();
  EXPECT_EQ(overflow.error().error().field, "steps[0].set");
  const Result<StepsResult> nulls = run_steps(run, table, map, {.errors_are_null = true});
  ASSERT_TRUE(nulls);
  EXPECT_EQ(nulls->errors, 1U);
  EXPECT_FALSE(nulls->table.find("y")->valid(33'333));

  const std::vector<Step> sum = {AggregateStep{{{"n", aggregated("sum(x)")}}}};
  const Result<StepsResult> beyond = run_steps(run, table, sum, {});
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().reason(), "sum_overflow");
  EXPECT_NE(beyond.error().message().find("row 33333:"), std::string::npos)
      << beyond.error().to_string();
  const std::vector<Step> unknown = {SelectStep{{"x"}}, SelectStep{{"xx"}}};
  const Result<StepsResult> missing = run_steps(run, table, unknown, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().error().field, "steps[1].columns");
  EXPECT_NE(missing.error().to_string().find("did you mean \"x\""), std::string::npos);
}

// Sums of 64 bits that are in and out of their range along the rows, with nulls between.
TEST(Steps, TakesSumsThatOverflowForNullAsTheReferenceDoes) {
  Workers workers(1);
  CpuRunner run(workers);
  ColumnBuilder built(ColumnType::i64());
  ColumnBuilder groups(ColumnType::i64());
  for (std::int64_t row = 0; row < 300; ++row) {
    const bool large = row % 7 != 0 && row / 64 % 2 == 0;
    const std::int64_t sign = row % 3 == 1 ? -1 : 1;
    expr::Value value = expr::Value::of_i64(large ? sign * (std::int64_t{1} << 61) : row);
    value.null = row % 5 == 0;
    ASSERT_TRUE(built.append(value).is_ok());
    ASSERT_TRUE(groups.append(expr::Value::of_i64(row % 4)).is_ok());
  }
  Table table;
  ASSERT_TRUE(table.add("x", built.finish()).is_ok());
  ASSERT_TRUE(table.add("k", groups.finish()).is_ok());
  const NamedAggregate sum{"s", aggregated("sum(x)")};
  WindowStep window;
  window.partition = {parsed("k")};
  window.frame = Frame::rows(-40, 0);
  window.set = {{"s", *WindowFunction::parse("sum(x)")}};
  for (const Step& step :
       {Step(GroupStep{{{"k", parsed("k")}}, {sum}}), Step(AggregateStep{{sum}}), Step(window)}) {
    expect_parity(table, step, "sums");
    const EvaluateOptions options{.errors_are_null = true};
    std::uint64_t errors = 0;
    const Result<Table> got = run_step(run, table, step, options, errors);
    const Result<Table> expected = run_step_reference(run, table, step, options);
    ASSERT_TRUE(got) << got.error().to_string();
    ASSERT_TRUE(expected) << expected.error().to_string();
    EXPECT_EQ(table_difference(*expected, *got), "") << step_name(step);
    EXPECT_EQ(errors != 0, !run_step(run, table, step, {}, errors)) << step_name(step);
  }
}

TEST(Steps, RefusesU64InExpressionsOnlyBeyondTheirRange) {
  Workers workers(1);
  CpuRunner run(workers);
  const std::uint64_t values[] = {5, ~std::uint64_t{0}};
  Table table;
  ASSERT_TRUE(table.add("u", Column::of<std::uint64_t>(ColumnType::u64(), values)).is_ok());
  std::uint64_t errors = 0;
  const auto computed = run_step(run, table, FilterStep{parsed("u > 1")}, {}, errors);
  ASSERT_FALSE(computed);
  EXPECT_EQ(computed.error().reason(), "u64_range");
  EXPECT_NE(computed.error().message().find("row 1 of column \"u\" is 18446744073709551615"),
            std::string::npos);
  const auto largest =
      run_step(run, table, AggregateStep{{{"most", aggregated("max(u)")}}}, {}, errors);
  ASSERT_TRUE(largest);
  EXPECT_EQ(largest->find("most")->at(0).i, -1);
}

TEST(Steps, StopsBetweenStepsWhenCancelled) {
  const std::atomic<bool> cancel = true;
  Workers workers(1);
  const TaskWatch watch(&cancel, {}, system_clock());
  CpuRunner run(workers, &watch);
  const std::vector<Step> steps = {LimitStep{1, 0}};
  const auto result = run_steps(run, random_table(5, 3, false, 1), steps, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::kCancelled);
}

TEST(Aggregate, ParsesAndPrints) {
  EXPECT_EQ(aggregated("sum( amount*2 )").print(), "sum(amount * 2)");
  EXPECT_EQ(aggregated("count(*)").print(), "count()");
  EXPECT_EQ(aggregated("quantile(least(a, b), 0.25)").print(), "quantile(least(a, b), 2.5e-01)");
  for (const auto& [text, reason] : {std::pair{"summ(x)", "aggregate_unknown"},
                                     {"sum", "aggregate_syntax"},
                                     {"sum()", "aggregate_syntax"},
                                     {"quantile(x, 1.5)", "quantile_range"},
                                     {"sum(x +)", "expr_syntax"}}) {
    const Result<Aggregate> made = Aggregate::parse(text);
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().reason(), reason) << text;
  }
}

TEST(Window, StopsWithinLongFramesWhenCancelled) {
  const std::atomic<bool> cancel = true;
  Workers workers(1);
  const TaskWatch watch(&cancel, {}, system_clock());
  CpuRunner run(workers, &watch);
  const Table table = random_table(6'000, 50, false, kSeed);
  for (const char* function : {"sum(d)", "var_pop(l)", "quantile(d, 0.5)"}) {
    const WindowStep step{{}, {}, Frame::rows(-3'000, 0), {{"x", windowed(function)}}};
    std::uint64_t errors = 0;
    const auto result = run_step(run, table, step, {}, errors);
    ASSERT_FALSE(result) << function;
    EXPECT_EQ(result.error().code(), Code::kCancelled) << function;
  }
}

TEST(Window, RefusesARangeWithoutDistances) {
  Workers workers(1);
  CpuRunner run(workers);
  std::uint64_t errors = 0;
  const WindowStep step{{}, {{parsed("s")}}, Frame::range(-1, 0), {{"n", windowed("count()")}}};
  const auto result = run_step(run, random_table(5, 3, false, 1), step, {}, errors);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason(), "frame_order");
}

}  // namespace
}  // namespace weir::ops
