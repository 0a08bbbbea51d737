// ConstantDivisor: division of times by a number that is known before the loop, without a division.
//
//   const ConstantDivisor grain(150'000'000);
//   grain.divide(time_us);   // == time_us / 150'000'000
//
// Multiplies by a rounded-up reciprocal of 64 + s bits, s = floor(log2 d): exact for every value
// below 2^53. (Granlund, Montgomery, 1994.)
#pragma once

#include <bit>
#include <cstdint>

#include "base/check.hpp"

namespace weir {

class ConstantDivisor {
 public:
  // The divisor is at least 2 and below 2^62.
  explicit ConstantDivisor(std::int64_t divisor) {
    CHECK(divisor >= 2 && divisor < std::int64_t{1} << 62);
    const auto d = static_cast<std::uint64_t>(divisor);
    // Of a power of two the reciprocal would need one bit more; half of it serves as well.
    shift_ = static_cast<unsigned>(std::bit_width(d)) - (std::has_single_bit(d) ? 2U : 1U);
    const auto scale = static_cast<unsigned __int128>(1) << (64 + shift_);
    reciprocal_ = static_cast<std::uint64_t>(scale / d) + 1;
  }

  // Returns floor(value / divisor) for 0 <= value < 2^53.
  std::int64_t divide(std::int64_t value) const {
    const auto product =
        static_cast<unsigned __int128>(static_cast<std::uint64_t>(value)) * reciprocal_;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(product >> 64) >> shift_);
  }

 private:
  std::uint64_t reciprocal_ = 0;
  unsigned shift_ = 0;
};

}  // namespace weir
