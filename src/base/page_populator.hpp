// PagePopulator: a thread that makes pages resident before they are needed. The first touch of a
// huge page costs its clearing, and on a virtual machine often a fault of the host for each of its
// small pages: 5 to 20 ms that an event would wait for.
//
//   PagePopulator ahead;
//   PagedArray<Slot> next(kSlots);
//   ahead.want(next.data(), kSlots * sizeof(Slot));   // returns at once
//
// A hint and no more: contents do not change, a range that is gone by then is skipped. The thread
// starts with the first wish. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace weir {

class PagePopulator {
 public:
  PagePopulator() = default;
  ~PagePopulator();
  PagePopulator(const PagePopulator&) = delete;
  PagePopulator& operator=(const PagePopulator&) = delete;

  // Asks for the pages of a range. Never waits: a wish that comes while the lock is held, or in a
  // forked child, may be dropped.
  void want(const void* from, std::size_t bytes);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::pair<std::size_t, std::size_t>> wishes_;  // address and bytes
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace weir
