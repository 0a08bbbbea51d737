// Counts every call of malloc and its relatives in a test program, by which all memory but mmap's
// is taken: operator new, aligned_alloc, the C library's own. Exactly one file of the program may
// include it, and none that includes counted_new.hpp.
//
//   const std::uint64_t before = counted_malloc::calls.load();
//   work();
//   EXPECT_EQ(counted_malloc::calls.load(), before);
//
// Under a sanitizer, which brings its own malloc, nothing is counted: kCounts is false.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weir::counted_malloc {

inline std::atomic<std::uint64_t> calls{0};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kCounts = false;
#else
inline constexpr bool kCounts = true;
#endif

}  // namespace weir::counted_malloc

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// glibc lets a program bring its own, and keeps its own under these names.
extern "C" {
void* __libc_malloc(std::size_t size);                           // NOLINT
void* __libc_calloc(std::size_t count, std::size_t size);        // NOLINT
void* __libc_realloc(void* memory, std::size_t size);            // NOLINT
void* __libc_memalign(std::size_t alignment, std::size_t size);  // NOLINT

[[gnu::noinline]] void* malloc(std::size_t size) noexcept {
  weir::counted_malloc::calls.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
[[gnu::noinline]] void* calloc(std::size_t count, std::size_t size) noexcept {
  weir::counted_malloc::calls.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(count, size);
}
[[gnu::noinline]] void* realloc(void* memory, std::size_t size) noexcept {
  weir::counted_malloc::calls.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(memory, size);
}
[[gnu::noinline]] void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  weir::counted_malloc::calls.fetch_add(1, std::memory_order_relaxed);
  return __libc_memalign(alignment, size);
}
}
#endif
