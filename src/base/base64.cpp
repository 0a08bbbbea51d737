#include "base/base64.hpp"

#include <array>

namespace weir {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNone = 255;

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < kDigits.size(); ++i) {
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

Status wrong(std::string_view text, std::size_t at, const char* what) {
  return invalid_argument("base64", std::string(what) + " at character " + std::to_string(at + 1) +
                                        " of " + std::to_string(text.size()));
}

}  // namespace

void append_base64(std::string& out, Bytes bytes) {
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16 |
                                (left > 1 ? static_cast<std::uint32_t>(bytes[i + 1]) << 8 : 0U) |
                                (left > 2 ? bytes[i + 2] : 0U);
    out += kDigits[group >> 18];
    out += kDigits[group >> 12 & 63];
    out += left > 1 ? kDigits[group >> 6 & 63] : '=';
    out += left > 2 ? kDigits[group & 63] : '=';
  }
}

std::string base64(Bytes bytes) {
  std::string text;
  append_base64(text, bytes);
  return text;
}

Result<std::vector<std::uint8_t>> parse_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return fail(invalid_argument(
        "base64", std::to_string(text.size()) + " characters; padded base64 has a multiple of 4"));
  }
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  const std::size_t digits = text.size() - padding;
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const std::uint8_t value = kValues[static_cast<unsigned char>(text[i])];
    if (value == kNone) return fail(wrong(text, i, "not a base64 digit"));
    group = group << 6 | value;
    if (i % 4 != 3) continue;
    bytes.push_back(static_cast<std::uint8_t>(group >> 16));
    bytes.push_back(static_cast<std::uint8_t>(group >> 8));
    bytes.push_back(static_cast<std::uint8_t>(group));
    group = 0;
  }
  if (padding == 0) return bytes;
  group <<= 6 * padding;
  const std::uint32_t unused = padding == 1 ? 0xFFU : 0xFFFFU;
  if ((group & unused) != 0) return fail(wrong(text, digits - 1, "bits beyond the last byte"));
  bytes.push_back(static_cast<std::uint8_t>(group >> 16));
  if (padding == 1) bytes.push_back(static_cast<std::uint8_t>(group >> 8));
  return bytes;
}

}  // namespace weir
