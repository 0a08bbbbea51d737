// Prefetching that the compiler cannot lose.
//
//   for (...) { prefetch(&table[hash_of(rows[i + 12])]);  use(table[hash_of(rows[i])]); }
//
// gcc 12 takes a small function that only calls __builtin_prefetch for one without effect and
// deletes the calls to it; the loop then waits for every cache miss. A volatile statement has an
// effect.
#pragma once

namespace weir {

// Asks for the cache line that holds `address`, which need not be valid.
inline void prefetch(const void* address) {
#if defined(__x86_64__)
  asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(address)));
#else
  __builtin_prefetch(address);
#endif
}

}  // namespace weir
