#include "base/numeric/log2.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "base/numeric/log2.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "base/numeric/log2_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::numeric::HWY_NAMESPACE {

void log2f_array(float* values, std::size_t count) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(log2f_vector(d, hn::LoadU(d, values + i)), d, values + i);
  }
  for (; i < count; ++i) values[i] = numeric::log2f(values[i]);
}

}  // namespace weir::numeric::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::numeric {

HWY_EXPORT(log2f_array);

void log2f_array(float* values, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(log2f_array)(values, count);
}

}  // namespace weir::numeric
#endif
