// The program's operator new: malloc, and while an AllocationCount lives one more on its count.
// Without one it costs a load and a branch. Sanitizers keep their own.
#include <cstdlib>
#include <new>

#include "main/allocation_count.hpp"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

void count() noexcept {
  using namespace weir::main::allocation_internal;
  if (counters.load(std::memory_order_relaxed) != 0) [[unlikely]] {
    allocations.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace

// The library's other forms of operator new call these two.
[[gnu::noinline]] void* operator new(std::size_t size) {
  count();
  if (void* memory = std::malloc(size != 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  count();
  const auto step = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(step, (size + step - 1) / step * step)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

#endif
