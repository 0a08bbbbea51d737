#include "ops/table/buffer.hpp"

#include <sys/mman.h>
#include <tbb/scalable_allocator.h>

namespace weir::ops {

void* take_block(std::size_t& bytes) {
  constexpr std::size_t kHuge = std::size_t{2} << 20;
  const std::size_t alignment = bytes >= kHuge ? kHuge : 64;
  bytes = (bytes + alignment - 1) / alignment * alignment;
  void* const block = scalable_aligned_malloc(bytes, alignment);
  CHECK(block != nullptr);
  if (alignment == kHuge) madvise(block, bytes, MADV_HUGEPAGE);
  return block;
}

void give_block(void* block) {
  scalable_aligned_free(block);
}

}  // namespace weir::ops
