#include "ops/expr/token.hpp"

#include <gtest/gtest.h>

#include "ops/expr/type.hpp"

namespace weir::expr {
namespace {

std::string kinds(std::string_view text, bool statements = false) {
  const auto tokens = tokenize(text, {.statements = statements});
  if (!tokens) return tokens.error().reason();
  std::string out;
  for (const Token& token : *tokens) out += "EBNnDSPp"[static_cast<std::size_t>(token.kind)];
  return out;
}

TEST(Token, KindsFollowTheGrammar) {
  EXPECT_EQ(kinds("a _b9 `q r` 1 0.5 .01 1e-3 30s 5m 1h 7d 'x' \"y\" $3 ( ) , . : @ || -> <> <="),
            "NNNnnnnDDDDSSP" + std::string(10, 'p') + "E");
  EXPECT_EQ(kinds(""), "E");
  EXPECT_EQ(kinds("a.b # rest\n+ 1"), "NpNpnE");
  EXPECT_EQ(kinds("1.x"), "npNE");
}

TEST(Token, StatementsBreakAtUnindentedLines) {
  EXPECT_EQ(kinds("a\n  b\nc\n\n# note\n\td", true), "BNNBNNE");
}

TEST(Token, PositionsCountCodePoints) {
  const auto tokens = tokenize("a\n  'zürich' x");
  ASSERT_TRUE(tokens);
  const Token& text = (*tokens)[1];
  EXPECT_EQ(text.line, 2U);
  EXPECT_EQ(text.column, 3U);
  EXPECT_EQ((*tokens)[2].column, 12U);
}

TEST(Token, ErrorsNameThePlace) {
  const struct {
    std::string_view text;
    std::string_view reason;
    std::uint32_t line, column;
  } cases[] = {{"a ?", "lex_character", 1, 3},   {"\n  'open", "lex_string", 2, 3},
               {"12abc", "lex_number", 1, 1},    {"1.5h", "lex_number", 1, 1},
               {"5y", "lex_number", 1, 1},       {"x \xFF", "encoding", 1, 3},
               {"'\xC0\xAF'", "encoding", 1, 2}, {"`a\nb`", "lex_string", 1, 1},
               {"`a\tb`", "lex_string", 1, 1}};
  for (const auto& c : cases) {
    const auto tokens = tokenize(c.text);
    ASSERT_FALSE(tokens) << c.text;
    EXPECT_EQ(tokens.error().reason(), c.reason) << c.text;
    EXPECT_EQ(tokens.error().error().line, c.line) << c.text;
    EXPECT_EQ(tokens.error().error().column, c.column) << c.text;
  }
  EXPECT_EQ(tokenize("aaaa", {.statements = false, .bytes_max = 3}).error().reason(), "too_long");
}

TEST(Token, ValuesDropQuotesAndDoubledOnes) {
  const auto tokens = tokenize("'it''s' \"a \"\"b\"\"\" `c``d` e 7d");
  ASSERT_TRUE(tokens);
  EXPECT_EQ(token_value((*tokens)[0]), "it's");
  EXPECT_EQ(token_value((*tokens)[1]), "a \"b\"");
  EXPECT_EQ(token_value((*tokens)[2]), "c`d");
  EXPECT_EQ(token_value((*tokens)[3]), "e");
  std::int64_t us = 0;
  EXPECT_TRUE(token_duration_us((*tokens)[4], us));
  EXPECT_EQ(us, 604'800'000'000);
}

TEST(Token, CaretPointsAtTheColumn) {
  EXPECT_EQ(caret("one\nalert if amnt > 5\n", 2, 10), "alert if amnt > 5\n         ^");
  EXPECT_EQ(caret("\tü x", 1, 4), "\tü x\n\t  ^");
  EXPECT_EQ(caret("a", 1, 3), "a\n  ^");
  EXPECT_EQ(caret("a", 7, 1), "");
  EXPECT_EQ(caret("a\x1b[2Jb", 1, 2), "a?[2Jb\n ^") << "no escape reaches the terminal";
}

TEST(Token, NearestNameIsCloseOrNothing) {
  const std::vector<std::string_view> names = {"amount", "currency", "channel", "fee"};
  EXPECT_EQ(nearest_name("amnt", names), "amount");
  EXPECT_EQ(nearest_name("chanel", names), "channel");
  EXPECT_EQ(nearest_name("few", names), "fee");
  EXPECT_EQ(nearest_name("xyz", names), "");
}

}  // namespace
}  // namespace weir::expr
