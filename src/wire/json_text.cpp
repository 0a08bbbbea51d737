#include "wire/json_text.hpp"

#include <algorithm>
#include <vector>

namespace weir::wire {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

class Walker {
 public:
  Walker(std::string_view text, unsigned depth_max) : text_(text), depth_max_(depth_max) {}

  JsonFault whole() {
    if (!value(0)) return fault_;
    blanks();
    return at_ == text_.size() ? JsonFault::kNone : JsonFault::kSyntax;
  }
  bool number() {
    take('-');
    const std::size_t whole = at_;
    if (!digits()) return false;
    if (text_[whole] == '0' && at_ - whole > 1) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return digits();
  }
  bool at_end() const { return at_ == text_.size(); }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void blanks() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') ++at_;
  }
  bool digits() {
    const std::size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ != begin;
  }
  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }
  bool stop(JsonFault fault) {
    fault_ = fault;
    return false;
  }

  bool string(std::string_view& content) {
    if (!take('"')) return false;
    const std::size_t begin = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') {
        content = text_.substr(begin, at_ - 1 - begin);
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !escape()) return false;
    }
    return false;
  }
  bool escape() {
    const char c = peek();
    ++at_;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos && c != 0;
    for (int i = 0; i < 4; ++i, ++at_)
      if (!is_hex(peek())) return false;
    return true;
  }

  bool members(unsigned depth) {
    const std::size_t first = names_.size();
    blanks();
    if (take('}')) return true;
    do {
      blanks();
      std::string_view name;
      if (!string(name)) return false;
      if (std::find(names_.begin() + static_cast<std::ptrdiff_t>(first), names_.end(), name) !=
          names_.end())
        return stop(JsonFault::kRepeated);
      names_.push_back(name);
      blanks();
      if (!take(':') || !value(depth)) return false;
      blanks();
    } while (take(','));
    names_.resize(first);
    return take('}');
  }
  bool items(unsigned depth) {
    blanks();
    if (take(']')) return true;
    do {
      if (!value(depth)) return false;
      blanks();
    } while (take(','));
    return take(']');
  }
  bool value(unsigned depth) {
    blanks();
    switch (peek()) {
      case '{':
      case '[': {
        if (depth == depth_max_) return stop(JsonFault::kDepth);
        const bool object = text_[at_++] == '{';
        return object ? members(depth + 1) : items(depth + 1);
      }
      case '"': {
        std::string_view content;
        return string(content);
      }
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  std::string_view text_;
  unsigned depth_max_;
  std::size_t at_ = 0;
  JsonFault fault_ = JsonFault::kSyntax;
  std::vector<std::string_view> names_;
};

}  // namespace

std::string_view json_fault_text(JsonFault fault) {
  switch (fault) {
    case JsonFault::kNone:
      return "";
    case JsonFault::kSyntax:
      return "is not valid JSON";
    case JsonFault::kDepth:
      return "is nested too deep";
    case JsonFault::kRepeated:
      return "names a member twice";
  }
  return "";
}

JsonFault check_json(std::string_view text, unsigned depth_max) {
  return Walker(text, depth_max).whole();
}

bool is_json_number(std::string_view text) {
  Walker walker(text, 0);
  return !text.empty() && walker.number() && walker.at_end();
}

}  // namespace weir::wire
