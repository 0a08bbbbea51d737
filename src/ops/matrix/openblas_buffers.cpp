// OpenBLAS' packing buffers, one set a thread, in place of the library's own.
//
// The serial OpenBLAS of Debian 12 hands out its buffers without a lock round the search for a free
// one (0.3.21 takes the lock for the initialisation only): two threads that enter at once may pack
// into one buffer, and about one product in 40,000 comes out wrong. Its own calls of these two
// functions go through the dynamic linker, so that definitions in the program take their place; the
// link option --undefined (cmake/dependencies.cmake) makes sure that they are in it. Buffers of a
// thread's own need no lock at all.
#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kBufferBytes = (std::size_t{128} << 20) + 4096;  // as the library is built
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kNestedMax = 16;  // calls within calls

// Address space is taken on first use; pages only where something is packed.
class ThreadBuffers {
 public:
  ThreadBuffers() = default;
  ThreadBuffers(const ThreadBuffers&) = delete;
  ThreadBuffers& operator=(const ThreadBuffers&) = delete;
  ~ThreadBuffers() {
    for (const Buffer& buffer : buffers_) {
      if (buffer.mapped != nullptr) munmap(buffer.mapped, kBufferBytes + kHugePage);
    }
  }

  void* take() {
    for (Buffer& buffer : buffers_) {
      if (buffer.used) continue;
      if (buffer.mapped == nullptr) map(buffer);
      buffer.used = true;
      return buffer.start;
    }
    CHECK(false && "OpenBLAS holds more packing buffers at once than there are");
    return nullptr;
  }

  void give_back(const void* start) {
    for (Buffer& buffer : buffers_) {
      if (buffer.start != start) continue;
      buffer.used = false;
      return;
    }
    CHECK(false && "OpenBLAS gives back a packing buffer that is not this thread's");
  }

 private:
  struct Buffer {
    void* mapped = nullptr;
    void* start = nullptr;  // on a boundary of huge pages
    bool used = false;
  };

  static void map(Buffer& buffer) {
    void* const mapped = mmap(nullptr, kBufferBytes + kHugePage, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(mapped != MAP_FAILED);
    buffer.mapped = mapped;
    const auto address = reinterpret_cast<std::uintptr_t>(mapped);
    buffer.start = reinterpret_cast<void*>((address + kHugePage - 1) / kHugePage * kHugePage);
  }

  std::array<Buffer, kNestedMax> buffers_;
};

thread_local ThreadBuffers thread_buffers;

}  // namespace
}  // namespace weir::ops

extern "C" {

__attribute__((visibility("default"))) void* blas_memory_alloc(int /*kind*/) {
  return weir::ops::thread_buffers.take();
}

__attribute__((visibility("default"))) void blas_memory_free(void* buffer) {
  weir::ops::thread_buffers.give_back(buffer);
}

}  // extern "C"
