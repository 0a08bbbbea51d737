#include "base/page_populator.hpp"

#include <sys/mman.h>

#include <algorithm>

#include "base/bytes.hpp"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Linux 5.14; older kernels refuse it, and nothing is lost
#endif

namespace weir {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kStep = std::size_t{2} << 20;

}  // namespace

PagePopulator::~PagePopulator() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void PagePopulator::want(const void* from, std::size_t bytes) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock() || bytes == 0) return;
  const auto begin = reinterpret_cast<std::size_t>(from) / kPage * kPage;
  wishes_.emplace_back(begin, align_up(reinterpret_cast<std::size_t>(from) + bytes, kPage) - begin);
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  wake_.notify_one();
}

void PagePopulator::run() {
  std::vector<std::pair<std::size_t, std::size_t>> taken;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_ || !wishes_.empty(); });
    if (stop_) return;
    taken.swap(wishes_);
    lock.unlock();
    for (auto [begin, bytes] : taken) {
      for (; bytes != 0; begin += std::min(bytes, kStep), bytes -= std::min(bytes, kStep)) {
        madvise(reinterpret_cast<void*>(begin), std::min(bytes, kStep), MADV_POPULATE_WRITE);
      }
    }
    taken.clear();
    lock.lock();
  }
}

}  // namespace weir
