#include <filesystem>
#include <fstream>
#include <sstream>

#include "decide/decide_fixture.hpp"

namespace weir::decide {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(Rules, ParseEveryProduction) {
  const char* const accepted[] = {
      "",
      "# only a comment\n",
      "allow if true",
      "block if amount > 500 and count(card, 1h) > 3",
      "rule structuring: hold if sum(amount, debtor, 7d where amount between 8000 and 9999.99) > "
      "30000\n"
      "   because \"just under the limit\"",
      "rule a: alert if amount > 1 because 'why' shadow at now",
      "alert if count(debtor, 1h) > 3 at when warm",
      "score 30 if true\nscore -30 if false\ntag odd if true",
      "window w = count(card, 1h)\nalert if w > 3",
      "let big = amount > 500\nlet half = amount / 2\nblock if big and half > 300",
      "alert if count((debtor, creditor), 30s) > 1 or rate(device, 5m) > 60",
      "alert if avg(amount, debtor, 30d) * 3 < amount",
      "alert if min(amount, debtor, 1d) < 1 or max(fee, debtor, 1d) > 2",
      "alert if distinct(creditor, debtor, 1d) > 10 or distinct(memo, debtor, 1d exact) > 5",
      "alert if sum(amount, debtor, 1d decay where type = 'refund') > 10",
      "alert if count(debtor.country, 1h exact) > 63",
      "alert if count(attrs.ip_risk, debtor, 1h) > 3",
      "alert if since(card) < 30 and distance_km() > 500",
      "allow if debtor in @vip and creditor not in @bad",
      "alert if memo like '%gift card%' or id = 'x'",
      "alert if attrs.level > 3 and attrs.tier = 'gold' and attrs.new and attrs.x is not null",
      "alert if feature.amount_z > 3 and tail > 4 and score > .5 and detector.forest > 3",
      "alert if hour between 0 and 5 and weekday = 6 and not late",
      "alert if debtor.country != creditor.country and mcc in (5411, 6011)",
      "alert if currency = 'USD' and type = 'refund' and channel = 'web' and category = '5411'",
      "alert if debtor = 'card:tok_1' or creditor in ('a', 'b') or merchant = 7 or ip = '10.0.0.1'",
      "alert if balance < amount and nonce = 1 and fee > 0.5 and time > '2026-01-01'",
      "limit block to 2% over 10m min 500 then hold",
      "limit block to 0.5% over 1h min 0 then alert",
      "band b on count(debtor, 1d): when type = 'refund' -> .x00 \"no\"; below 2 -> .01 \"one\";\n"
      "    2 to below 3 -> .02; 3 and above -> .03 'many'\n"
      "typology t = weight(b, .01: 100, .02: -2.5, .err: 1) + 3 alert at 200 block at 400\n"
      "tag hot if points.t > 100",
  };
  for (const char* text : accepted) {
    std::vector<RuleError> errors;
    const auto rules = check_rules(text, {}, errors);
    EXPECT_TRUE(rules.has_value()) << text << "\n" << (errors.empty() ? "" : errors[0].to_string());
  }
}

TEST(Rules, ReportErrorsWithPlaceCaretAndNearestName) {
  struct Case {
    const char* text;
    const char* reason;
    std::uint32_t line, column;
    const char* nearest;
  };
  const Case cases[] = {
      {"alrt if true", "expr_syntax", 1, 1, "alert"},
      {"alert when true", "expr_syntax", 1, 7, ""},
      {"\n  # x\nalert if amnt > 5", "name_unknown", 3, 10, "amount"},
      {"alert if amount > 'x'", "type_mismatch", 1, 17, ""},
      {"alert if amount", "type_mismatch", 1, 10, ""},
      {"alert if cont(card, 1h) > 3", "function_unknown", 1, 10, "count"},
      {"alert if count(crd, 1h) > 3", "window_key", 1, 16, "card"},
      {"alert if count(card) > 3", "expr_syntax", 1, 20, ""},
      {"alert if count(card, 0s) > 3", "window_width", 1, 22, ""},
      {"alert if count(card, 500d) > 3", "window_width", 1, 22, ""},
      {"alert if sum(debtor, 1h) > 3", "window_value", 1, 10, ""},
      {"alert if sum(memo, debtor, 1h) > 3", "window_value", 1, 10, ""},
      {"alert if max(amount, debtor, 1h decay) > 3", "window_kind", 1, 10, ""},
      {"alert if sum(count(card, 1h), debtor, 1h) > 3", "window_nested", 1, 14, ""},
      {"let c = count(card, 1h)\nalert if sum(c, debtor, 1h) > 3", "window_nested", 2, 10, ""},
      {"alert if count((card, card), 1h) > 3", "window_key", 1, 23, ""},
      {"alert if count(card, 1h exact) > 64", "window_cap", 1, 34, ""},
      {"alert if distinct(creditor, card, 1h) > 300", "window_cap", 1, 41, ""},
      {"window w = 5", "window_expected", 1, 12, ""},
      {"let amount = 5", "name_taken", 1, 5, ""},
      {"let x = 5\nlet x = 6", "name_repeated", 2, 5, ""},
      {"rule a: alert if true\nrule a: hold if true", "name_repeated", 2, 1, ""},
      {"score 1001 if true", "number_range", 1, 7, ""},
      {"score 1.5 if true", "number_range", 1, 7, ""},
      {"alert if true because 5", "expr_syntax", 1, 23, ""},
      {"alert if true at noon", "expr_syntax", 1, 18, ""},
      {"alert if true false", "expr_syntax", 1, 15, ""},
      {"alert if amount in @vip", "list_operand", 1, 21, ""},
      {"alert if type = 'refnd'", "name_unknown", 1, 17, "refund"},
      {"alert if debtor.country = 'Q9'", "name_unknown", 1, 27, ""},
      {"limit block to 200% over 10m min 5 then hold", "number_range", 1, 16, ""},
      {"limit block to 2% over 10m min 5 then hold\nlimit block to 2% over 10m min 5 then hold",
       "name_repeated", 2, 1, ""},
      {"band b on amount: below 2 -> .01; 3 and above -> .02", "band_gap", 1, 35, ""},
      {"band b on amount: below 2 -> .01; 2 to below 1 -> .02", "band_overlap", 1, 46, ""},
      {"band b on amount: below 2 -> .01", "band_gap", 1, 11, ""},
      {"band b on amount: below 2 -> .01; 2 and above -> .01", "name_repeated", 1, 50, ""},
      {"band b on amount: 1 to below 2 -> .01; 2 and above -> .02", "band_gap", 1, 19, ""},
      {"band b on FILL_IN: below 2 -> .01; 2 and above -> .02", "name_unknown", 1, 11, ""},
      {"typology t = weight(nope, .01: 1)", "name_unknown", 1, 21, ""},
      {"alert if 'open", "lex_string", 1, 10, ""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    std::vector<RuleError> errors;
    EXPECT_FALSE(check_rules(c.text, {}, errors).has_value());
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].reason, c.reason) << errors[0].to_string();
    EXPECT_EQ(errors[0].line, c.line) << errors[0].to_string();
    EXPECT_EQ(errors[0].column, c.column) << errors[0].to_string();
    EXPECT_EQ(errors[0].nearest, c.nearest);
    EXPECT_NE(errors[0].caret.find('^'), std::string::npos);
  }
}

