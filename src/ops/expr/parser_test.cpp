#include "ops/expr/parser.hpp"

#include <gtest/gtest.h>

#include "ops/expr/expr.hpp"

namespace weir::expr {
namespace {

// Checks that a text prints as `canonical`, and that text, canonical text and JSON give equal
// trees.
void expect_round_trip(std::string_view text, std::string_view canonical) {
  Ast ast;
  const auto root = parse(text, ast);
  ASSERT_TRUE(root) << text << ": " << root.error().to_string();
  EXPECT_EQ(print(ast, *root), canonical);
  const auto again = parse(print(ast, *root), ast);
  ASSERT_TRUE(again) << canonical << ": " << again.error().to_string();
  EXPECT_TRUE(equal(ast, *root, ast, *again)) << canonical;
  const std::string json = print_json(ast, *root);
  const auto from_json = parse_json(json, ast);
  ASSERT_TRUE(from_json) << json << ": " << from_json.error().to_string();
  EXPECT_TRUE(equal(ast, *root, ast, *from_json)) << json;
}

TEST(Parser, EveryProductionRoundTrips) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"a or b or c and d", "a or b or c and d"},
      {"(a or b) and c", "(a or b) and c"},
      {"a or (b or c)", "a or (b or c)"},
      {"NOT a AND not not b", "not a and not not b"},
      {"not (a or b)", "not (a or b)"},
      {"not a = b", "not a = b"},
      {"(not a) = b", "(not a) = b"},
      {"a==1", "a = 1"},
      {"a<>1", "a != 1"},
      {"a!=1", "a != 1"},
      {"a<1", "a < 1"},
      {"a<=1", "a <= 1"},
      {"a>1", "a > 1"},
      {"a>=1", "a >= 1"},
      {"(a > 1) = b", "(a > 1) = b"},
      {"a in (1, 'x', null, b + 1)", "a in (1, 'x', null, b + 1)"},
      {"a not in (1)", "a not in (1)"},
      {"a between 1 and 2 and b", "a between 1 and 2 and b"},
      {"a not between 1 and 2", "not a between 1 and 2"},
      {"a is null", "a is null"},
      {"a + 1 is not null", "a + 1 is not null"},
      {"(a and b) is null", "(a and b) is null"},
      {"s like 'a%'", "s like 'a%'"},
      {"s not like \"it's\"", "s not like 'it''s'"},
      {"a - b - c", "a - b - c"},
      {"a - (b - c)", "a - (b - c)"},
      {"a + b * c / d % e div f", "a + b * c / d % e div f"},
      {"(a + b) * c", "(a + b) * c"},
      {"a * (b * c)", "a * (b * c)"},
      {"s || 'x' || t", "s || 'x' || t"},
      {"-a", "-a"},
      {"--a", "--a"},
      {"- 5", "-5"},
      {"--5", "--5"},
      {"a - -5", "a - -5"},
      {"-(a + b)", "-(a + b)"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"12", "12"},
      {"012", "12"},
      {".50", "0.50"},
      {"9999.99", "9999.99"},
      {"1e5", "1e+05"},
      {"-1.5E-3", "-1.5e-03"},
      {"0.1234567890123456789012", "1.2345678901234568e-01"},
      {"90s", "90s"},
      {"60m", "1h"},
      {"-7d", "-7d"},
      {"0h", "0s"},
      {"true and FALSE or null", "true and false or null"},
      {"feature.amount_z", "feature.amount_z"},
      {"`Account#2`.`and`.x", "`Account#2`.`and`.x"},
      {"`a``b`", "`a``b`"},
      {"$1 + $20", "$1 + $20"},
      {"abs(-x)", "abs(-x)"},
      {"coalesce(a, b, 0)", "coalesce(a, b, 0)"},
      {"case when a then 1 when b then 2 else 3 end",
       "case when a then 1 when b then 2 else 3 end"},
      {"case when a then 1 end + 1", "case when a then 1 end + 1"},
      {"cast(a as decimal(2)) > 1", "cast(a as decimal(2)) > 1"},
      {"cast(a as timestamp)", "cast(a as timestamp)"},
      {"((a))", "a"},
      {"a # why\n > 1", "a > 1"},
  };
  for (const auto& [text, canonical] : cases) expect_round_trip(text, canonical);
}

