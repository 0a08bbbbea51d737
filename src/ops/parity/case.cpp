#include "ops/parity/case.hpp"

#include "base/check.hpp"

namespace weir::ops::parity {
namespace {

constexpr std::size_t kMargin = 128;  // two cache lines, so that alignment stays
constexpr unsigned char kSentinel = 0x5C;
constexpr unsigned char kFill = 0xA5;

thread_local Guards* innermost = nullptr;

}  // namespace

Guards::Guards() : outer_(innermost) {
  innermost = this;
}

Guards::~Guards() {
  innermost = outer_;
}

Guards& Guards::current() {
  CHECK(innermost != nullptr);
  return *innermost;
}

std::byte* Guards::take(std::size_t bytes) {
  const std::size_t whole = bytes + 2 * kMargin;
  CHECK(whole > bytes);
  Array array{std::make_unique<std::byte[]>(whole), bytes};
  std::byte* const memory = array.memory.get();
  std::memset(memory, kSentinel, whole);
  std::memset(memory + kMargin, kFill, bytes);
  arrays_.push_back(std::move(array));
  return memory + kMargin;
}

bool Guards::intact() const {
  for (const Array& array : arrays_) {
    for (std::size_t i = 0; i < kMargin; ++i) {
      if (array.memory[i] != std::byte{kSentinel}) return false;
      if (array.memory[kMargin + array.bytes + i] != std::byte{kSentinel}) return false;
    }
  }
  return true;
}

std::string hex_of(const void* value, std::size_t bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "0x";
  for (std::size_t i = bytes; i-- > 0;) {
    const auto byte = static_cast<const unsigned char*>(value)[i];
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace weir::ops::parity
