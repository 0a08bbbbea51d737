#include "model/numeric/pool.hpp"

#include <sys/mman.h>

#include <cstdlib>

#include "base/bytes.hpp"
#include "base/check.hpp"

namespace weir::model {
namespace {

constexpr std::size_t kLineBytes = 64;
constexpr std::size_t kPoolBytesMax = std::size_t{1} << 40;

std::uint64_t head_of(std::uint64_t before, std::uint32_t index) {
  return ((before >> 32) + 1) << 32 | index;
}

}  // namespace

PooledBlock::~PooledBlock() {
  if (pool_ != nullptr) pool_->give_back(data_, index_);
}

Result<std::unique_ptr<Pool>> Pool::create(PoolOptions options) {
  if (options.block_values == 0 || options.blocks >= kNone ||
      options.block_values > kPoolBytesMax / sizeof(double) / (options.blocks + 1)) {
    return fail(invalid_argument("pool_size", "pool " + options.name + ": " +
                                                  std::to_string(options.blocks) + " blocks of " +
                                                  std::to_string(options.block_values) + " values")
                    .hint("blocks of 1 value or more, 1 TiB in all"));
  }
  std::unique_ptr<Pool> pool(new Pool(std::move(options)));
  const std::size_t blocks = pool->options_.blocks;
  const std::size_t block_bytes =
      align_up(pool->options_.block_values * sizeof(double), kLineBytes);
  pool->stride_ = block_bytes / sizeof(double);
  if (blocks == 0) return pool;
  void* memory = mmap(nullptr, blocks * block_bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return fail(resource_exhausted("pool_memory", "pool " + pool->options_.name + ": no " +
                                                      std::to_string(blocks * block_bytes) +
                                                      " bytes of address space"));
  }
  pool->memory_ = static_cast<double*>(memory);
  pool->memory_bytes_ = blocks * block_bytes;
  pool->next_ = std::make_unique<std::atomic<std::uint32_t>[]>(blocks);
  for (std::uint32_t i = 0; i < blocks; ++i) {
    pool->next_[i].store(i + 1 < blocks ? i + 1 : kNone, std::memory_order_relaxed);
  }
  pool->free_.store(0, std::memory_order_release);
  return pool;
}

Pool::~Pool() {
  CHECK_EQ(outstanding_.load(), 0U);
  if (memory_ != nullptr) munmap(memory_, memory_bytes_);
}

std::uint32_t Pool::pop() {
  std::uint64_t head = free_.load(std::memory_order_acquire);
  for (;;) {
    const auto index = static_cast<std::uint32_t>(head);
    if (index == kNone) return kNone;
    const std::uint32_t next = next_[index].load(std::memory_order_relaxed);
    if (free_.compare_exchange_weak(head, head_of(head, next), std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      return index;
    }
  }
}

void Pool::push(std::uint32_t index) {
  std::uint64_t head = free_.load(std::memory_order_relaxed);
  do {
    next_[index].store(static_cast<std::uint32_t>(head), std::memory_order_relaxed);
  } while (!free_.compare_exchange_weak(head, head_of(head, index), std::memory_order_release,
                                        std::memory_order_relaxed));
}

Result<PooledBlock> Pool::take(std::size_t values) {
  const std::uint32_t index = values <= options_.block_values ? pop() : kNone;
  if (index != kNone) {
    hits_.fetch_add(1, std::memory_order_relaxed);
    outstanding_.fetch_add(1, std::memory_order_relaxed);
    return PooledBlock(this, memory_ + index * stride_, values, index);
  }
  misses_.fetch_add(1, std::memory_order_relaxed);
  const std::string_view why = values <= options_.block_values ? "is empty" : "has smaller blocks";
  if (!options_.strict && values <= kPoolBytesMax / sizeof(double)) {
    const std::size_t bytes = align_up(std::max<std::size_t>(values, 1) * sizeof(double), 64);
    if (void* memory = std::aligned_alloc(kLineBytes, bytes)) {
      outstanding_.fetch_add(1, std::memory_order_relaxed);
      return PooledBlock(this, static_cast<double*>(memory), values, kNone);
    }
  }
  return fail(
      resource_exhausted("pool_exhausted", "pool " + options_.name + " " + std::string(why) + ": " +
                                               std::to_string(values) + " values asked for, " +
                                               std::to_string(options_.blocks) + " blocks of " +
                                               std::to_string(options_.block_values))
          .hint("give blocks back, raise the pool's size, or allow the heap"));
}

void Pool::give_back(double* data, std::uint32_t index) {
  outstanding_.fetch_sub(1, std::memory_order_relaxed);
  if (index == kNone) {
    std::free(data);
  } else {
    push(index);
  }
}

PoolStats Pool::stats() const {
  return {hits_.load(std::memory_order_relaxed), misses_.load(std::memory_order_relaxed),
          outstanding_.load(std::memory_order_relaxed)};
}

}  // namespace weir::model
