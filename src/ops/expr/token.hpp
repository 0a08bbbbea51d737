// Tokens of the expression language, and the cursor that parsers of larger grammars share with it.
//
//   WEIR_ASSIGN(const std::vector<Token> tokens, tokenize(text, {.statements = true}));
//   TokenCursor cursor(tokens);
//   while (!cursor.at_end()) {
//     if (cursor.accept(TokenKind::kBreak)) continue;     // an unindented line begins here
//     if (cursor.accept_word("let")) ...
//   }
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace weir::expr {

enum class TokenKind : std::uint8_t {
  kEnd,        // always the last token
  kBreak,      // statements only: the next token begins an unindented line
  kName,       // letters, digits, _; or `quoted`
  kNumber,     // 12  0.5  .01  1e-3
  kDuration,   // 30s 5m 1h 7d
  kString,     // 'it''s'  "text"
  kParameter,  // $3
  kPunct,      // ( ) , . : @ + - * / % = == != <> < <= > >= || ->
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;     // as written; points into the source
  std::uint32_t offset = 0;  // bytes from the start of the source
  std::uint32_t line = 1;    // physical line, from 1
  std::uint32_t column = 1;  // code points, from 1

  bool is(std::string_view punct) const { return kind == TokenKind::kPunct && text == punct; }
  // Returns true for a bare (unquoted) name that equals the lower-case `word`, letters of either
  // case.
  bool is_word(std::string_view word) const;
};

struct LexOptions {
  bool statements = false;  // put a kBreak before each line that does not start with a blank
  std::size_t bytes_max = std::size_t{1} << 20;
};

// Splits a text; # starts a comment that ends with the line. The tokens point into `text`. Errors,
// with line and column: lex_character, lex_string (not closed), lex_number, encoding (not UTF-8),
// too_long.
Result<std::vector<Token>> tokenize(std::string_view text, const LexOptions& options = {});

// Returns the value of a kName (quotes removed) or kString (quotes and doubled quotes removed).
std::string token_value(const Token& token);
// Returns the microseconds of a kDuration; false on overflow.
bool token_duration_us(const Token& token, std::int64_t& us);
// Returns how a message calls the token: "'>='", "the end of the text", "a new line".
std::string describe(const Token& token);

// A syntax, name or type error, before it becomes a Status.
struct Diagnostic {
  std::string reason = "expr_syntax";  // expr_syntax expr_limit name_unknown type_mismatch ...
  std::string message;
  std::string expected;  // what would have been right, or empty
  std::string nearest;   // a known name that is close, or empty
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};
// Returns invalid_argument with reason, message and position; field is `nearest`, the hint is made
// of `expected` and `nearest`.
Status to_status(const Diagnostic& diagnostic);
// Returns the source line at fault with a caret under the column: "alert if amnt > 5\n         ^".
std::string caret(std::string_view text, std::uint64_t line, std::uint32_t column);

// A position in a list of tokens that ends with kEnd. Does not own the tokens.
class TokenCursor {
 public:
  explicit TokenCursor(std::span<const Token> tokens) : tokens_(tokens) {}
  const Token& peek(std::size_t ahead = 0) const {
    return tokens_[at_ + ahead < tokens_.size() ? at_ + ahead : tokens_.size() - 1];
  }
  const Token& next() {
    const Token& token = peek();
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }
  bool at_end() const { return peek().kind == TokenKind::kEnd; }
  bool at(TokenKind kind) const { return peek().kind == kind; }
  // Take the token and return true if it is what is asked for.
  bool accept(TokenKind kind);
  bool accept(std::string_view punct);
  bool accept_word(std::string_view word);
  // As accept, but an error that names what was found and what was expected.
  Status expect(std::string_view punct);
  Status expect_word(std::string_view word);
  // Returns the token of that kind; `what` names it in the error.
  Result<Token> expect(TokenKind kind, std::string_view what);
  // Returns the error "unexpected ..." at the current token, with the hint "expected WHAT".
  Status unexpected(std::string_view what) const;

  std::size_t position() const { return at_; }
  void seek(std::size_t position) { at_ = position; }

 private:
  std::span<const Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace weir::expr
