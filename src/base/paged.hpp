// PagedArray<T>: zeroed memory straight from the kernel, on huge pages, filled in only where it is
// touched. Tables that may grow to gigabytes reserve their address range at once and pay for it
// page by page.
//
//   PagedArray<Profile> slab(1 << 20);   // no page is resident yet
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <type_traits>
#include <utility>

#include "base/check.hpp"

namespace weir {

template <class T>
class PagedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  PagedArray() = default;
  explicit PagedArray(std::size_t size) : size_(size) {
    if (size == 0) return;
    // Mapped with one huge page to spare, then trimmed, so that the array starts on a huge page.
    const std::size_t bytes = bytes_of(size);
    void* raw = mmap(nullptr, bytes + kHuge, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(raw != MAP_FAILED);
    auto* begin = static_cast<char*>(raw);
    const std::size_t skip = (kHuge - reinterpret_cast<std::size_t>(raw) % kHuge) % kHuge;
    if (skip != 0) munmap(begin, skip);
    if (skip != kHuge) munmap(begin + skip + bytes, kHuge - skip);
    data_ = reinterpret_cast<T*>(begin + skip);
    if (bytes >= kHuge) madvise(data_, bytes, MADV_HUGEPAGE);
  }
  PagedArray(PagedArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  PagedArray& operator=(PagedArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  PagedArray(const PagedArray&) = delete;
  PagedArray& operator=(const PagedArray&) = delete;
  ~PagedArray() {
    if (data_ != nullptr) munmap(data_, bytes_of(size_));
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

 private:
  static constexpr std::size_t kHuge = std::size_t{2} << 20;
  static constexpr std::size_t kPage = 4096;
  static std::size_t bytes_of(std::size_t size) {
    return (size * sizeof(T) + kPage - 1) / kPage * kPage;
  }
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace weir
