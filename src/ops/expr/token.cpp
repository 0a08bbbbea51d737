#include "ops/expr/token.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/time_text.hpp"

namespace weir::expr {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Returns the bytes of the UTF-8 sequence at the front of `text`, or 0 if it is malformed.
std::size_t sequence_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  const unsigned second = byte(1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
  if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
  return size;
}

Status lex_error(std::string_view reason, std::string message, const Token& at,
                 std::string hint = {}) {
  return invalid_argument(reason, std::move(message))
      .at_line(at.line, at.column)
      .hint(std::move(hint));
}

class Lexer {
 public:
  Lexer(std::string_view text, const LexOptions& options) : text_(text), options_(options) {}

  Result<std::vector<Token>> run() {
    while (true) {
      WEIR_TRY(skip_blanks());
      Token token = start();
      if (at_ == text_.size()) {
        tokens_.push_back(token);
        return std::move(tokens_);
      }
      if (options_.statements && token.column == 1) {
        token.kind = TokenKind::kBreak;
        tokens_.push_back(token);
      }
      WEIR_TRY(lex(token));
    }
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  Token start() const {
    Token token;
    token.offset = static_cast<std::uint32_t>(at_);
    token.line = line_;
    token.column = column_;
    return token;
  }
  // Moves over one code point; a line feed starts the next line.
  Status advance() {
    const std::size_t size = sequence_bytes(text_.substr(at_));
    if (size == 0) return lex_error("encoding", "the text is not valid UTF-8", start());
    if (text_[at_] == '\n') {
      ++line_;
      column_ = 1;
    } else {
      ++column_;
    }
    at_ += size;
    return Status::ok();
  }
  // Moves over ASCII that holds no line feed.
  void advance_ascii(std::size_t count) {
    at_ += count;
    column_ += static_cast<std::uint32_t>(count);
  }
  Status skip_blanks() {
    while (at_ < text_.size()) {
      const char c = peek();
      if (c == '#') {
        while (at_ < text_.size() && peek() != '\n') WEIR_TRY(advance());
      } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        WEIR_TRY(advance());
      } else {
        break;
      }
    }
    return Status::ok();
  }
  Status lex(Token token) {
    const char c = peek();
    if (is_letter(c)) return lex_name(token);
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return lex_number(token);
    if (c == '\'' || c == '"' || c == '`') return lex_quoted(token, c);
    if (c == '$' && is_digit(peek(1))) {
      advance_ascii(1);
      while (is_digit(peek())) advance_ascii(1);
      return push(token, TokenKind::kParameter);
    }
    return lex_punct(token);
  }
  Status push(Token token, TokenKind kind) {
    token.kind = kind;
    token.text = text_.substr(token.offset, at_ - token.offset);
    tokens_.push_back(token);
    return Status::ok();
  }
  Status lex_name(const Token& token) {
    while (is_letter(peek()) || is_digit(peek())) advance_ascii(1);
    return push(token, TokenKind::kName);
  }
  Status lex_number(const Token& token) {
    bool whole = true;
    while (is_digit(peek())) advance_ascii(1);
    if (peek() == '.' && is_digit(peek(1))) {
      whole = false;
      advance_ascii(1);
      while (is_digit(peek())) advance_ascii(1);
    }
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if (lower(peek()) == 'e' && is_digit(peek(1 + sign))) {
      whole = false;
      advance_ascii(1 + sign);
      while (is_digit(peek())) advance_ascii(1);
    }
    if (!is_letter(peek())) return push(token, TokenKind::kNumber);
    std::size_t letters = 0;
    while (is_letter(peek(letters)) || is_digit(peek(letters))) ++letters;
    const std::string_view unit = text_.substr(at_, letters);
    if (whole && (unit == "s" || unit == "m" || unit == "h" || unit == "d")) {
      advance_ascii(1);
      return push(token, TokenKind::kDuration);
    }
    return lex_error("lex_number",
                     "'" + std::string(text_.substr(token.offset, at_ - token.offset + letters)) +
                         "' is neither a number nor a duration",
                     token, "durations are whole: 30s 5m 1h 7d");
  }
  Status lex_quoted(const Token& token, char quote) {
    WEIR_TRY(advance());
    while (true) {
      if (at_ == text_.size() || (quote == '`' && static_cast<unsigned char>(peek()) < 0x20))
        return lex_error("lex_string", "the text that starts here is not closed", token,
                         std::string("close it with ") + quote);
      const bool quoted = peek() == quote;
      WEIR_TRY(advance());
      if (!quoted) continue;
      if (peek() != quote) break;  // a doubled quote stands for itself
      WEIR_TRY(advance());
    }
    return push(token, quote == '`' ? TokenKind::kName : TokenKind::kString);
  }
  Status lex_punct(const Token& token) {
    static constexpr std::array<std::string_view, 7> kPairs = {
        "==", "!=", "<>", "<=", ">=", "||", "->"};
    static constexpr std::string_view kSingles = "(),.:;@+-*/%=<>";
    const std::string_view pair = text_.substr(at_, 2);
    if (std::find(kPairs.begin(), kPairs.end(), pair) != kPairs.end()) {
      advance_ascii(2);
      return push(token, TokenKind::kPunct);
    }
    if (kSingles.find(peek()) != std::string_view::npos) {
      advance_ascii(1);
      return push(token, TokenKind::kPunct);
    }
    const std::size_t size = sequence_bytes(text_.substr(at_));
    if (size == 0) return lex_error("encoding", "the text is not valid UTF-8", token);
    return lex_error("lex_character",
                     "'" + std::string(text_.substr(at_, size)) + "' means nothing here", token);
  }

