// Little-endian loads and stores, hexadecimal, alignment, and a growable byte writer and bounded
// reader.
//
//   ByteWriter out;  out.u32(7);  out.text("abc");
//   ByteReader in(out.bytes());  std::uint32_t n = in.u32();  if (!in.ok()) ...
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace weir {

static_assert(std::endian::native == std::endian::little,
              "Weir's files and frames are used in place");

using Bytes = std::span<const std::uint8_t>;

template <class T>
T load(const void* from) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

template <class T>
void store(void* to, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(to, &value, sizeof(T));
}

constexpr std::uint64_t align_up(std::uint64_t n, std::uint64_t to) {
  return (n + to - 1) / to * to;
}

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Returns lower-case hexadecimal.
std::string to_hex(Bytes bytes);
// Parses exactly 2 * out.size() hexadecimal digits of either case; false if anything else.
bool from_hex(std::string_view text, std::span<std::uint8_t> out);

class ByteWriter {
 public:
  using Drain = std::function<void(Bytes)>;
  static constexpr std::size_t kDrainBytes = std::size_t{1} << 20;

  ByteWriter() = default;
  // Hands what was written on to `drain`, about a megabyte at a time and the rest with flush(), so
  // that large state need not be held twice. bytes() is then what has not been handed on.
  explicit ByteWriter(Drain drain) : limit_(kDrainBytes), drain_(std::move(drain)) {}
  // Without a drain it does nothing.
  void flush() {
    if (!drain_ || bytes_.empty()) return;
    drain_(bytes_);
    drained_ += bytes_.size();
    bytes_.clear();
  }

  template <class T>
  void put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto* from = reinterpret_cast<const std::uint8_t*>(&value);
    bytes_.insert(bytes_.end(), from, from + sizeof(T));
    if (bytes_.size() >= limit_) flush();
  }
  void u8(std::uint8_t v) { put(v); }
  void u16(std::uint16_t v) { put(v); }
  void u32(std::uint32_t v) { put(v); }
  void u64(std::uint64_t v) { put(v); }
  void i64(std::int64_t v) { put(v); }
  void f32(float v) { put(v); }
  void f64(double v) { put(v); }
  void raw(Bytes bytes) {
    if (bytes.size() >= limit_) {
      flush();
      drain_(bytes);
      drained_ += bytes.size();
      return;
    }
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    if (bytes_.size() >= limit_) flush();
  }
  // Writes a u32 length, then the bytes.
  void text(std::string_view text) {
    u32(static_cast<std::uint32_t>(text.size()));
    raw(as_bytes(text));
  }
  template <class T>
  void array(std::span<const T> values) {
    u64(values.size());
    raw({reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()});
  }
  // Appends zeros up to a multiple of `alignment` from the very first byte written.
  void pad_to(std::size_t alignment) {
    const std::size_t written = drained_ + bytes_.size();
    bytes_.resize(bytes_.size() + align_up(written, alignment) - written);
  }
  Bytes bytes() const { return bytes_; }
  std::vector<std::uint8_t>& buffer() { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t limit_ = SIZE_MAX;
  std::size_t drained_ = 0;
  Drain drain_;
};

// Reads what ByteWriter wrote. Past the end every read gives zero and ok() turns false for good.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : rest_(bytes) {}
  template <class T>
  T get() {
    T value{};
    if (!need(sizeof(T))) return value;
    value = load<T>(rest_.data());
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }
  std::uint8_t u8() { return get<std::uint8_t>(); }
  std::uint16_t u16() { return get<std::uint16_t>(); }
  std::uint32_t u32() { return get<std::uint32_t>(); }
  std::uint64_t u64() { return get<std::uint64_t>(); }
  std::int64_t i64() { return get<std::int64_t>(); }
  float f32() { return get<float>(); }
  double f64() { return get<double>(); }
  Bytes raw(std::size_t size) {
    if (!need(size)) return {};
    const Bytes taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  std::string_view text() {
    const Bytes taken = raw(u32());
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  template <class T>
  bool array(std::vector<T>& out) {
    const std::uint64_t count = u64();
    if (!ok_ || count > rest_.size() / sizeof(T)) return ok_ = false;
    out.resize(count);
    if (count != 0) std::memcpy(out.data(), raw(count * sizeof(T)).data(), count * sizeof(T));
    return true;
  }
  std::size_t left() const { return rest_.size(); }
  bool ok() const { return ok_; }

 private:
  bool need(std::size_t size) {
    if (!ok_ || rest_.size() < size) {
      ok_ = false;
      rest_ = {};
    }
    return ok_;
  }
  Bytes rest_;
  bool ok_ = true;
};

}  // namespace weir
