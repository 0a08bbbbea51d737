#include "ops/stats/parity_columns.hpp"

#include <cmath>
#include <limits>

#include "base/rng.hpp"

namespace weir::ops {
namespace {

struct Data {
  std::vector<double> f64;
  std::vector<float> f32;
  std::vector<std::uint64_t> validity;
};

double random_value(Philox& rng, ParityContent content) {
  const double usual = rng.next_unit() * 100 - 30;
  switch (content) {
    case ParityContent::kFarFromZero:
      return 1e8 + rng.next_unit();
    case ParityContent::kWide:
      switch (rng.next_below(8)) {
        case 0:
          return -0.0;
        case 1:
          return 5e-324 * rng.next_below(9);
        case 2:
          return std::ldexp(usual, 990);
        case 3:
          return std::ldexp(usual, -1000);
        case 4:
          return std::numeric_limits<double>::max();
        default:
          return usual;
      }
    case ParityContent::kWithNan:
      return rng.next_below(40) == 0 ? std::numeric_limits<double>::quiet_NaN() : usual;
    case ParityContent::kWithInfinities:
      if (rng.next_below(200) != 0) return usual;
      return (rng.next_below(2) == 0 ? 1 : -1) * std::numeric_limits<double>::infinity();
    default:
      return usual;
  }
}

}  // namespace

ParityColumn parity_column(std::string name, std::uint64_t seed, std::size_t n, std::size_t offset,
                           ParityContent content, bool f32, double nulls) {
  Philox rng(seed, n);
  auto data = std::make_shared<Data>();
  for (std::size_t i = 0; i < offset + n; ++i) {
    const double value = random_value(rng, content);
    if (f32) {
      data->f32.push_back(content == ParityContent::kWide ? static_cast<float>(value * 0x1p-900)
                                                          : static_cast<float>(value));
    } else {
      data->f64.push_back(value);
    }
  }
  ParityColumn column{.name = std::move(name), .x = {}, .data = data};
  column.x.f64 = std::span<const double>(data->f64).subspan(f32 ? 0 : offset);
  column.x.f32 = std::span<const float>(data->f32).subspan(f32 ? offset : 0);
  if (nulls > 0) {
    data->validity.resize((offset + n + 63) / 64);
    for (std::size_t i = 0; i < offset + n; ++i) {
      if (rng.next_unit() >= nulls) data->validity[i / 64] |= std::uint64_t{1} << (i % 64);
    }
    column.x = column.x.with_validity(data->validity.data(), offset);
  }
  return column;
}

std::vector<ParityColumn> parity_columns(std::uint64_t seed) {
  std::vector<ParityColumn> columns;
  const auto add = [&](std::size_t n, std::size_t offset, ParityContent content, bool f32,
                       double nulls, const char* what) {
    columns.push_back(parity_column("rows=" + std::to_string(n) + " " + what + (f32 ? " f32" : ""),
                                    seed + columns.size(), n, offset, content, f32, nulls));
  };
  for (std::size_t n = 0; n <= 65; ++n) {
    add(n, n % 5, ParityContent::kUsual, n % 3 == 1, n % 4 == 3 ? 0.3 : 0.0, "usual");
  }
  for (const std::size_t n : {1023U, 1024U, 1025U, 3000U, 4096U}) {
    add(n, 0, ParityContent::kUsual, false, 0, "blocks");
    add(n, 3, ParityContent::kUsual, true, 0, "blocks, slice");
    add(n, 70, ParityContent::kUsual, false, 0.1, "blocks, slice, some null");
  }
  add(2100, 0, ParityContent::kUsual, false, 1.0, "all null");
  add(2100, 1, ParityContent::kFarFromZero, false, 0, "far from zero");
  add(3100, 1, ParityContent::kWide, false, 0, "extremes");
  add(3100, 1, ParityContent::kWide, true, 0.5, "extremes, some null");
  add(40, 0, ParityContent::kWithNan, false, 0, "NaN");
  add(5000, 9, ParityContent::kWithNan, false, 0.2, "NaN, some null");
  add(3000, 2, ParityContent::kWithNan, true, 0, "NaN");
  add(4500, 0, ParityContent::kWithInfinities, false, 0, "infinities");
  add(140'000, 1, ParityContent::kUsual, false, 0, "pieces");
  add(70'001, 5, ParityContent::kFarFromZero, true, 0.01, "pieces, some null");
  Philox rng(seed, 77);
  for (int i = 0; i < 8; ++i) {
    const std::size_t n = rng.next_below(12'000);
    add(n, rng.next_below(70), static_cast<ParityContent>(rng.next_below(5)),
        rng.next_below(2) == 0, rng.next_below(2) == 0 ? 0.05 : 0.0, "random");
  }
  return columns;
}

}  // namespace weir::ops
