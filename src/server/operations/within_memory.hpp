// Where the machine's memory ends: what no check foresaw costs one request, not the process that
// decides.
//
//   const auto reply = within_memory(body.size(), [&] { return answer(body); });   // a Result
#pragma once

#include <new>
#include <stdexcept>
#include <string>

#include "base/result.hpp"

namespace weir::server {

// Returns what `work` returns, a Result; resource_exhausted (memory) if it runs out of memory or
// asks for more than an address can name. `text_bytes` long is the text it works for.
template <class Work>
auto within_memory(std::size_t text_bytes, Work&& work) -> decltype(work()) {
  const auto exhausted = [&] {
    return fail(resource_exhausted("memory", "the machine has no memory left for a request of " +
                                                 std::to_string(text_bytes) + " bytes")
                    .hint("ask for less at a time"));
  };
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return exhausted();
  } catch (const std::length_error&) {
    return exhausted();
  }
}

}  // namespace weir::server
