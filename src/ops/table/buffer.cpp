#include "ops/table/buffer.hpp"

#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__) || defined(WEIR_REFERENCE_ONLY)
#include <cstdlib>
#else
#include <tbb/scalable_allocator.h>
#endif

namespace weir::ops {
namespace {

// AddressSanitizer sees beyond the ends of what comes from its own allocator only; the check of a
// GPU machine has no oneTBB.
#if defined(__SANITIZE_ADDRESS__) || defined(WEIR_REFERENCE_ONLY)
void* take(std::size_t bytes, std::size_t alignment) {
  return std::aligned_alloc(alignment, bytes);
}
void give(void* block) {
  std::free(block);
}
#else
void* take(std::size_t bytes, std::size_t alignment) {
  return scalable_aligned_malloc(bytes, alignment);
}
void give(void* block) {
  scalable_aligned_free(block);
}
#endif

}  // namespace

void* take_block(std::size_t& bytes) {
  constexpr std::size_t kHuge = std::size_t{2} << 20;
  const std::size_t alignment = bytes >= kHuge ? kHuge : 64;
  bytes = (bytes + alignment - 1) / alignment * alignment;
  void* const block = take(bytes, alignment);
  CHECK(block != nullptr);
  if (alignment == kHuge) madvise(block, bytes, MADV_HUGEPAGE);
  return block;
}

void give_block(void* block) {
  give(block);
}

}  // namespace weir::ops