// "-(5)" was a tree that printed as "-5", which is another one; so was "--0".
TEST(Parser, FoldsAMinusIntoTheNumberWhereverItStands) {
  expect_round_trip("-(5)", "-5");
  expect_round_trip("-((2.50))", "-2.50");
  expect_round_trip("-(1h)", "-1h");
  expect_round_trip("-(-5)", "--5");
  expect_round_trip("a---0", "a - 0");
  expect_round_trip("-(0e0)", "-0e+00");
  expect_round_trip("--0e0", "--0e+00");
}

TEST(Parser, EveryFunctionParsesAndPrints) {
  for (unsigned i = 0; i < kFunctions; ++i) {
    const FunctionInfo& info = function_info(static_cast<Function>(i));
    std::string text = std::string(info.name) + "(a";
    for (unsigned n = 1; n < info.args_min; ++n) text += ", a";
    expect_round_trip(text + ")", text + ")");
  }
}

TEST(Parser, ErrorsSayWhereAndWhatWasExpected) {
  const struct {
    std::string_view text;
    std::string_view reason;
    std::uint32_t line, column;
    std::string_view hint;  // part of it
  } cases[] = {
      {"", "expr_syntax", 1, 1, "an operand"},
      {"a >", "expr_syntax", 1, 4, "an operand"},
      {"a > 1 2", "expr_syntax", 1, 7, "an operator or the end"},
      {"a = b = c", "expr_syntax", 1, 7, "an operator"},
      {"(a", "expr_syntax", 1, 3, "')'"},
      {"a in 5", "expr_syntax", 1, 6, "'('"},
      {"a in ()", "expr_syntax", 1, 7, "an operand"},
      {"a in @list", "expr_syntax", 1, 6, ""},
      {"a between 1 or 2", "expr_syntax", 1, 13, "'and'"},
      {"a is 5", "expr_syntax", 1, 6, "'null'"},
      {"s like t", "expr_syntax", 1, 8, "a pattern"},
      {"a.\n 5", "expr_syntax", 2, 2, "a name"},
      {"case a end", "expr_syntax", 1, 6, "'when'"},
      {"case when a then 1", "expr_syntax", 1, 19, "'end'"},
      {"cast(a as money)", "expr_syntax", 1, 11, "a type"},
      {"cast(a as decimal(19))", "expr_syntax", 1, 11, "a type"},
      {"flor(a)", "function_unknown", 1, 1, "did you mean 'floor'?"},
      {"then", "expr_syntax", 1, 1, "an operand"},
      {"99999999999999999999", "number_range", 1, 1, ""},
      {"1e999", "number_range", 1, 1, ""},
      {"$0", "number_range", 1, 1, ""},
      {"99999999999d", "number_range", 1, 1, ""},
  };
  for (const auto& c : cases) {
    Ast ast;
    const auto root = parse(c.text, ast);
    ASSERT_FALSE(root) << c.text;
    const Status::Error& error = root.error().error();
    EXPECT_EQ(error.reason, c.reason) << c.text << ": " << root.error().to_string();
    EXPECT_EQ(error.line, c.line) << c.text;
    EXPECT_EQ(error.column, c.column) << c.text;
    EXPECT_NE(error.hint.find(c.hint), std::string::npos) << c.text << ": " << error.hint;
  }
}

std::string repeated(std::string_view part, std::size_t times) {
  std::string out;
  while (times-- > 0) out += part;
  return out;
}

// The deepest tree has more brackets than a JsonWriter takes: writing it ended the process.
TEST(Parser, TheDeepestTreeHasAJsonForm) {
  const std::string deepest = repeated("-", kDepthMax - 1) + "a";
  expect_round_trip(deepest, deepest);
}

