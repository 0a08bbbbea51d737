#include "ops/workers.hpp"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <thread>

namespace weir::ops {

struct Workers::Arena {
  explicit Arena(unsigned threads) : arena(static_cast<int>(threads)) {}
  tbb::task_arena arena;
};

Workers::Workers(unsigned threads)
    : threads_(threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency())),
      arena_(threads_ == 1 ? nullptr : std::make_unique<Arena>(threads_)) {}
Workers::Workers(Workers&&) noexcept = default;
Workers& Workers::operator=(Workers&&) noexcept = default;
Workers::~Workers() = default;

void Workers::run_erased(std::size_t tasks, Call call, void* body) {
  arena_->arena.execute([&] {
    tbb::parallel_for(
        std::size_t{0}, tasks, [&](std::size_t i) { call(body, i); }, tbb::simple_partitioner());
  });
}

}  // namespace weir::ops
