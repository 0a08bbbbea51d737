// Scratch: working memory that a thread keeps between calls, up to 128 MiB of a kind.
//
//   const ThreadScratch work(Scratch::kChirp, 2 * m);   // one of a kind at a time on a thread
//   std::fill_n(work.data(), 2 * m, 0.0);
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

// What is larger goes back at the end of its use: no thread keeps gigabytes for ever because it
// once computed a long transform, and asking for them anew takes a tenth of that transform's time.
inline constexpr std::size_t kScratchKept = std::size_t{1} << 24;  // doubles

// At least `doubles` doubles of this thread's memory, aligned to 64 bytes, with what was left in
// them. Allocates when more is asked for than is kept.
class ThreadScratch {
 public:
  ThreadScratch(Scratch who, std::size_t doubles) : memory_(kept(who)) {
    if (memory_.size() < doubles) memory_ = AlignedBuffer<double>(doubles);
  }
  ThreadScratch(const ThreadScratch&) = delete;
  ThreadScratch& operator=(const ThreadScratch&) = delete;
  ~ThreadScratch() {
    if (memory_.size() > kScratchKept) memory_ = AlignedBuffer<double>();
  }
  double* data() const { return memory_.data(); }
  std::size_t size() const { return memory_.size(); }

 private:
  static AlignedBuffer<double>& kept(Scratch who) {
    thread_local std::array<AlignedBuffer<double>, kScratches> all;
    return all[static_cast<std::size_t>(who)];
  }
  AlignedBuffer<double>& memory_;
};

}  // namespace weir::ops::fft
