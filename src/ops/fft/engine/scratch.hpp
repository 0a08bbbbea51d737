// Scratch: working memory that a thread keeps between calls.
//
//   double* const work = scratch(Scratch::kSide, 4096);   // until the next call for kSide
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/aligned.hpp"

namespace weir::ops::fft {

// Who works in it; a caller and what it calls use different ones.
enum class Scratch : std::uint8_t {
  kSide,
  kSolo,
  kBetween,
  kChirp,
  kReal,
  kGather,
  kUser,
  kBins,
  kResult
};
inline constexpr std::size_t kScratches = 9;

// Returns at least `doubles` doubles of this thread's memory, aligned to 64 bytes, with what was
// left in it. Allocates when more is asked for than ever before on this thread.
inline double* scratch(Scratch who, std::size_t doubles) {
  thread_local std::array<AlignedBuffer<double>, kScratches> kept;
  AlignedBuffer<double>& memory = kept[static_cast<std::size_t>(who)];
  if (memory.size() < doubles) memory = AlignedBuffer<double>(doubles);
  return memory.data();
}

}  // namespace weir::ops::fft
