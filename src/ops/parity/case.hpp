// Parity cases: what an op declares once, to be run on every backend against its reference.
//
//   template <>
//   struct Parity<Sum> {
//     static std::vector<ParityCase<Sum>> cases(std::uint64_t seed);
//     static Sum::Output output(const Sum::Args& args);      // memory by parity::guarded<T>(n)
//     // "" or where they first differ; classes exact and fixed go by bits.
//     static std::string compare(const Sum::Args& args, const Sum::Output& expected,
//                                const Sum::Output& got) {
//       return parity::bits_differ(expected.sum, got.sum, "sum");
//     }
//   };
//
// Cases cover no, one, 31, 32, 33, 65 rows, several blocks, every length to 63, slices that start
// anywhere, nulls, NaN, infinities, denormals, extremes, and random shapes from the seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace weir::ops {

template <class Op>
struct ParityCase {
  std::string name;  // "rows=33 nulls"
  typename Op::Args args;
  std::shared_ptr<const void> data;  // keeps what the arguments view
};

template <class Op>
struct Parity;

namespace parity {

// Arrays with sentinels on both sides, as long as it lives. The innermost one of a thread serves
// guarded<T>().
class Guards {
 public:
  Guards();
  ~Guards();
  Guards(const Guards&) = delete;
  Guards& operator=(const Guards&) = delete;
  static Guards& current();  // CHECKs that there is one

  std::byte* take(std::size_t bytes);
  // Whether nobody wrote beside an array.
  bool intact() const;

 private:
  struct Array {
    std::unique_ptr<std::byte[]> memory;
    std::size_t bytes;
  };
  std::vector<Array> arrays_;
  Guards* outer_;
};

// Returns n elements of memory, filled with 0xA5, whose surroundings are watched.
template <class T>
std::span<T> guarded(std::size_t n) {
  static_assert(std::is_trivially_copyable_v<T>);
  return {reinterpret_cast<T*>(Guards::current().take(n * sizeof(T))), n};
}

// Formats the bytes of a value, highest first: "0x3ff0000000000000".
std::string hex_of(const void* value, std::size_t bytes);

template <class T>
std::string bits_differ(const T& expected, const T& got, const std::string& what) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (std::memcmp(&expected, &got, sizeof(T)) == 0) return {};
  return what + ": expected " + hex_of(&expected, sizeof(T)) + ", got " + hex_of(&got, sizeof(T));
}

template <class T>
std::string bits_differ(std::span<const T> expected, std::span<const T> got,
                        const std::string& what) {
  if (expected.size() != got.size()) {
    return what + ": expected " + std::to_string(expected.size()) + " elements, got " +
           std::to_string(got.size());
  }
  if (expected.empty() || std::memcmp(expected.data(), got.data(), expected.size_bytes()) == 0) {
    return {};
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    std::string difference = bits_differ(expected[i], got[i], what + "[" + std::to_string(i) + "]");
    if (!difference.empty()) return difference;
  }
  return {};
}

}  // namespace parity
}  // namespace weir::ops
