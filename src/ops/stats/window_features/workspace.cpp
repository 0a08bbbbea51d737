#include "ops/stats/window_features/window_features.hpp"

namespace weir::ops {

const WindowPlan& WindowWorkspace::plan(std::size_t size, std::size_t stride) {
  if (plan_ == nullptr || plan_->size != size || plan_->stride != stride) {
    plan_ = std::make_unique<WindowPlan>(WindowPlan::of(size, stride));
  }
  return *plan_;
}

void WindowWorkspace::reserve(std::size_t slots, std::size_t slot_values) {
  if (slots_.size() < slots) slots_.resize(slots);
  for (std::size_t i = 0; i < slots; ++i) {
    if (slots_[i].size() < slot_values) slots_[i] = AlignedBuffer<double>(slot_values);
  }
}

}  // namespace weir::ops
