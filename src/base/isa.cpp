#include "base/isa.hpp"

#include <cpuid.h>
#if !defined(WEIR_REFERENCE_ONLY)
#include <hwy/targets.h>
#endif

#include <algorithm>
#include <string>

namespace weir {
namespace {

Isa detect() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return Isa::kAvx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Isa::kAvx2;
  if (__builtin_cpu_supports("sse4.2")) return Isa::kSse4;
  return Isa::kScalar;
}

bool detect_sha() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  return (b & (1U << 29)) != 0;
}

Isa& limit() {
  static Isa value = Isa::kAvx512;
  return value;
}

}  // namespace

std::string_view isa_name(Isa isa) {
  switch (isa) {
    case Isa::kScalar:
      return "scalar";
    case Isa::kSse4:
      return "sse4";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
  }
  return "scalar";
}

Result<Isa> parse_isa(std::string_view name) {
  for (const Isa isa : {Isa::kScalar, Isa::kSse4, Isa::kAvx2, Isa::kAvx512}) {
    if (isa_name(isa) == name) return isa;
  }
  return fail(invalid_argument("isa_unknown", "no instruction set \"" + std::string(name) + "\"")
                  .hint("use scalar, sse4, avx2 or avx512"));
}

Isa isa_detected() {
  static const Isa isa = detect();
  return isa;
}

void limit_isa(Isa isa) {
  limit() = isa;
#if !defined(WEIR_REFERENCE_ONLY)  // without Highway there is nothing to limit
  std::int64_t disabled = 0;
  if (isa < Isa::kAvx512) disabled |= HWY_AVX3 | HWY_AVX3_DL;
  if (isa < Isa::kAvx2) disabled |= HWY_AVX2;
  if (isa < Isa::kSse4) disabled |= HWY_SSE4 | HWY_SSSE3;
  hwy::DisableTargets(disabled);
#endif
}

Isa isa_active() {
  return std::min(limit(), isa_detected());
}

bool sha_ni_allowed() {
  static const bool present = detect_sha();
  return present && limit() != Isa::kScalar;
}

}  // namespace weir
