// What of a convolution is wanted, and how it is computed.
//
//   part_size(10, 3, Part::kValid);   // 8, from place part_begin(3, Part::kValid) = 2 on
//   choose(Method::kAuto, 200);       // kFft
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace weir::ops::fft {

enum class Part : std::uint8_t { kFull, kSame, kValid };
enum class Method : std::uint8_t { kAuto, kDirect, kFft };

inline constexpr std::size_t kKernelMax = std::size_t{1} << 22;

constexpr std::size_t part_size(std::size_t n, std::size_t m, Part part) {
  if (n == 0 || m == 0) return 0;
  if (part == Part::kFull) return n + m - 1;
  if (part == Part::kSame) return n;
  return n < m ? 0 : n - m + 1;
}
constexpr std::size_t part_begin(std::size_t m, Part part) {
  return part == Part::kFull ? 0 : part == Part::kSame ? (m - 1) / 2 : m - 1;
}

// The kernel length from which blocks of transforms are faster than the sums themselves, in one
// dimension and, as a number of terms, in two: constants, so that every machine takes the same way;
// convolve_bench measures both ways round them.
inline constexpr std::size_t kCrossover = 40;
inline constexpr std::size_t kCrossover2 = 52;

constexpr Method choose(Method asked, std::size_t terms, std::size_t crossover = kCrossover) {
  if (asked != Method::kAuto) return asked;
  return terms >= crossover ? Method::kFft : Method::kDirect;
}

// The length N of a block of transforms for a kernel of m values; it gives N - m + 1 results.
constexpr std::size_t block_length(std::size_t m) {
  return std::max<std::size_t>(1024, std::bit_ceil(4 * m));
}
// The same for a side of a tile.
constexpr std::size_t tile_length(std::size_t m) {
  return std::max<std::size_t>(64, std::bit_ceil(4 * m));
}

}  // namespace weir::ops::fft
