// Keys of the parity cases of the table's ops: every length that is an edge, a slice, extremes.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/rng.hpp"

namespace weir::ops {

struct ParityKeys {
  std::string name;
  std::span<const std::uint64_t> keys;
  std::span<const double> values;       // as many: NaN, infinities, denormals among them
  std::span<const std::uint64_t> bits;  // of rows, some set; those behind the last are zero
  std::shared_ptr<const void> data;
};

inline ParityKeys make_parity_keys(const std::string& name, std::size_t rows, std::uint64_t variety,
                                   unsigned density, std::uint64_t seed, bool finite = true) {
  struct Data {
    std::vector<std::uint64_t> keys;
    std::vector<double> values;
    std::vector<std::uint64_t> bits;
  };
  constexpr double kInf = std::numeric_limits<double>::infinity();
  constexpr double kSpecial[] = {
      std::numeric_limits<double>::quiet_NaN(), kInf, -kInf, -0.0, 5e-324, 1e300, -1e-300, 0.0};
  constexpr std::size_t kBefore = 3;  // views start inside their memory
  auto data = std::make_shared<Data>();
  Philox rng(seed, rows * 1000 + density);
  for (std::size_t i = 0; i < rows + kBefore; ++i) {
    // A few keys near each other, a few at the ends, all spread.
    const std::uint64_t pick = variety == 0 ? rng.next_u64() : rng.next_u64() % variety;
    data->keys.push_back(pick % 3 == 0 ? pick : ~(pick << 40));
    data->values.push_back(!finite && rng.next_below(4) == 0 ? kSpecial[rng.next_below(8)]
                                                             : (rng.next_unit() - 0.5) * 1e9);
  }
  data->bits.resize((rows + 63) / 64);
  for (std::size_t i = 0; i < rows; ++i) {
    data->bits[i / 64] |= std::uint64_t{rng.next_below(100) < density} << (i % 64);
  }
  const std::span<const std::uint64_t> keys = data->keys;
  const std::span<const double> values = data->values;
  return {name + " rows=" + std::to_string(rows), keys.subspan(kBefore), values.subspan(kBefore),
          data->bits, data};
}

inline std::vector<ParityKeys> parity_keys(std::uint64_t seed) {
  std::vector<ParityKeys> all;
  for (std::size_t rows = 0; rows <= 65; ++rows) {
    all.push_back(make_parity_keys("short", rows, 5 + rows / 2, 50, seed));
  }
  all.push_back(make_parity_keys("specials", 700, 9, 70, seed, false));
  all.push_back(make_parity_keys("full range", 9'000, 0, 3, seed));
  all.push_back(make_parity_keys("one key", 9'000, 1, 100, seed));
  all.push_back(make_parity_keys("blocks", 20'001, 300, 97, seed));
  all.push_back(make_parity_keys("many groups", 20'000, 15'000, 0, seed));
  Philox rng(seed, 99);
  for (int i = 0; i < 8; ++i) {
    all.push_back(make_parity_keys("random", 1 + rng.next_below(6'000), 1 + rng.next_below(4'000),
                                   rng.next_below(101), seed + static_cast<std::uint64_t>(i)));
  }
  return all;
}

}  // namespace weir::ops
