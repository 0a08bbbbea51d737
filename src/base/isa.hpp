// The instruction sets Weir dispatches to at run time, and the one switch that limits them.
//
//   limit_isa(Isa::kAvx2);   // before the first kernel runs: `weir replay --isa avx2`
//
// Highway code follows the limit by itself; hand-written kernels ask isa_allowed().
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace weir {

enum class Isa : std::uint8_t { kScalar, kSse4, kAvx2, kAvx512 };

std::string_view isa_name(Isa isa);
Result<Isa> parse_isa(std::string_view name);

// Returns the widest set this CPU has.
Isa isa_detected();
// Caps dispatch at `isa` for the whole process. Not thread-safe: call it before work starts.
void limit_isa(Isa isa);
// Returns the widest set that is both present and allowed.
Isa isa_active();
inline bool isa_allowed(Isa isa) {
  return isa_active() >= isa;
}
// Returns true if SHA-NI is present and dispatch is not limited to scalar.
bool sha_ni_allowed();

}  // namespace weir
