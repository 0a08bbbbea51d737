// DirectBuffer: a growable byte buffer on a 4 KiB boundary, as O_DIRECT wants it, and a pool that
// recycles them so that committing allocates nothing once warm.
//
//   DirectBufferPool pool;
//   DirectBuffer block = pool.acquire();
//   block.append(header_bytes);  block.append(body_bytes);  block.pad_to(kLogAlignment);
//   committer.submit({std::move(block), done});   // the committer gives it back to its pool
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/check.hpp"

namespace weir::storage {

// Records of the log start and end on multiples of this.
inline constexpr std::uint64_t kLogAlignment = 4096;

class DirectBuffer {
 public:
  DirectBuffer() = default;
  explicit DirectBuffer(std::size_t size) { resize(size); }
  DirectBuffer(DirectBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  DirectBuffer& operator=(DirectBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  DirectBuffer(const DirectBuffer&) = delete;
  DirectBuffer& operator=(const DirectBuffer&) = delete;
  ~DirectBuffer() { std::free(data_); }

  std::uint8_t* data() { return data_; }
  const std::uint8_t* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  std::span<std::uint8_t> span() { return {data_, size_}; }
  Bytes bytes() const { return {data_, size_}; }
  void clear() { size_ = 0; }

  // Grows or shrinks; new bytes are zero. Growth reallocates and copies.
  void resize(std::size_t size) {
    reserve(size);
    if (size > size_) std::memset(data_ + size_, 0, size - size_);
    size_ = size;
  }
  void append(Bytes bytes) {
    if (bytes.empty()) return;
    reserve(size_ + bytes.size());
    std::memcpy(data_ + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void pad_to(std::size_t alignment) { resize(align_up(size_, alignment)); }
  void reserve(std::size_t wanted) {
    if (wanted <= capacity_) return;
    const std::size_t capacity = align_up(std::max(wanted, capacity_ * 2), kLogAlignment);
    auto* grown = static_cast<std::uint8_t*>(std::aligned_alloc(kLogAlignment, capacity));
    CHECK(grown != nullptr);
    if (size_ != 0) std::memcpy(grown, data_, size_);
    std::free(data_);
    data_ = grown;
    capacity_ = capacity;
  }

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// Keeps returned buffers for the next writer. Thread-safe.
class DirectBufferPool {
 public:
  // Keeps at most `buffers_max` idle buffers, and none larger than `bytes_max`.
  explicit DirectBufferPool(std::size_t buffers_max = 16, std::size_t bytes_max = 64U << 20)
      : buffers_max_(buffers_max), bytes_max_(bytes_max) {
    idle_.reserve(buffers_max);
  }
  // Returns an empty buffer, with the capacity it had before if it was used before.
  DirectBuffer acquire() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return {};
    DirectBuffer buffer = std::move(idle_.back());
    idle_.pop_back();
    return buffer;
  }
  void release(DirectBuffer buffer) {
    buffer.clear();
    const std::lock_guard lock(mutex_);
    if (idle_.size() < buffers_max_ && buffer.capacity() <= bytes_max_) {
      idle_.push_back(std::move(buffer));
    }
  }

 private:
  const std::size_t buffers_max_;
  const std::size_t bytes_max_;
  std::mutex mutex_;
  std::vector<DirectBuffer> idle_;
};

}  // namespace weir::storage