TEST(Rules, ReportEveryStatementAtFaultAtOnce) {
  std::vector<RuleError> errors;
  EXPECT_FALSE(check_rules("alert if amnt > 1\nalert if true\nhold if crad > 1\n", {}, errors));
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].line, 1U);
  EXPECT_EQ(errors[1].line, 3U);
  const auto compiled = compile_rules("alert if true\nhold if crad = 1", {});
  ASSERT_FALSE(compiled.has_value());
  EXPECT_EQ(compiled.error().error().line, 2U);
}

TEST(Rules, StayWithinTheirLimits) {
  std::string many;
  for (std::size_t i = 0; i <= kRulesMax; ++i) many += "alert if true\n";
  EXPECT_EQ(compile_rules(many, {}).error().reason(), "expr_limit");
  std::string windows = "alert if ";
  for (std::size_t i = 1; i <= kWindowsMax + 1; ++i) {
    windows = "alert if count(card, " + std::to_string(i) + "m) > 3\n" + windows;
  }
  windows += "true";
  EXPECT_EQ(compile_rules(windows, {}).error().reason(), "expr_limit");
  EXPECT_FALSE(compile_rules(std::string(kRuleTextMax + 1, '#'), {}).has_value());
}

TEST(Rules, ShareWindowsOfEqualText) {
  const auto rules = compile_rules(
      "window a = count(card, 1h where amount>5)\n"
      "alert if count( card, 60m where amount > 5 ) > 2 and a > 1\n"
      "let five = 5\nhold if count(card, 1h where amount > five) > 3\n"
      "hold if count(card, 1h where amount > 6) > 3",
      {});
  ASSERT_TRUE(rules.has_value());
  ASSERT_EQ((*rules)->windows.size(), 2U);
  EXPECT_EQ((*rules)->windows[0].name, "a");
  const std::string table = (*rules)->describe();
  EXPECT_NE(table.find("32 bytes per key (128 when busy)"), std::string::npos) << table;
  EXPECT_NE(table.find("the last 1h in 24 tiles; the oldest 150s may be missing"),
            std::string::npos)
      << table;
}

