#include "base/result.hpp"
#include "ops/matrix/rows/runs.hpp"
#include "ops/matrix/scale/scale.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/matrix/scale/cpu.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "ops/matrix/rows/arithmetic_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {
namespace {

template <class T>
void scale_run(const T* a, T factor, std::size_t count, bool stream, T* c) {
  const hn::ScalableTag<T> d;
  const auto factors = hn::Set(d, factor);
  map_run(
      d, count, c, stream, [&](std::size_t i) { return hn::Mul(factors, hn::LoadU(d, a + i)); },
      [&](std::size_t i) { return factor * a[i]; });
}

void scale_f64(const double* a, double factor, std::size_t count, bool stream, double* c) {
  scale_run(a, factor, count, stream, c);
}
void scale_f32(const float* a, float factor, std::size_t count, bool stream, float* c) {
  scale_run(a, factor, count, stream, c);
}

}  // namespace
}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {
namespace {

HWY_EXPORT(scale_f64);
HWY_EXPORT(scale_f32);

}  // namespace

template <class T>
Status Scale<T>::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const MatrixView<T>& a = args.a;
  const MutableMatrixView<T>& c = out.c;
  const bool stream = c.size() * sizeof(T) > kStreamBytes && c.data != a.data;
  for_runs(run, a.rows, a.cols, a.packed() && c.packed(),
           [&](std::size_t row, std::size_t col, std::size_t count) {
             const T* from = a.data + row * a.stride + col;
             T* to = c.data + row * c.stride + col;
             if constexpr (std::is_same_v<T, double>) {
               HWY_DYNAMIC_DISPATCH(scale_f64)(from, args.factor, count, stream, to);
             } else {
               HWY_DYNAMIC_DISPATCH(scale_f32)(from, args.factor, count, stream, to);
             }
           });
  return cancelled_or_ok(run, "the scaling was cancelled");
}

template Status ScaleF64::cpu(CpuRun&, const Args&, Output&);
template Status ScaleF32::cpu(CpuRun&, const Args&, Output&);

}  // namespace weir::ops
#endif
