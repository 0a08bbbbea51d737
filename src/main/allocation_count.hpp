// AllocationCount: how often the whole program called operator new while the object lived.
//
//   const AllocationCount count;
//   work();
//   if (AllocationCount::works()) report(count.so_far());
//
// The program counts only while there is one; test programs, which do not bring their own operator
// new, cannot count.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::main {

namespace allocation_internal {
inline std::atomic<int> counters{0};
inline std::atomic<std::uint64_t> allocations{0};
}  // namespace allocation_internal

class AllocationCount {
 public:
  AllocationCount() : before_(allocation_internal::allocations.load()) {
    allocation_internal::counters.fetch_add(1);
  }
  ~AllocationCount() { allocation_internal::counters.fetch_sub(1); }
  AllocationCount(const AllocationCount&) = delete;
  AllocationCount& operator=(const AllocationCount&) = delete;

  std::uint64_t so_far() const { return allocation_internal::allocations.load() - before_; }

  // Tries whether allocations are counted in this program.
  static bool works() {
    const AllocationCount count;
    ::operator delete(::operator new(1));
    return count.so_far() != 0;
  }

 private:
  std::uint64_t before_;
};

}  // namespace weir::main
