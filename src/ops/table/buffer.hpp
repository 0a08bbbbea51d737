// Buffer<T>: an array that is not cleared, keeps its memory when it is sized again, and lies on a
// 64-byte boundary (huge pages are asked for from 2 MiB on).
//
//   Buffer<std::uint32_t> rows;
//   rows.resize(n);         // contents unspecified
//   rows.shrink(found);     // contents kept
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>

#include "base/check.hpp"

namespace weir::ops {

// Memory of at least `bytes`, which become what there really is; freed blocks are kept for the next
// that asks. Clearing fresh pages cost three quarters of a table step's time.
void* take_block(std::size_t& bytes);
void give_block(void* block);

template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  explicit Buffer(std::size_t size) { resize(size); }
  Buffer(std::initializer_list<T> values) : Buffer(values.size()) {
    std::copy(values.begin(), values.end(), data_);
  }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { give_block(data_); }

  // Makes room for `size` elements; what was there is lost unless it fits. Allocates only to grow.
  void resize(std::size_t size) {
    if (size > capacity_) allocate(size);
    size_ = size;
  }
  // Makes room for `size` elements and keeps those there are; grows by half at least.
  void extend(std::size_t size) {
    if (size > capacity_) {
      Buffer next;
      next.allocate(std::max(size, capacity_ + capacity_ / 2));
      std::copy_n(data_, size_, next.data_);
      std::swap(data_, next.data_);
      std::swap(capacity_, next.capacity_);
    }
    size_ = size;
  }
  // Keeps the first `size` elements, at most size().
  void shrink(std::size_t size) {
    CHECK_LE(size, size_);
    size_ = size;
  }
  void fill(T value) { std::fill_n(data_, size_, value); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  std::span<T> span() { return {data_, size_}; }
  std::span<const T> span() const { return {data_, size_}; }

 private:
  void allocate(std::size_t size) {
    give_block(data_);
    std::size_t bytes = size * sizeof(T);
    data_ = static_cast<T*>(take_block(bytes));
    capacity_ = bytes / sizeof(T);
  }

  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace weir::ops
