#include "wire/csv/structure.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "wire/csv/structure.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weir::wire {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

bool FindStructure(const std::uint8_t* HWY_RESTRICT data, std::size_t blocks, char delimiter,
                   std::uint64_t* HWY_RESTRICT masks) {
  const hn::CappedTag<std::uint8_t, 64> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto comma = hn::Set(d, static_cast<std::uint8_t>(delimiter));
  const auto quote = hn::Set(d, static_cast<std::uint8_t>('"'));
  const auto feed = hn::Set(d, static_cast<std::uint8_t>('\n'));
  auto seen = hn::Zero(d);
  for (std::size_t block = 0; block < blocks; ++block) {
    auto* bits = reinterpret_cast<std::uint8_t*>(masks + block);
    for (std::size_t at = 0; at < 64; at += lanes) {
      const auto bytes = hn::LoadU(d, data + block * 64 + at);
      seen = hn::Or(seen, bytes);
      const auto found =
          hn::Or(hn::Or(hn::Eq(bytes, comma), hn::Eq(bytes, quote)), hn::Eq(bytes, feed));
      hn::StoreMaskBits(d, found, bits + at / 8);
    }
  }
  return hn::AllTrue(d, hn::Lt(seen, hn::Set(d, std::uint8_t{0x80})));
}

}  // namespace HWY_NAMESPACE
}  // namespace weir::wire
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::wire {
namespace {
HWY_EXPORT(FindStructure);
}  // namespace

bool find_structure(const std::uint8_t* data, std::size_t blocks, char delimiter,
                    std::uint64_t* masks) {
  return HWY_DYNAMIC_DISPATCH(FindStructure)(data, blocks, delimiter, masks);
}

}  // namespace weir::wire
#endif