  std::string_view text_;
  LexOptions options_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t column_ = 1;
};

}  // namespace

bool Token::is_word(std::string_view word) const {
  return kind == TokenKind::kName && text.size() == word.size() &&
         std::equal(text.begin(), text.end(), word.begin(),
                    [](char a, char b) { return lower(a) == b; });
}

Result<std::vector<Token>> tokenize(std::string_view text, const LexOptions& options) {
  if (text.size() > options.bytes_max)
    return fail(out_of_range("too_long", "the text has " + std::to_string(text.size()) +
                                             " bytes; the limit is " +
                                             std::to_string(options.bytes_max)));
  return Lexer(text, options).run();
}

std::string token_value(const Token& token) {
  if (token.text.empty() || is_letter(token.text.front())) return std::string(token.text);
  const char quote = token.text.front();
  std::string value;
  for (std::size_t i = 1; i + 1 < token.text.size(); ++i) {
    value.push_back(token.text[i]);
    if (token.text[i] == quote) ++i;
  }
  return value;
}

bool token_duration_us(const Token& token, std::int64_t& us) {
  return parse_duration(token.text, us);
}

std::string describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd:
      return "the end of the text";
    case TokenKind::kBreak:
      return "a new line";
    default:
      return token.kind == TokenKind::kString ? std::string(token.text)
                                              : "'" + std::string(token.text) + "'";
  }
}

Status to_status(const Diagnostic& diagnostic) {
  std::string hint;
  if (!diagnostic.nearest.empty()) hint = "did you mean '" + diagnostic.nearest + "'?";
  if (!diagnostic.expected.empty()) {
    if (!hint.empty()) hint += ' ';
    hint += "expected " + diagnostic.expected;
  }
  return invalid_argument(diagnostic.reason, diagnostic.message)
      .at(diagnostic.nearest)
      .at_line(diagnostic.line, diagnostic.column)
      .hint(std::move(hint));
}

std::string caret(std::string_view text, std::uint64_t line, std::uint32_t column) {
  for (std::uint64_t i = 1; i < line; ++i) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  std::string out(text);
  for (char& c : out)  // a file that is no text must not steer the terminal
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) c = '?';
  out += '\n';
  std::uint32_t at = 1;
  for (std::size_t i = 0; i < text.size() && at < column; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80) continue;
    out += text[i] == '\t' ? '\t' : ' ';
    ++at;
  }
  for (; at < column; ++at) out += ' ';
  return out + '^';
}

bool TokenCursor::accept(TokenKind kind) {
  if (!at(kind)) return false;
  next();
  return true;
}

bool TokenCursor::accept(std::string_view punct) {
  if (!peek().is(punct)) return false;
  next();
  return true;
}

bool TokenCursor::accept_word(std::string_view word) {
  if (!peek().is_word(word)) return false;
  next();
  return true;
}

Status TokenCursor::expect(std::string_view punct) {
  return accept(punct) ? Status::ok() : unexpected("'" + std::string(punct) + "'");
}

Status TokenCursor::expect_word(std::string_view word) {
  return accept_word(word) ? Status::ok() : unexpected("'" + std::string(word) + "'");
}

Result<Token> TokenCursor::expect(TokenKind kind, std::string_view what) {
  if (!at(kind)) return fail(unexpected(what));
  return next();
}

Status TokenCursor::unexpected(std::string_view what) const {
  const Token& token = peek();
  Diagnostic diagnostic;
  diagnostic.expected = what;
  diagnostic.message = at_end() ? "the text ends too soon" : "unexpected " + describe(token);
  diagnostic.line = token.line;
  diagnostic.column = token.column;
  return to_status(diagnostic);
}

}  // namespace weir::expr