// One event against one rule.
struct Semantics {
  const char* rule;
  EventSpec event;
  bool fires;
};

TEST(Rules, CompareFieldsWithLiteralsOfTheirKind) {
  const Semantics cases[] = {
      {"alert if amount > 500", {.amount = 50001}, true},
      {"alert if amount > 500", {.amount = 50000}, false},
      {"alert if amount = 500", {.amount = 500, .currency = 392, .exponent = 0}, true},
      {"alert if amount = 0.1", {.amount = 10}, true},
      {"alert if type = 'payment'", {}, true},
      {"alert if type in ('refund', 'transfer')", {}, false},
      {"alert if currency = 'usd'", {}, true},
      {"alert if currency = 'EUR'", {}, false},
      {"alert if debtor = '1'", {}, true},
      {"alert if debtor = 1", {}, true},
      {"alert if debtor = 'account:1'", {}, true},
      {"alert if debtor = 'customer:1'", {}, false},
      {"alert if debtor != '1'", {}, false},
      {"alert if card = '5'", {.card = 5}, true},
      {"alert if '5' = card", {.card = 5}, true},
      {"alert if debtor = creditor", {.debtor = 3, .creditor = 3}, true},
      {"alert if card is null", {}, true},
      {"alert if card = '5'", {}, false},
      {"alert if card != '5'", {}, false},                        // a comparison with null is false
      {"alert if not (card = '5')", {}, true},                    // and its negation true
      {"alert if 1 / (amount - 1) > 0", {.amount = 100}, false},  // x / 0 is null
      {"alert if hour = 0 and weekday = 0", {}, true},
      {"alert if hour = 3", {.t_s = 3 * 3600 + 5}, true},
      {"alert if memo = 'gift'", {.memo = "gift"}, true},
      {"alert if memo like '%if%'", {.memo = "gift"}, true},
      {"alert if memo is null", {}, true},
      {"alert if attrs.a = 'x'", {.attrs = R"({"b":{"a":"y"},"a":"x"})"}, true},
      {"alert if attrs.a = 'x'", {.attrs = R"({"a":5})"}, false},
      {"alert if attrs.a > 4.5", {.attrs = R"({"a":5})"}, true},
      {"alert if attrs.a > 4.5", {.attrs = R"({"a":"5"})"}, false},
      {"alert if attrs.a", {.attrs = R"({"a":true})"}, true},
      {"alert if attrs.a is null", {.attrs = R"({"a":null})"}, true},
      {"alert if attrs.a is not null", {.attrs = R"({"a":0})"}, true},
      {"alert if attrs.a = 'é\"'", {.attrs = R"({"a":"\u00e9\""})"}, true},
      {"alert if tail >= 4.5 and score = 0.75", {.tail_e6 = 4'500'000}, true},
      {"alert if balance > 1", {}, false},
      {"alert if distance_km() > 1", {}, false},
  };
  for (const Semantics& c : cases) {
    SCOPED_TRACE(c.rule);
    DecideFixture f;
    f.rules(c.rule);
    EXPECT_EQ(f.fires(c.event), c.fires);
  }
}

