// One read of the values against a dozen vector operations and an increment each. Few bins meet
// again and again: neighbouring values then count in eight rows in turn, as an increment that waits
// for the one before takes five cycles. Edges of equal bins are computed as the table of them was.
#include <algorithm>
#include <bit>

#include "base/aligned.hpp"
#include "base/result.hpp"
#include "ops/stats/block_bits.hpp"
#include "ops/stats/histogram/bins.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/stats/histogram/cpu.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "base/numeric/canonical_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
namespace canonical = numeric::HWY_NAMESPACE;

// Writes the places of n values in equal bins; as Bins::place_of.
template <class T>
void places_of(const Bins& bins, const T* x, std::size_t n, std::int32_t* HWY_RESTRICT places) {
  const canonical::WideTag d;
  const hn::Rebind<std::int32_t, canonical::WideTag> di;
  const auto low = hn::Set(d, bins.low);
  const auto high = hn::Set(d, bins.edges[bins.count]);
  const auto step = hn::Set(d, bins.step);
  const auto per_unit = hn::Set(d, bins.per_unit);
  const auto last = hn::Set(d, static_cast<double>(bins.count - 1));
  const auto zero = hn::Zero(d);
  const auto one = hn::Set(d, 1.0);
  std::size_t i = 0;
  for (; i + canonical::kWideLanes <= n; i += canonical::kWideLanes) {
    const auto v = canonical::load_wide(x + i);
    const auto inside = hn::And(hn::Ge(v, low), hn::Le(v, high));
    auto bin =
        hn::Min(hn::Trunc(hn::IfThenElseZero(inside, hn::Mul(hn::Sub(v, low), per_unit))), last);
    const auto edge = hn::Add(low, hn::Mul(bin, step));
    const auto next = hn::Add(low, hn::Mul(hn::Add(bin, one), step));
    const auto fewer = hn::And(hn::Lt(v, edge), hn::Gt(bin, zero));
    const auto more = hn::And(hn::Ge(v, next), hn::Lt(bin, last));
    bin = hn::Sub(bin, hn::IfThenElseZero(fewer, one));
    bin = hn::Add(bin, hn::IfThenElseZero(more, one));
    auto place = hn::Add(bin, one);
    place = hn::IfThenElse(hn::Lt(v, low), zero, place);
    place = hn::IfThenElse(hn::Gt(v, high), hn::Set(d, static_cast<double>(bins.count + 1)), place);
    place = hn::IfThenElse(hn::Eq(v, v), place, hn::Set(d, static_cast<double>(bins.count + 2)));
    hn::StoreU(hn::DemoteTo(di, place), di, places + i);
  }
  for (; i < n; ++i) {
    places[i] = static_cast<std::int32_t>(bins.place_of(static_cast<double>(x[i])));
  }
}

void places_of_f64(const Bins& bins, const double* x, std::size_t n, std::int32_t* places) {
  places_of(bins, x, n, places);
}
void places_of_f32(const Bins& bins, const float* x, std::size_t n, std::int32_t* places) {
  places_of(bins, x, n, places);
}

}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {
namespace {

HWY_EXPORT(places_of_f64);
HWY_EXPORT(places_of_f32);

constexpr std::size_t kRows = 8;
constexpr std::size_t kFewCounters = 1024;  // eight rows of these stay in the first-level cache

// The counters of one worker: rows of `step`, or one row if `step` is 0. Those of Bins, and one for
// nulls.
struct Counters {
  std::uint32_t* rows;
  std::size_t step;
};

void count_places(const std::int32_t* places, std::size_t n, const Counters& counters) {
  std::uint32_t* row[kRows];
  for (std::size_t r = 0; r < kRows; ++r) row[r] = counters.rows + r * counters.step;
  std::size_t i = 0;
  for (; i + kRows <= n; i += kRows) {
    for (std::size_t r = 0; r < kRows; ++r) ++row[r][places[i + r]];
  }
  for (; i < n; ++i) ++row[0][places[i]];
}

void find_places(const Bins& bins, const Values& x, std::size_t row, std::size_t n,
                 std::int32_t* places) {
  if (bins.per_unit == 0) {
    for (std::size_t i = 0; i < n; ++i) {
      places[i] = static_cast<std::int32_t>(bins.place_of(x.at(row + i)));
    }
  } else if (x.is_f32()) {
    HWY_DYNAMIC_DISPATCH(places_of_f32)(bins, x.f32.data() + row, n, places);
  } else {
    HWY_DYNAMIC_DISPATCH(places_of_f64)(bins, x.f64.data() + row, n, places);
  }
}

void count_share(const Bins& bins, const Values& x, std::size_t from, std::size_t to,
                 const Counters& counters) {
  constexpr std::size_t kBlock = numeric::kCanonicalBlock;
  std::int32_t places[kBlock];
  for (std::size_t row = from; row < to; row += kBlock) {
    const std::size_t n = std::min(kBlock, to - row);
    find_places(bins, x, row, n, places);
    if (x.validity != nullptr) {
      const BlockBits bits = valid_bits(x, row, n);
      for (std::size_t i = 0; i < n; ++i) {
        if (!bits.test(i)) places[i] = static_cast<std::int32_t>(bins.counters());
      }
    }
    count_places(places, n, counters);
  }
}

}  // namespace

Status Histogram::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const std::vector<double> edges = Bins::edges_of(args);
  const Bins bins = Bins::of(args, edges);
  const std::size_t n = args.x.size();
  const std::size_t rows = bins.counters() <= kFewCounters ? kRows : 1;
  const std::size_t step = (bins.counters() + 16) / 16 * 16;
  // Enough values for a share to be worth its counters, and fewer than a counter can hold.
  const std::size_t busy = std::clamp<std::size_t>(n >> 16, 1, run.workers.threads());
  const std::size_t shares = std::max(busy, (n >> 31) + 1);
  AlignedBuffer<std::uint32_t> memory(shares * rows * step);
  run.workers.run(shares, [&](std::size_t s) {
    const Counters counters{memory.data() + s * rows * step, rows == 1 ? 0 : step};
    count_share(bins, args.x, n / shares * s, s + 1 == shares ? n : n / shares * (s + 1), counters);
  });
  const auto total = [&](std::size_t place) {
    std::uint64_t sum = 0;
    for (std::size_t r = 0; r < shares * rows; ++r) sum += memory[r * step + place];
    return sum;
  };
  for (std::size_t b = 0; b < bins.count; ++b) out.counts[b] = total(1 + b);
  out.below = total(0);
  out.above = total(bins.count + 1);
  out.nans = total(bins.count + 2);
  out.nulls = total(bins.count + 3);
  return Status::ok();
}

}  // namespace weir::ops
#endif
