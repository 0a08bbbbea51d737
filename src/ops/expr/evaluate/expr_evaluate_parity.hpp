// Cases of expr.evaluate: random expressions over columns of every type, nulls and extremes.
#pragma once

#include <memory>

#include "ops/expr/evaluate/expr_evaluate.hpp"
#include "ops/expr/random_expr.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops {

template <>
struct Parity<ExprEvaluate> {
  struct Data {
    Data(std::uint64_t seed, std::size_t rows) : table(seed, rows) {}
    expr::testing::RandomTable table;
    expr::Ast ast;
    std::vector<ExprEvaluate::Tree> trees;
    std::optional<expr::Program> program;
  };

  static std::vector<ParityCase<ExprEvaluate>> cases(std::uint64_t seed) {
    std::vector<ParityCase<ExprEvaluate>> all;
    for (const std::size_t rows : {0U, 1U, 31U, 32U, 33U, 65U, 2047U, 2048U, 2049U, 5000U}) {
      for (std::uint64_t i = 0; i < 12; ++i) add(all, seed + 100 * i, rows, i % 2 == 0);
    }
    for (std::size_t rows = 2; rows < 64; ++rows) add(all, seed + rows, rows, rows % 2 == 0);
    return all;
  }
  // One expression, or several that share a program. Leaves out what has no type.
  static void add(std::vector<ParityCase<ExprEvaluate>>& all, std::uint64_t seed, std::size_t rows,
                  bool rules) {
    auto data = std::make_shared<Data>(seed, rows);
    Philox rng(seed, rows);
    expr::testing::RandomExpression random(rng);
    const expr::Options options = rules ? expr::Options::rules() : expr::Options::table();
    expr::Compiler compiler(data->table.schema(), options);
    std::string texts;
    for (std::uint64_t i = 0; i < 1 + seed % 3; ++i) {
      const std::string text = random.any(2);
      const auto root = expr::parse(text, data->ast);
      if (!root) continue;
      const auto type = compiler.check(data->ast, *root);
      if (!type || type->is(expr::Kind::kNull) || !compiler.add(data->ast, *root)) continue;
      data->trees.push_back({&data->ast, *root});
      texts += (texts.empty() ? " " : "; ") + text;
    }
    if (data->trees.empty()) return;
    data->program = *compiler.finish();
    all.push_back(
        {"rows=" + std::to_string(rows) + texts,
         {&*data->program, data->trees, &data->table.schema(), options, data->table.inputs(), rows},
         data});
  }
  static ExprEvaluate::Output output(const ExprEvaluate::Args& args) {
    const std::size_t words = (args.rows + 63) / 64;
    ExprEvaluate::Output out;
    for (std::size_t o = 0; o < args.trees.size(); ++o) {
      out.values.push_back({parity::guarded<std::string_view>(words * 64).data(),
                            parity::guarded<std::uint64_t>(words).data(),
                            parity::guarded<std::uint8_t>(words * 64).data()});
    }
    return out;
  }
  static std::string compare(const ExprEvaluate::Args& args, const ExprEvaluate::Output& expected,
                             const ExprEvaluate::Output& got) {
    for (std::size_t o = 0; o < args.trees.size(); ++o) {
      const expr::Type type = args.program->output_type(static_cast<expr::OutputId>(o));
      std::string difference = compare_output(type, args.rows, expected.values[o], got.values[o]);
      if (!difference.empty()) return "output " + std::to_string(o) + ", " + difference;
    }
    return {};
  }
  static std::string compare_output(expr::Type type, std::size_t rows,
                                    const expr::OutputView& expected, const expr::OutputView& got) {
    const auto* want = static_cast<const std::uint64_t*>(expected.data);
    const auto* have = static_cast<const std::uint64_t*>(got.data);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::string at = "row " + std::to_string(row);
      const bool valid = (expected.validity[row / 64] >> (row % 64) & 1) != 0;
      if (valid != ((got.validity[row / 64] >> (row % 64) & 1) != 0)) {
        return at + (valid ? " should have a value" : " should be null");
      }
      if (!valid) continue;
      if (type.is(expr::Kind::kBool)) {
        if (((want[row / 64] ^ have[row / 64]) >> (row % 64) & 1) != 0) return at + " differs";
        continue;
      }
      if (type.is(expr::Kind::kString)) {
        const std::string_view text = static_cast<const std::string_view*>(expected.data)[row];
        if (text != static_cast<const std::string_view*>(got.data)[row]) return at + " differs";
        continue;
      }
      // NaN is one value, whatever its bits.
      const bool both_nan = type.is(expr::Kind::kF64) && is_nan(want[row]) && is_nan(have[row]);
      if (want[row] != have[row] && !both_nan) return parity::bits_differ(want[row], have[row], at);
      if (type.per_row() && expected.exponents[row] != got.exponents[row]) {
        return at + " has other decimals";
      }
    }
    return {};
  }
  static bool is_nan(std::uint64_t bits) { return (bits << 1) > 0xFFE0000000000000U; }
};

}  // namespace weir::ops
