// sim::Launcher: runs a block functor on a simulated device.
#pragma once

#include <tuple>

#include "base/check.hpp"
#include "device/device.hpp"
#include "device/sim/block.hpp"
#include "device/sim/driver.hpp"

namespace weir::device::sim {

struct Launcher {
  static constexpr Kind kKind = Kind::kSim;

  // Enqueues kernel(block, args...) for every block of the grid, blocks in random order. Arguments
  // are taken by value.
  template <class Kernel, class... Args>
  static Status launch(Stream& stream, const Grid& grid, const Kernel& kernel, Args... args) {
    CHECK(stream.device().kind() == Kind::kSim);
    CHECK(grid.threads >= 1 && grid.threads <= static_cast<unsigned>(Kernel::kThreadsMax));
    WEIR_TRY(stream.settle());
    auto& driver = static_cast<SimDriver&>(stream.device().driver());
    return driver.enqueue(stream.id(), [grid, kernel, args...](std::uint64_t random) {
      Order(grid.blocks, random).each([&](unsigned index) {
        SimBlock block(index, grid, random ^ (index + 1) * 0x9E3779B97F4A7C15U);
        kernel(block, args...);
      });
    });
  }
};

}  // namespace weir::device::sim
