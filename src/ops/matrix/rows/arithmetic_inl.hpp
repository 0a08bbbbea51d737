// Runs of elementwise arithmetic, to be included once for each target after hwy/highway.h.
//
//   map_run(d, count, c, stream, [&](std::size_t i) { return hn::LoadU(d, a + i); },
//           [&](std::size_t i) { return a[i]; });
#if defined(WEIR_OPS_MATRIX_ROWS_ARITHMETIC_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef WEIR_OPS_MATRIX_ROWS_ARITHMETIC_INL
#undef WEIR_OPS_MATRIX_ROWS_ARITHMETIC_INL
#else
#define WEIR_OPS_MATRIX_ROWS_ARITHMETIC_INL
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// out[i] = vectors(i) for whole vectors, elements(i) at the ends; `stream` writes past the caches.
template <class D, class T, class Vectors, class Elements>
HWY_INLINE void map_run(D d, std::size_t count, T* out, bool stream, Vectors&& vectors,
                        Elements&& elements) {
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  if (stream) {
    while (i < count && reinterpret_cast<std::uintptr_t>(out + i) % (lanes * sizeof(T)) != 0) {
      out[i] = elements(i);
      ++i;
    }
    for (; i + 2 * lanes <= count; i += 2 * lanes) {
      const auto first = vectors(i);
      const auto second = vectors(i + lanes);
      hn::Stream(first, d, out + i);
      hn::Stream(second, d, out + i + lanes);
    }
    hwy::FlushStream();
  } else {
    for (; i + 2 * lanes <= count; i += 2 * lanes) {
      const auto first = vectors(i);
      const auto second = vectors(i + lanes);
      hn::StoreU(first, d, out + i);
      hn::StoreU(second, d, out + i + lanes);
    }
  }
  for (; i < count; ++i) out[i] = elements(i);
}

}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
