// Arena: memory that is taken piece by piece and given back all at once.
//
//   Arena arena;                                               // chunks of 64 MiB
//   WEIR_ASSIGN(const auto rows, arena.take<double>(10 * windows));
//   rows.span()[0] = 1;
//   arena.reset();                                             // rows.span() would CHECK from here
//
// Chunks are committed as they are first written and stay with the arena, so that work that repeats
// allocates nothing from its second time on.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <type_traits>
#include <vector>

#include "base/check.hpp"
#include "base/result.hpp"

namespace weir::model {

class Arena;

// A piece of an arena, valid until the arena is reset. Copies view the same values.
template <class T>
class ArenaView {
 public:
  ArenaView() = default;
  // CHECKs that the arena has not been reset since.
  std::span<T> span() const;
  std::size_t size() const { return size_; }

 private:
  friend class Arena;
  ArenaView(const Arena* arena, std::uint64_t generation, T* data, std::size_t size)
      : arena_(arena), generation_(generation), data_(data), size_(size) {}
  const Arena* arena_ = nullptr;
  std::uint64_t generation_ = 0;
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

struct ArenaStats {
  std::size_t chunks = 0;
  std::size_t reserved_bytes = 0;  // of all chunks
  std::size_t used_bytes = 0;      // since the last reset
};

// Thread-safe; reset() must not run while others still use their views.
class Arena {
 public:
  static constexpr std::size_t kChunkBytes = std::size_t{64} << 20;
  explicit Arena(std::size_t chunk_bytes = kChunkBytes) : chunk_bytes_(chunk_bytes) {}
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Returns `count` values on a 64-byte boundary, holding whatever was there. Takes another chunk
  // where the ones there are full, a larger one where the piece needs it. resource_exhausted if the
  // system has no more.
  template <class T>
  Result<ArenaView<T>> take(std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
    if (count > kBytesMax / sizeof(T)) return fail(too_large(count));
    WEIR_ASSIGN(void* const data, take_bytes(count * sizeof(T)));
    return ArenaView<T>(this, generation(), static_cast<T*>(data), count);
  }

  // Takes everything back: views of before are stale from now on.
  void reset();
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  ArenaStats stats() const;

 private:
  static constexpr std::size_t kBytesMax = std::size_t{1} << 46;
  struct Chunk {
    std::byte* data = nullptr;
    std::size_t bytes = 0;
    std::size_t used = 0;
  };
  static Status too_large(std::size_t count);
  Result<void*> take_bytes(std::size_t bytes);

  const std::size_t chunk_bytes_;
  mutable std::mutex mutex_;
  std::vector<Chunk> chunks_;
  std::atomic<std::uint64_t> generation_{1};
};

template <class T>
std::span<T> ArenaView<T>::span() const {
  if (arena_ == nullptr) return {};
  CHECK_EQ(generation_, arena_->generation());
  return {data_, size_};
}

}  // namespace weir::model
