// Workers without oneTBB: tasks run one after the other. Results do not depend on it.
#include "ops/workers.hpp"

namespace weir::ops {

struct Workers::Arena {};

Workers::Workers(unsigned threads) : threads_(threads == 0 ? 1 : threads) {}
Workers::Workers(Workers&&) noexcept = default;
Workers& Workers::operator=(Workers&&) noexcept = default;
Workers::~Workers() = default;

Workers Workers::watched(TaskWatch& watch) const {
  Workers workers(1);
  workers.threads_ = threads_;
  workers.watch_ = &watch;
  return workers;
}

void Workers::run_erased(std::size_t tasks, Call call, void* body) {
  for (std::size_t i = 0; i < tasks; ++i) {
    if (watch_ != nullptr && watch_->stopped()) throw TaskWatch::Stopped{};
    call(body, i);
  }
}

}  // namespace weir::ops
