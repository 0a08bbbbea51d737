// Kind: which backend runs. A simulated device is never called a GPU.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::device {

enum class Kind : std::uint8_t { kCpu, kSim, kCuda };
inline constexpr std::size_t kKinds = 3;

constexpr std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kSim:
      return "sim";
    case Kind::kCuda:
      return "cuda";
    default:
      return "cpu";
  }
}

}  // namespace weir::device
