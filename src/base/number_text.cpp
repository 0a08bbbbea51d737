#include "base/number_text.hpp"

#include <array>
#include <charconv>

namespace weir {

std::string number_text(double value) {
  if (value != value) return "nan";  // whatever its sign, which differs between machines
  std::array<char, 32> text;         // the longest, -2.2250738585072014e-308, has 24
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return std::string(text.data(), end.ptr);
}

}  // namespace weir