TEST(Parser, LimitsAreExact) {
  const auto reason = [](const std::string& text) {
    Ast ast;
    const auto root = parse(text, ast);
    return root ? std::string() : root.error().reason();
  };
  EXPECT_EQ(reason(repeated("-", kDepthMax - 1) + "a"), "");
  EXPECT_EQ(reason(repeated("-", kDepthMax) + "a"), "expr_limit");
  EXPECT_EQ(reason(repeated("not ", kDepthMax) + "a"), "expr_limit");
  EXPECT_EQ(reason(repeated("(", 100'00) + "a"), "expr_limit");
  EXPECT_EQ(reason("a" + repeated("+a", kDepthMax)), "expr_limit");
  EXPECT_EQ(reason("a" + repeated(" or a", kNodesMax - 2)), "");
  EXPECT_EQ(reason("a" + repeated(" or a", kNodesMax - 1)), "expr_limit");
  EXPECT_EQ(reason("a in (1" + repeated(",1", kInListMax - 1) + ")"), "");
  EXPECT_EQ(reason("a in (1" + repeated(",1", kInListMax) + ")"), "expr_limit");
  EXPECT_EQ(reason("a" + repeated(" ", kExpressionBytesMax - 1)), "");
  EXPECT_EQ(reason("a" + repeated(" ", kExpressionBytesMax)), "too_long");
}

TEST(Parser, JsonErrorsNameTheMember) {
  const struct {
    std::string_view json;
    std::string_view reason;
    std::string_view field;
  } cases[] = {
      {"[]", "json_shape", ""},
      {"{\"col\":\"a\"} x", "json_shape", ""},
      {"{\"op\":\">\",\"args\":[{\"col\":\"a\"}]}", "argument_count", "/args"},
      {"{\"op\":\"zap\",\"args\":[]}", "function_unknown", "/op"},
      {"{\"op\":\"+\",\"args\":[{\"lit\":1},{\"lit\":[]}]}", "json_shape", "/args/1/lit"},
      {"{\"lit\":1,\"col\":\"a\"}", "json_shape", "/col"},
      {"{\"lit\":1.}", "expr_syntax", "/lit"},
      {"{\"lit\":nul}", "json_shape", "/lit"},  // once threw out of the reader
      {"{\"duration\":\"a\"}", "json_shape", "/duration"},
      {"{\"param\":0}", "json_shape", "/param"},
      {"{\"op\":\"cast\",\"args\":[{\"lit\":1}],\"type\":\"money\"}", "json_shape", "/type"},
      {"{\"op\":\"like\",\"args\":[{\"col\":\"a\"},{\"col\":\"b\"}]}", "json_shape", "/args/1"},
  };
  for (const auto& c : cases) {
    Ast ast;
    const auto root = parse_json(c.json, ast);
    ASSERT_FALSE(root) << c.json;
    EXPECT_EQ(root.error().reason(), c.reason) << c.json << root.error().to_string();
    EXPECT_EQ(root.error().error().field, c.field) << c.json;
  }
}

TEST(Parser, JsonNumbersKeepTheirText) {
  Ast ast;
  const auto root =
      parse_json("{\"op\":\">\",\"args\":[{\"col\":\"amount\"},{\"lit\":9999.990}]}", ast);
  ASSERT_TRUE(root);
  EXPECT_EQ(print(ast, *root), "amount > 9999.990");
  EXPECT_EQ(print_json(ast, *root),
            "{\"op\":\">\",\"args\":[{\"col\":\"amount\"},{\"lit\":9999.990}]}");
}

// A grammar around the expressions: window aggregates, lists and a field of its own.
class Windows final : public ParseExtension {
 public:
  explicit Windows(Schema& schema) : schema_(schema) {}
  Result<std::optional<NodeId>> parse_call(Parser& p, const Token& name) override {
    if (name.text != "count") return std::nullopt;
    WEIR_TRY(p.cursor().expect("("));
    WEIR_ASSIGN(const Token key, p.cursor().expect(TokenKind::kName, "a key"));
    WEIR_TRY(p.cursor().expect(","));
    WEIR_ASSIGN(const Token window, p.cursor().expect(TokenKind::kDuration, "a duration"));
    std::string text = "count(" + std::string(key.text) + ", " + std::string(window.text);
    if (p.cursor().accept_word("where")) {
      WEIR_ASSIGN(const NodeId where, p.parse_expression());
      text += " where " + print(p.ast(), where);
    }
    WEIR_TRY(p.cursor().expect(")"));
    return p.ast().add_input(schema_.add_hidden(Type::i64(), Storage::kI64), text + ")",
                             Parser::position(name));
  }
  Result<std::optional<NodeId>> parse_name(Parser& p, std::string_view dotted,
                                           const Token& first) override {
    if (dotted != "big") return std::nullopt;
    const NodeId target = p.ast().add_name("amount", Parser::position(first));
    return p.ast().add_alias("big", target, Parser::position(first));
  }
  Result<std::optional<NodeId>> parse_list(Parser& p, NodeId operand, bool negated) override {
    WEIR_ASSIGN(const Token list, p.cursor().expect(TokenKind::kName, "a list"));
    const std::string text = print(p.ast(), operand) + (negated ? " not in @" : " in @");
    return p.ast().add_input(schema_.add_hidden(Type::boolean(), Storage::kBitmap),
                             text + std::string(list.text), Parser::position(list));
  }
  std::vector<std::string_view> function_names() const override { return {"count"}; }

 private:
  Schema& schema_;
};

TEST(Parser, ExtensionAddsPrimaries) {
  Schema schema;
  schema.add("amount", Type::i64(), Storage::kI64);
  schema.add("debtor", Type::i64(), Storage::kI64);
  Windows windows(schema);
  Ast ast;
  const std::string text =
      "big > 5 and count(card, 1h where amount > 5 and debtor = 1) > 3 and debtor not in @mules";
  const auto root = parse(text, ast, &windows);
  ASSERT_TRUE(root) << root.error().to_string();
  EXPECT_EQ(print(ast, *root), text);
  const auto json = parse_json(print_json(ast, *root), ast, &windows);
  ASSERT_TRUE(json) << json.error().to_string();
  EXPECT_TRUE(equal(ast, *root, ast, *json));
  EXPECT_EQ(schema.fields().size(), 6U);  // two names, then one of each hidden kind, twice
  Compiler compiler(schema, Options::rules());
  ASSERT_TRUE(compiler.add(ast, *root));
  const Program program = *compiler.finish();
  EXPECT_EQ(std::vector<InputId>(program.inputs().begin(), program.inputs().end()),
            (std::vector<InputId>{0, 2, 3}));
  EXPECT_EQ(parse("cuont(a, 1h)", ast, &windows).error().error().field, "count");
}

TEST(Parser, StopsBeforeWhatCannotContinue) {
  const std::string text = "block if a > 1 because \"x\"\nhold if b >\nalert if c";
  const auto tokens = tokenize(text, {.statements = true});
  ASSERT_TRUE(tokens);
  TokenCursor cursor(*tokens);
  Ast ast;
  Parser parser(cursor, ast);
  EXPECT_TRUE(cursor.accept(TokenKind::kBreak));
  EXPECT_TRUE(cursor.accept_word("block"));
  EXPECT_TRUE(cursor.accept_word("if"));
  const auto root = parser.parse_expression();
  ASSERT_TRUE(root);
  EXPECT_EQ(print(ast, *root), "a > 1");
  EXPECT_TRUE(cursor.accept_word("because"));
  EXPECT_TRUE(cursor.accept(TokenKind::kString));
  EXPECT_TRUE(cursor.accept(TokenKind::kBreak));
  cursor.next();
  cursor.next();
  const auto broken = parser.parse_expression();
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().error().line, 3U);
  EXPECT_NE(broken.error().message().find("a new line"), std::string::npos);
}

}  // namespace
}  // namespace weir::expr
