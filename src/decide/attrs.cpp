#include "decide/attrs.hpp"

#include <charconv>
#include <cstdint>

namespace weir::decide {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view json) : json_(json) {}

  char peek() {
    while (at_ < json_.size() && std::string_view(" \t\r\n").find(json_[at_]) != json_.npos) ++at_;
    return at_ < json_.size() ? json_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  // Takes a string and returns what stands between its quotes, escapes and all.
  bool string(std::string_view& raw, bool& escaped) {
    if (!accept('"')) return false;
    const std::size_t begin = at_;
    escaped = false;
    while (at_ < json_.size() && json_[at_] != '"') {
      if (json_[at_] == '\\') {
        escaped = true;
        ++at_;
      }
      ++at_;
    }
    if (at_ >= json_.size()) return false;
    raw = json_.substr(begin, at_++ - begin);
    return true;
  }
  // Takes one value of any kind.
  bool skip() {
    const char first = peek();
    std::string_view raw;
    bool escaped = false;
    if (first == '"') return string(raw, escaped);
    if (first != '{' && first != '[') return !word().empty();
    std::size_t depth = 0;
    do {
      const char c = peek();
      if (c == '"') {
        if (!string(raw, escaped)) return false;
        continue;
      }
      if (c == '\0') return false;
      depth += c == '{' || c == '[';
      depth -= c == '}' || c == ']';
      ++at_;
    } while (depth != 0);
    return true;
  }
  // Takes a number or a bare word.
  std::string_view word() {
    peek();
    const std::size_t begin = at_;
    while (at_ < json_.size() && std::string_view(",]} \t\r\n").find(json_[at_]) == json_.npos)
      ++at_;
    return json_.substr(begin, at_ - begin);
  }

 private:
  std::string_view json_;
  std::size_t at_ = 0;
};

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 63));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 63));
    out += static_cast<char>(0x80 | (code & 63));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 63));
    out += static_cast<char>(0x80 | (code >> 6 & 63));
    out += static_cast<char>(0x80 | (code & 63));
  }
}

bool hex4(std::string_view raw, std::size_t at, std::uint32_t& code) {
  if (at + 4 > raw.size()) return false;
  const auto [end, error] = std::from_chars(raw.data() + at, raw.data() + at + 4, code, 16);
  return error == std::errc() && end == raw.data() + at + 4;
}

// Appends the character of a \u escape whose digits begin at `at`; moves `at` behind the escape.
void append_unicode(std::string_view raw, std::size_t& at, std::string& out) {
  std::uint32_t code = 0;
  if (!hex4(raw, at, code)) return;
  at += 4;
  std::uint32_t low = 0;
  const bool pair = code >= 0xD800 && code < 0xDC00 && raw.substr(at, 2) == "\\u" &&
                    hex4(raw, at + 2, low) && low >= 0xDC00 && low < 0xE000;
  if (pair) {
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    at += 6;
  } else if (code >= 0xD800 && code < 0xE000) {
    code = 0xFFFD;
  }
  append_utf8(out, code);
}

void unescape(std::string_view raw, std::string& out) {
  constexpr std::string_view kFrom = "bfnrt";
  constexpr std::string_view kTo = "\b\f\n\r\t";
  out.clear();
  for (std::size_t at = 0; at < raw.size();) {
    const char c = raw[at++];
    if (c != '\\' || at == raw.size()) {
      out += c;
      continue;
    }
    const char escape = raw[at++];
    if (escape == 'u') {
      append_unicode(raw, at, out);
    } else if (const std::size_t known = kFrom.find(escape); known != kFrom.npos) {
      out += kTo[known];
    } else {
      out += escape;
    }
  }
}

AttrValue value_at(Scanner& in, std::string& scratch) {
  AttrValue value;
  const char first = in.peek();
  if (first == '"') {
    bool escaped = false;
    if (!in.string(value.text, escaped)) return {};
    if (escaped) {
      unescape(value.text, scratch);
      value.text = scratch;
    }
    value.kind = AttrValue::kText;
    return value;
  }
  if (first == '{' || first == '[') {
    value.kind = AttrValue::kOther;
    return value;
  }
  const std::string_view word = in.word();
  if (word == "null") {
    value.kind = AttrValue::kNull;
  } else if (word == "true" || word == "false") {
    value.kind = AttrValue::kBool;
    value.boolean = word == "true";
  } else {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value.number);
    if (error == std::errc() && end == word.data() + word.size()) value.kind = AttrValue::kNumber;
  }
  return value;
}

}  // namespace

AttrValue find_attr(std::string_view json, std::string_view name, std::string& scratch) {
  Scanner in(json);
  if (!in.accept('{')) return {};
  std::string member;
  while (in.peek() == '"') {
    std::string_view raw;
    bool escaped = false;
    if (!in.string(raw, escaped)) return {};
    if (escaped) {
      unescape(raw, member);
      raw = member;
    }
    if (!in.accept(':')) return {};
    if (raw == name) return value_at(in, scratch);
    if (!in.skip() || !in.accept(',')) return {};
  }
  return {};
}

}  // namespace weir::decide
