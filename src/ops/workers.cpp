#include "ops/workers.hpp"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <thread>

#include "base/clock.hpp"

namespace weir::ops {

struct Workers::Arena {
  explicit Arena(unsigned threads) : arena(static_cast<int>(threads)) {}
  tbb::task_arena arena;
};

Workers::Workers(unsigned threads)
    : threads_(threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency())),
      arena_(threads_ == 1 ? nullptr : std::make_shared<Arena>(threads_)) {}

void Workers::run_erased(std::size_t tasks, Call call, void* body) {
  const std::thread::id caller = std::this_thread::get_id();
  const auto watched_call = [&](std::size_t i) {
    if (watch_->stopped()) throw TaskWatch::Stopped{};
    if (std::this_thread::get_id() == caller) return call(body, i);
    const std::int64_t before_ns = thread_cpu_ns();
    call(body, i);
    watch_->add_cpu_ns(thread_cpu_ns() - before_ns);
  };
  arena_->arena.execute([&] {
    tbb::parallel_for(
        std::size_t{0}, tasks,
        [&](std::size_t i) { watch_ == nullptr ? call(body, i) : watched_call(i); },
        tbb::simple_partitioner());
  });
}

}  // namespace weir::ops
