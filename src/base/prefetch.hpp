// Prefetching that the compiler cannot lose.
//
//   for (i ...) {
//     if (i % kPrefetchBurst == 0) {
//       for (j ...) prefetch(&table[hash_of(rows[i + kPrefetchBurst + j])]);
//     }
//     use(table[hash_of(rows[i])]);
//   }
//
// gcc 12 takes a small function that only calls __builtin_prefetch for one without effect and
// deletes the calls to it; the loop then waits for every cache miss. A volatile statement has an
// effect.
#pragma once

#include <cstddef>

namespace weir {

// How many rows' lines to ask for at once. A prefetch whose page is not in the TLB holds up what
// comes behind it until the page walk is done; the walks of a run of prefetches overlap. So ask in
// bursts, one burst ahead of its use, and not for a row at a time.
inline constexpr std::size_t kPrefetchBurst = 16;

// Asks for the cache line that holds `address`, which need not be valid.
inline void prefetch(const void* address) {
#if defined(__x86_64__)
  asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(address)));
#else
  __builtin_prefetch(address);
#endif
}

// Asks for one cache line of each small page of a range that is about to be streamed, so that the
// page walks overlap: where the system gave no huge pages, a stream that does more than add its
// values otherwise waits for one walk after the other (measured in a virtual machine: moments from
// memory .38 -> .25 ns a value). Meant for about 512 KiB at a time; what it costs where the pages
// are known is a hundredth of reading them from memory. The lines lie in different sets of the
// caches.
inline void prefetch_pages(const void* from, std::size_t bytes) {
  constexpr std::size_t kPage = 4096;
  constexpr std::size_t kLine = 64;
  const char* at = static_cast<const char*>(from);
  for (std::size_t page = 0; page * kPage < bytes; ++page) {
    const std::size_t offset = page * kPage + page * kLine % kPage;
    prefetch(at + (offset < bytes ? offset : bytes - 1));
  }
}

}  // namespace weir
