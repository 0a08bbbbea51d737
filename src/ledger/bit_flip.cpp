#include "ledger/bit_flip.hpp"

namespace weir::ledger {

std::optional<std::uint64_t> locate_bit_flip(std::uint32_t expected, std::uint32_t actual,
                                             std::uint64_t bytes) {
  constexpr std::uint32_t kPolynomial = 0x82F63B78;  // CRC-32C, reflected
  const std::uint32_t wanted = expected ^ actual;
  if (wanted == 0) return std::nullopt;
  std::uint32_t difference = 1;
  for (std::uint64_t behind = 0; behind < bytes * 8; ++behind) {
    difference = (difference >> 1) ^ (kPolynomial & (0U - (difference & 1U)));
    if (difference == wanted) return bytes * 8 - 1 - behind;
  }
  return std::nullopt;
}

}  // namespace weir::ledger
