#include "ops/expr/value.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"

namespace weir::expr {

const std::int64_t kPowersOfTen[kScaleMax + 1] = {1,
                                                  10,
                                                  100,
                                                  1'000,
                                                  10'000,
                                                  100'000,
                                                  1'000'000,
                                                  10'000'000,
                                                  100'000'000,
                                                  1'000'000'000,
                                                  10'000'000'000,
                                                  100'000'000'000,
                                                  1'000'000'000'000,
                                                  10'000'000'000'000,
                                                  100'000'000'000'000,
                                                  1'000'000'000'000'000,
                                                  10'000'000'000'000'000,
                                                  100'000'000'000'000'000,
                                                  1'000'000'000'000'000'000};

std::string_view fault_text(Fault fault) {
  switch (fault) {
    case Fault::kNone:
      return "";
    case Fault::kOverflow:
      return "the result does not fit in 64 bits";
    case Fault::kZeroDivision:
      return "division by zero";
    case Fault::kCast:
      return "the value cannot be cast";
  }
  return "";
}

char* TextArena::take(std::size_t bytes) {
  constexpr std::size_t kChunkBytes = 64 * 1024;
  while (chunk_ < chunks_.size() && chunks_[chunk_].size - used_ < bytes) {
    ++chunk_;
    used_ = 0;
  }
  if (chunk_ == chunks_.size()) {
    const std::size_t size = std::max(bytes, kChunkBytes);
    chunks_.push_back({std::make_unique<char[]>(size), size});
    used_ = 0;
  }
  char* taken = chunks_[chunk_].bytes.get() + used_;
  used_ += bytes;
  return taken;
}

Fault rescale(std::int64_t units, unsigned from, unsigned to, std::int64_t& out) {
  Wide value = units;
  if (to >= from) {
    value *= kPowersOfTen[to - from];
  } else {
    const std::int64_t step = kPowersOfTen[from - to];
    const std::int64_t rest = units % step;
    value = units / step;
    if (rest >= step - rest && rest > 0) ++value;
    if (-rest >= step + rest && rest < 0) --value;
  }
  if (!fits_i64(value)) return Fault::kOverflow;
  out = static_cast<std::int64_t>(value);
  return Fault::kNone;
}

namespace {

std::size_t code_point_bytes(std::string_view text, std::size_t at) {
  std::size_t size = 1;
  while (at + size < text.size() && (static_cast<unsigned char>(text[at + size]) & 0xC0U) == 0x80)
    ++size;
  return size;
}

}  // namespace

bool like_match(std::string_view text, std::string_view pattern) {
  std::size_t t = 0;
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;  // the pattern after the last %
  std::size_t star_text = 0;                  // where that % stopped taking text
  while (true) {
    if (p < pattern.size() && pattern[p] == '%') {
      star = ++p;
      star_text = t;
      continue;
    }
    if (t == text.size() && p == pattern.size()) return true;
    if (t < text.size() && p < pattern.size()) {
      if (pattern[p] == '_') {
        t += code_point_bytes(text, t);
        ++p;
        continue;
      }
      const std::size_t literal = pattern[p] == '\\' && p + 1 < pattern.size() ? p + 1 : p;
      if (pattern[literal] == text[t]) {
        ++t;
        p = literal + 1;
        continue;
      }
    }
    if (star == std::string_view::npos || star_text == text.size()) return false;
    star_text += code_point_bytes(text, star_text);  // the % takes one more
    t = star_text;
    p = star;
  }
}

}  // namespace weir::expr
