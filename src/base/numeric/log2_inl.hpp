// The Highway form of log2f, to be included once for each target after hwy/highway.h.
//
//   const auto y = numeric::HWY_NAMESPACE::log2f_vector(d, x);   // bit-equal to numeric::log2f
#if defined(WEIR_BASE_NUMERIC_LOG2_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef WEIR_BASE_NUMERIC_LOG2_INL
#undef WEIR_BASE_NUMERIC_LOG2_INL
#else
#define WEIR_BASE_NUMERIC_LOG2_INL
#endif

#include <hwy/highway.h>

#include "base/numeric/log2.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::numeric::HWY_NAMESPACE {

// Mul and Add stay apart: MulAdd would fuse on some targets and change bits.
template <class D, class V>
HWY_INLINE V log2f_vector(D d, V x) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::RebindToSigned<D> di;
  const auto low = hn::Set(d, log2_internal::kMin);
  const auto high = hn::Set(d, log2_internal::kMax);
  x = hn::IfThenElse(hn::Ge(x, low), x, low);
  x = hn::IfThenElse(hn::Le(x, high), x, high);
  const auto bits = hn::BitCast(di, x);
  const auto exponent = hn::ShiftRight<23>(hn::Sub(bits, hn::Set(di, log2_internal::kSplit)));
  const auto mantissa = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(exponent)));
  const auto t = hn::Sub(mantissa, hn::Set(d, 1.0F));
  auto p = hn::Set(d, log2_internal::kPoly[0]);
  for (unsigned i = 1; i < std::size(log2_internal::kPoly); ++i) {
    p = hn::Add(hn::Mul(p, t), hn::Set(d, log2_internal::kPoly[i]));
  }
  return hn::Add(hn::ConvertTo(d, exponent), hn::Mul(p, t));
}

}  // namespace weir::numeric::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
