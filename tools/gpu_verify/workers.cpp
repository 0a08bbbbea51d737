// Workers without oneTBB: tasks run one after the other. Results do not depend on it.
#include "ops/workers.hpp"

namespace weir::ops {

struct Workers::Arena {};

Workers::Workers(unsigned threads) : threads_(threads == 0 ? 1 : threads) {}

void Workers::run_erased(std::size_t tasks, Call call, void* body) {
  for (std::size_t i = 0; i < tasks; ++i) {
    if (watch_ != nullptr && watch_->stopped()) throw TaskWatch::Stopped{};
    call(body, i);
  }
}

}  // namespace weir::ops
