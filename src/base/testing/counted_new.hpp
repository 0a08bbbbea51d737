// Counts every allocation of a test program, to show what a warm pass allocates. Replaces the
// global operator new and delete, so exactly one file of the program may include it.
//
//   const std::uint64_t before = counted_new::allocations.load();
//   work();
//   EXPECT_EQ(counted_new::allocations.load(), before);
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace weir::counted_new {

inline std::atomic<std::uint64_t> allocations{0};

inline void* counted(std::size_t size, std::size_t alignment) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const std::size_t least = std::max<std::size_t>(size, 1);
  return std::aligned_alloc(alignment, (least + alignment - 1) / alignment * alignment);
}

inline void* counted_or_throw(std::size_t size, std::size_t alignment) {
  if (void* memory = counted(size, alignment)) return memory;
  throw std::bad_alloc();
}

inline constexpr std::size_t kDefaultAlignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

}  // namespace weir::counted_new

// Kept out of line: inlined, the compiler takes aligned_alloc and delete for a mismatched pair.
[[gnu::noinline]] void* operator new(std::size_t size) {
  return weir::counted_new::counted_or_throw(size, weir::counted_new::kDefaultAlignment);
}
[[gnu::noinline]] void* operator new[](std::size_t size) {
  return weir::counted_new::counted_or_throw(size, weir::counted_new::kDefaultAlignment);
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  return weir::counted_new::counted_or_throw(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void* operator new[](std::size_t size, std::align_val_t alignment) {
  return weir::counted_new::counted_or_throw(size, static_cast<std::size_t>(alignment));
}
// The library's own would do, but AddressSanitizer brings some that do not call ours.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return weir::counted_new::counted(size, weir::counted_new::kDefaultAlignment);
}
[[gnu::noinline]] void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return weir::counted_new::counted(size, weir::counted_new::kDefaultAlignment);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
