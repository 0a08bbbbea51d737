#include "base/result.hpp"
#include "ops/matrix/add/add.hpp"
#include "ops/matrix/rows/runs.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/matrix/add/cpu.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "ops/matrix/rows/arithmetic_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {
namespace {

template <class T>
void add_run(const T* a, const T* b, std::size_t count, bool stream, T* c) {
  const hn::ScalableTag<T> d;
  map_run(
      d, count, c, stream,
      [&](std::size_t i) { return hn::Add(hn::LoadU(d, a + i), hn::LoadU(d, b + i)); },
      [&](std::size_t i) { return a[i] + b[i]; });
}

void add_f64(const double* a, const double* b, std::size_t count, bool stream, double* c) {
  add_run(a, b, count, stream, c);
}
void add_f32(const float* a, const float* b, std::size_t count, bool stream, float* c) {
  add_run(a, b, count, stream, c);
}

}  // namespace
}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {
namespace {

HWY_EXPORT(add_f64);
HWY_EXPORT(add_f32);

}  // namespace

template <class T>
Status Add<T>::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const MatrixView<T>& a = args.a;
  const MatrixView<T>& b = args.b;
  const MutableMatrixView<T>& c = out.c;
  const bool packed = a.packed() && b.packed() && c.packed();
  const bool stream = c.size() * sizeof(T) > kStreamBytes && c.data != a.data && c.data != b.data;
  for_runs(run, a.rows, a.cols, packed, [&](std::size_t row, std::size_t col, std::size_t count) {
    const T* x = a.data + row * a.stride + col;
    const T* y = b.data + row * b.stride + col;
    T* z = c.data + row * c.stride + col;
    if constexpr (std::is_same_v<T, double>) {
      HWY_DYNAMIC_DISPATCH(add_f64)(x, y, count, stream, z);
    } else {
      HWY_DYNAMIC_DISPATCH(add_f32)(x, y, count, stream, z);
    }
  });
  return cancelled_or_ok(run, "the addition was cancelled");
}

template Status AddF64::cpu(CpuRun&, const Args&, Output&);
template Status AddF32::cpu(CpuRun&, const Args&, Output&);

}  // namespace weir::ops
#endif
