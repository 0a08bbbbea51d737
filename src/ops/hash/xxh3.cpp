#include "base/check.hpp"
#include "ops/hash/hash_batch.hpp"

namespace weir::ops {

void xxh3_batch(Bytes bytes, std::span<const std::uint64_t> offsets,
                std::span<std::uint64_t> hashes) {
  CHECK_EQ(offsets.size(), hashes.size() + 1);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    CHECK_LE(offsets[i], offsets[i + 1]);
    CHECK_LE(offsets[i + 1], bytes.size());
    hashes[i] = xxh3_64(bytes.subspan(offsets[i], offsets[i + 1] - offsets[i]));
  }
}

}  // namespace weir::ops
