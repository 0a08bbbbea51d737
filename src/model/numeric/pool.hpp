// Pool: blocks of doubles of one size, taken and given back without the heap.
//
//   WEIR_ASSIGN(const auto pool, Pool::create({.name = "vector", .block_values = 1024,
//                                              .blocks = 10'000}));
//   WEIR_ASSIGN(PooledBlock mu, pool->take(100));      // given back when `mu` goes
//   std::fill_n(mu.data(), 100, 0.0);
//
// The memory is reserved at once and committed page by page as blocks are first written; the block
// given back last is taken first. Blocks lie on 64-byte boundaries and hold whatever they held.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/result.hpp"

namespace weir::model {

class Pool;

// A block on loan; move-only. Must not outlive its pool.
class PooledBlock {
 public:
  PooledBlock() = default;
  PooledBlock(PooledBlock&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        index_(other.index_) {}
  PooledBlock& operator=(PooledBlock&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(index_, other.index_);
    return *this;
  }
  PooledBlock(const PooledBlock&) = delete;
  PooledBlock& operator=(const PooledBlock&) = delete;
  ~PooledBlock();

  double* data() const { return data_; }
  std::size_t size() const { return size_; }  // the values asked for
  std::span<double> span() const { return {data_, size_}; }

 private:
  friend class Pool;
  PooledBlock(Pool* pool, double* data, std::size_t size, std::uint32_t index)
      : pool_(pool), data_(data), size_(size), index_(index) {}
  Pool* pool_ = nullptr;
  double* data_ = nullptr;
  std::size_t size_ = 0;
  std::uint32_t index_ = 0;
};

struct PoolOptions {
  std::string name;              // in messages
  std::size_t block_values = 0;  // doubles in a block, at least 1
  std::size_t blocks = 0;        // may be 0: every take is a miss
  bool strict = false;           // a miss is refused instead of taken from the heap
};

// Exact even while threads take and give; `outstanding` includes blocks from the heap.
struct PoolStats {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t outstanding = 0;
};

// Thread-safe and lock-free but for misses.
class Pool {
 public:
  // Errors: invalid_argument for sizes out of range, resource_exhausted if the system refuses the
  // address space.
  static Result<std::unique_ptr<Pool>> create(PoolOptions options);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Returns a block of at least `values` doubles. If none is free, or they would not fit, that is a
  // miss: the heap serves it, or with `strict` it is resource_exhausted, naming the pool.
  Result<PooledBlock> take(std::size_t values);

  PoolStats stats() const;
  const PoolOptions& options() const { return options_; }

 private:
  friend class PooledBlock;
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;
  explicit Pool(PoolOptions options) : options_(std::move(options)) {}
  std::uint32_t pop();
  void push(std::uint32_t index);
  void give_back(double* data, std::uint32_t index);

  PoolOptions options_;
  std::size_t stride_ = 0;  // values from one block to the next
  double* memory_ = nullptr;
  std::size_t memory_bytes_ = 0;
  std::unique_ptr<std::atomic<std::uint32_t>[]> next_;
  // The first free block below, a count of changes above: a block that went and came back between
  // a look and an exchange is noticed.
  std::atomic<std::uint64_t> free_{kNone};
  std::atomic<std::uint64_t> hits_{0};
  std::atomic<std::uint64_t> misses_{0};
  std::atomic<std::uint64_t> outstanding_{0};
};

}  // namespace weir::model
