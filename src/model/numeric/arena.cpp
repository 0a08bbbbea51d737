#include "model/numeric/arena.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <string>

#include "base/bytes.hpp"

namespace weir::model {
namespace {

constexpr std::size_t kLineBytes = 64;
constexpr std::size_t kHugeBytes = std::size_t{2} << 20;

}  // namespace

Arena::~Arena() {
  for (const Chunk& chunk : chunks_) munmap(chunk.data, chunk.bytes);
}

Status Arena::too_large(std::size_t count) {
  return resource_exhausted("arena_memory", std::to_string(count) + " values in one piece");
}

Result<void*> Arena::take_bytes(std::size_t bytes) {
  bytes = align_up(std::max(bytes, kLineBytes), kLineBytes);
  const std::lock_guard lock(mutex_);
  auto chunk = std::find_if(chunks_.begin(), chunks_.end(),
                            [&](const Chunk& c) { return c.bytes - c.used >= bytes; });
  if (chunk == chunks_.end()) {
    const std::size_t size = align_up(std::max(bytes, chunk_bytes_), kHugeBytes);
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
      return fail(
          resource_exhausted("arena_memory", "no chunk of " + std::to_string(size) + " bytes"));
    }
    madvise(memory, size, MADV_HUGEPAGE);
    chunks_.push_back({static_cast<std::byte*>(memory), size, 0});
    chunk = chunks_.end() - 1;
  }
  std::byte* const data = chunk->data + chunk->used;
  chunk->used += bytes;
  return static_cast<void*>(data);
}

void Arena::reset() {
  const std::lock_guard lock(mutex_);
  for (Chunk& chunk : chunks_) chunk.used = 0;
  generation_.fetch_add(1, std::memory_order_acq_rel);
}

ArenaStats Arena::stats() const {
  const std::lock_guard lock(mutex_);
  ArenaStats stats{.chunks = chunks_.size()};
  for (const Chunk& chunk : chunks_) {
    stats.reserved_bytes += chunk.bytes;
    stats.used_bytes += chunk.used;
  }
  return stats;
}

}  // namespace weir::model
