// JsonWriter: writes JSON straight into a string that the caller owns and may reuse, so that a warm
// writer allocates nothing. It places commas itself; what nests wrongly is a bug and CHECKs.
//
//   std::string text;
//   JsonWriter json(text);
//   json.begin_object().key("id").string("t-1").key("seq").u64(7).end_object();
//   // {"id":"t-1","seq":7}
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"

namespace weir {

// Appends `text` to `out` as a JSON string with its quotes. Control characters, quotes and
// backslashes are escaped; bytes that are not valid UTF-8 become U+FFFD, so that the output always
// is.
void append_json_string(std::string& out, std::string_view text);

// Appends the shortest decimal that reads back as the same double; null if it is not finite.
void append_json_f64(std::string& out, double value);

class JsonWriter {
 public:
  // Appends to `out`, which must outlive the writer. Nesting is limited to 64 levels.
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{', true); }
  JsonWriter& end_object() { return close('}', true); }
  JsonWriter& begin_array() { return open('[', false); }
  JsonWriter& end_array() { return close(']', false); }
  // Writes a member's name; exactly one value must follow.
  JsonWriter& key(std::string_view name);

  JsonWriter& string(std::string_view text);
  JsonWriter& u64(std::uint64_t value);
  JsonWriter& i64(std::int64_t value);
  // Writes the integer in quotes: for readers that would lose what lies beyond 2^53.
  JsonWriter& u64_string(std::uint64_t value);
  JsonWriter& i64_string(std::int64_t value);
  // Writes the shortest decimal that reads back as the same double; null if it is not finite.
  JsonWriter& f64(double value);
  // Writes the shortest decimal that reads back as the same float; null if it is not finite.
  JsonWriter& f32(float value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  // Writes `text` unchanged as one value: JSON made elsewhere, or a decimal kept as exact text.
  JsonWriter& raw(std::string_view text);

  // Returns true once every object and array is closed and one value was written.
  bool complete() const { return depth_ == 0 && after_value_; }
  std::string& out() { return out_; }

 private:
  void before_value();
  JsonWriter& open(char bracket, bool object);
  JsonWriter& close(char bracket, bool object);
  bool in_object() const { return (objects_ & 1U) != 0; }

  std::string& out_;
  std::uint64_t objects_ = 0;  // a bit a level, the innermost lowest: is it an object?
  unsigned depth_ = 0;
  bool after_value_ = false;  // a value stands before this point on this level
  bool after_key_ = false;
};

}  // namespace weir