TEST(Rules, StructuringExampleCountsExactDecimals) {
  DecideFixture f;
  f.rules(
      "rule structuring: hold if sum(amount, debtor, 7d where amount between 8000 and 9999.99)"
      " > 30000 because \"just under the limit\" at now");
  EXPECT_FALSE(f.fires({.t_s = 0, .amount = 999'999}));
  EXPECT_FALSE(f.fires({.t_s = 1, .amount = 1'000'000}));  // 10,000.00 is not between
  EXPECT_FALSE(f.fires({.t_s = 2, .amount = 999'999}));
  EXPECT_FALSE(f.fires({.t_s = 3, .amount = 999'999}));
  EXPECT_FALSE(f.fires({.t_s = 4, .amount = 799'999}));
  EXPECT_TRUE(f.fires({.t_s = 5, .amount = 800'000}));
  EXPECT_FALSE(f.fires({.t_s = 8 * 86400, .amount = 999'999}));
}

TEST(Rules, SumsMixCurrenciesByTheirDecimals) {
  DecideFixture f;
  f.rules("alert if sum(amount, debtor, 1d) = 1000.25 at now");
  EXPECT_FALSE(f.fires({.amount = 25}));                                             // 0.25 USD
  EXPECT_TRUE(f.fires({.t_s = 1, .amount = 1000, .currency = 392, .exponent = 0}));  // 1000 JPY
}

TEST(Rules, BandsScoreByTable) {
  DecideFixture f;
  f.rules(
      "band out on count(debtor, 1d): when type = 'refund' -> .x00 \"not a payment\";\n"
      "    below 2 -> .01 \"one\"; 2 to below 3 -> .02 \"two\"; 3 and above -> .03 \"more\"\n"
      "band card on attrs.age: below 10 -> .01; 10 and above -> .02\n"
      "typology t999 = weight(out, .01: 100, .02: 200, .03: 400) + weight(card, .err: 5, .01: 50)\n"
      "    alert at 205 block at 400\n"
      "rule r250: tag exact if points.t999 = 250 at now\n");
  f.decider().mark_warm();
  EXPECT_FALSE(f.fires({.t_s = 0}));                                            // 105
  EXPECT_EQ(f.one({.t_s = 1}).live_hits, 1);                                    // 205
  EXPECT_EQ(f.one({.t_s = 2}).outcome, 2);                                      // 405
  EXPECT_EQ(f.one({.t_s = 3, .type = wire::EventType::kRefund}).live_hits, 0);  // 5
  EXPECT_FALSE(f.fires({.t_s = 4, .debtor = 5}));
  const auto core = f.one({.t_s = 5, .debtor = 5, .attrs = R"({"age":9})"});  // 200 + 50
  EXPECT_EQ(core.live_hits, 2);
}

TEST(Rules, ShippedFilesCompile) {
  const std::filesystem::path root = WEIR_SOURCE_DIR;
  for (const char* file : {"rules/default.rules", "bench/rules30.rules"}) {
    const std::string text = read_file(root / file);
    ASSERT_FALSE(text.empty()) << file;
    const auto rules = compile_rules(text, {});
    ASSERT_TRUE(rules.has_value()) << file << ": " << rules.error().to_string();
    EXPECT_GE((*rules)->rules.size(), 10U);
  }
  const auto bench = compile_rules(read_file(root / "bench/rules30.rules"), {});
  EXPECT_EQ((*bench)->rules.size(), 30U);
  EXPECT_EQ((*bench)->windows.size(), 6U);
  const auto shipped = compile_rules(read_file(root / "rules/default.rules"), {});
  const BlockLimit expected{20'000, 600 * kSecond, 500, true};
  EXPECT_EQ((*shipped)->limit, expected);
}

TEST(Rules, CorpusNeverCrashes) {
  const std::filesystem::path corpus =
      std::filesystem::path(WEIR_SOURCE_DIR) / "tests/fuzz/rules_fuzz";
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    const std::string text = read_file(entry.path());
    for (std::size_t size = 0; size <= text.size(); ++size) {
      std::vector<RuleError> errors;
      const auto rules = check_rules(std::string_view(text).substr(0, size), {}, errors);
      EXPECT_EQ(rules.has_value(), errors.empty());
    }
    ++files;
  }
  EXPECT_GE(files, 3U);
}

}  // namespace
}  // namespace weir::decide
