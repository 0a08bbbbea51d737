// SimBlock: the Block of device/block.hpp on the host. Threads of a phase run one after the other
// in a seeded random order, so that a phase that reads what its own phase writes gives wrong
// results.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/check.hpp"
#include "device/block.hpp"

namespace weir::device::sim {

// A random order of 0..n-1: a bijection on the next power of two, values beyond n left out.
class Order {
 public:
  Order(unsigned n, std::uint64_t random)
      : n_(n),
        mask_(std::bit_ceil(n == 0 ? 1U : n) - 1),
        factor_((static_cast<unsigned>(random) & mask_) | 1U),
        flip_(static_cast<unsigned>(random >> 21) & mask_),
        add_(static_cast<unsigned>(random >> 42) & mask_) {}
  template <class F>
  void each(F&& f) const {
    for (unsigned i = 0; i <= mask_; ++i) {
      const unsigned at = ((i ^ flip_) * factor_ + add_) & mask_;
      if (at < n_) f(at);
    }
  }

 private:
  unsigned n_;
  unsigned mask_;
  unsigned factor_;
  unsigned flip_;
  unsigned add_;
};

class SimBlock {
 public:
  template <class T>
  class PerThread {
   public:
    explicit PerThread(unsigned threads) : values_(new T[threads]()) {}
    T& operator[](unsigned thread) const { return values_[thread]; }

   private:
    std::unique_ptr<T[]> values_;  // an array of its own, so that overruns are seen
  };

  SimBlock(std::uint32_t index, const Grid& grid, std::uint64_t random)
      : index_(index), grid_(grid), random_(random) {}

  std::uint32_t index() const { return index_; }
  std::uint32_t count() const { return grid_.blocks; }
  std::uint32_t threads() const { return grid_.threads; }

  template <class T>
  T* shared(std::size_t n) {
    shared_used_ += shared_size<T>(n);
    CHECK_LE(shared_used_, grid_.shared_bytes);
    auto bytes = std::unique_ptr<std::byte[]>(new std::byte[n * sizeof(T)]);
    for (std::size_t i = 0; i < n * sizeof(T); ++i) bytes[i] = std::byte{0xFB};
    T* memory = reinterpret_cast<T*>(bytes.get());
    shared_.push_back(std::move(bytes));
    return memory;
  }

  template <class T>
  PerThread<T> per_thread() {
    return PerThread<T>(grid_.threads);
  }

  template <class F>
  void each_thread(F&& f) {
    Order(grid_.threads, next_random()).each(f);
  }

  template <class T, class F>
  T reduce(const PerThread<T>& values, F&& f) {
    CHECK(std::has_single_bit(grid_.threads));
    std::vector<T> work(grid_.threads);
    for (unsigned t = 0; t < grid_.threads; ++t) work[t] = values[t];
    for (unsigned h = grid_.threads / 2; h > 0; h /= 2) {
      for (unsigned t = 0; t < h; ++t) work[t] = f(work[t], work[t + h]);
    }
    return work[0];
  }

  template <class T, class F>
  T scan(PerThread<T>& values, F&& f, T identity) {
    T running = identity;
    for (unsigned t = 0; t < grid_.threads; ++t) {
      const T value = values[t];
      values[t] = running;
      running = f(running, value);
    }
    return running;
  }

  template <class T>
  T broadcast(const PerThread<T>& values, unsigned thread) {
    return values[thread];
  }

  bool any(const PerThread<bool>& values) {
    for (unsigned t = 0; t < grid_.threads; ++t) {
      if (values[t]) return true;
    }
    return false;
  }

 private:
  std::uint64_t next_random() {
    random_ = random_ * 6364136223846793005U + 1442695040888963407U;
    return random_ ^ random_ >> 29;
  }

  std::uint32_t index_;
  const Grid& grid_;
  std::uint64_t random_;
  std::size_t shared_used_ = 0;
  std::vector<std::unique_ptr<std::byte[]>> shared_;
};

}  // namespace weir::device::sim
