// Selection by digits: values become whole numbers of the same order, their upper 16 bits are
// counted (65,536 counters of a thread: the second-level cache), and only the digits that hold a
// wanted rank are read again: of values spread over an octave a sixteenth for each. Those are
// selected from in place.
#include <algorithm>
#include <bit>
#include <vector>

#include "base/numeric/canonical.hpp"
#include "base/result.hpp"
#include "ops/stats/block_bits.hpp"
#include "ops/stats/pieces.hpp"
#include "ops/stats/quantile/quantile.hpp"

namespace weir::ops {
namespace {

constexpr unsigned kDigitShift = 48;
constexpr std::size_t kDigits = std::size_t{1} << 16;
constexpr std::size_t kFewValues = 8192;  // not worth counting digits
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

std::uint64_t key_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value + 0.0);  // -0.0 becomes 0.0
  const auto negative = static_cast<std::uint64_t>(static_cast<std::int64_t>(bits) >> 63);
  return bits ^ (negative | kSign);
}
double value_of(std::uint64_t key) {
  return std::bit_cast<double>((key & kSign) != 0 ? key ^ kSign : ~key);
}

// One worker's share of the column.
struct Share {
  std::size_t from = 0;
  std::size_t to = 0;
  PieceCounts counts;
  std::vector<std::uint32_t> digits;  // how many values have each
  std::vector<std::size_t> next;      // of each wanted digit: where the next key goes
};

// Calls take(key) for each value that is neither null nor NaN, and nan(row) for each NaN.
template <class T, class Take, class Nan>
void for_each_key(const Values& x, const T* data, std::size_t from, std::size_t to, Take take,
                  Nan nan) {
  const auto one = [&](std::size_t i) {
    const T value = data[i];
    if (value == value) {
      take(key_of(static_cast<double>(value)));
    } else {
      nan(i);
    }
  };
  if (x.validity == nullptr) {
    for (std::size_t i = from; i < to; ++i) one(i);
    return;
  }
  for (std::size_t row = from; row < to; row += numeric::kCanonicalBlock) {
    const BlockBits bits = valid_bits(x, row, std::min(numeric::kCanonicalBlock, to - row));
    for (std::size_t w = 0; w < BlockBits::kWords; ++w) {
      for (std::uint64_t word = bits.words[w]; word != 0; word &= word - 1) {
        one(row + w * 64 + static_cast<std::size_t>(std::countr_zero(word)));
      }
    }
  }
}
template <class Take, class Nan>
void for_each_key(const Values& x, std::size_t from, std::size_t to, Take take, Nan nan) {
  if (x.is_f32()) {
    for_each_key(x, x.f32.data(), from, to, take, nan);
  } else {
    for_each_key(x, x.f64.data(), from, to, take, nan);
  }
}

void count_digits(const Values& x, Share& share) {
  share.digits.assign(kDigits, 0);
  std::uint64_t taken = 0;
  for_each_key(
      x, share.from, share.to,
      [&](std::uint64_t key) {
        ++share.digits[key >> kDigitShift];
        ++taken;
      },
      [&](std::size_t row) {
        if (share.counts.nans++ == 0) share.counts.first_nan = row;
      });
  share.counts.valid = taken;
  share.counts.nulls = share.to - share.from - taken - share.counts.nans;
}

// The ranks wanted, ascending and each once, and the keys found for them.
struct Selection {
  std::vector<std::size_t> ranks;
  std::vector<std::uint64_t> keys;

  double at(std::size_t rank) const {
    const auto place = std::lower_bound(ranks.begin(), ranks.end(), rank) - ranks.begin();
    return value_of(keys[static_cast<std::size_t>(place)]);
  }
};

// Selects ranks[first .. last) among `keys`, whose smallest has rank `base`.
void select_in_place(std::span<std::uint64_t> keys, std::size_t base, std::size_t first,
                     std::size_t last, Selection& selection) {
  auto begin = keys.begin();
  for (std::size_t r = first; r < last; ++r) {
    const auto at = keys.begin() + static_cast<std::ptrdiff_t>(selection.ranks[r] - base);
    std::nth_element(begin, at, keys.end());
    selection.keys[r] = *at;
    begin = at + 1;
  }
}

// A digit that holds wanted ranks, and where its keys are gathered.
struct Bucket {
  std::size_t base;   // rank of its smallest value
  std::size_t begin;  // in the gathered keys
  std::size_t size;
  std::size_t first;  // its ranks: [first, last) of the selection
  std::size_t last;
};

constexpr std::uint32_t kUnwanted = 0xFFFFFFFF;

// Finds the digits that hold wanted ranks; `place` says which of the buckets a digit is.
std::vector<Bucket> wanted_buckets(std::vector<Share>& shares, const Selection& selection,
                                   std::vector<std::uint32_t>& place) {
  std::vector<Bucket> buckets;
  std::size_t below = 0;
  std::size_t gathered = 0;
  std::size_t rank = 0;
  for (std::size_t digit = 0; digit < kDigits && rank < selection.ranks.size(); ++digit) {
    std::size_t size = 0;
    for (const Share& share : shares) size += share.digits[digit];
    const std::size_t first = rank;
    while (rank < selection.ranks.size() && selection.ranks[rank] < below + size) ++rank;
    if (rank != first) {
      place[digit] = static_cast<std::uint32_t>(buckets.size());
      buckets.push_back({below, gathered, size, first, rank});
      for (Share& share : shares) {
        share.next.push_back(gathered);
        gathered += share.digits[digit];
      }
    }
    below += size;
  }
  return buckets;
}

void select_ranks(CpuRun& run, const Values& x, std::vector<Share>& shares, Selection& selection) {
  std::vector<std::uint32_t> place(kDigits, kUnwanted);
  const std::vector<Bucket> buckets = wanted_buckets(shares, selection, place);
  if (buckets.empty()) return;
  std::vector<std::uint64_t> keys(buckets.back().begin + buckets.back().size);
  run.workers.run(shares.size(), [&](std::size_t s) {
    Share& share = shares[s];
    for_each_key(
        x, share.from, share.to,
        [&](std::uint64_t key) {
          const std::uint32_t bucket = place[key >> kDigitShift];
          if (bucket != kUnwanted) keys[share.next[bucket]++] = key;
        },
        [](std::size_t) {});
  });
  run.workers.run(buckets.size(), [&](std::size_t b) {
    const Bucket& bucket = buckets[b];
    select_in_place(std::span(keys).subspan(bucket.begin, bucket.size), bucket.base, bucket.first,
                    bucket.last, selection);
  });
}

Selection wanted_ranks(const Quantile::Args& args, std::size_t n) {
  Selection selection;
  for (const double q : args.q) {
    const Quantile::Ranks ranks = Quantile::ranks_of(q, n);
    selection.ranks.push_back(ranks.low);
    selection.ranks.push_back(ranks.high);
  }
  std::sort(selection.ranks.begin(), selection.ranks.end());
  selection.ranks.erase(std::unique(selection.ranks.begin(), selection.ranks.end()),
                        selection.ranks.end());
  selection.keys.resize(selection.ranks.size());
  return selection;
}

}  // namespace

Status Quantile::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const std::size_t n = args.x.size();
  const bool few = n <= kFewValues;
  // A counter of a share has 32 bits.
  const std::size_t workers = std::min<std::size_t>(run.workers.threads(), 64);
  std::vector<Share> shares(few ? 1 : std::max(workers, (n >> 31) + 1));
  std::vector<std::uint64_t> keys;
  for (std::size_t s = 0; s < shares.size(); ++s) {
    shares[s].from = n * s / shares.size() / 64 * 64;
    shares[s].to = s + 1 == shares.size() ? n : n * (s + 1) / shares.size() / 64 * 64;
  }
  if (few) {
    keys.reserve(n);
    PieceCounts& counts = shares[0].counts;
    for_each_key(
        args.x, 0, n, [&](std::uint64_t key) { keys.push_back(key); },
        [&](std::size_t row) {
          if (counts.nans++ == 0) counts.first_nan = row;
        });
    counts.valid = keys.size();
    counts.nulls = n - keys.size() - counts.nans;
  } else {
    run.workers.run(shares.size(), [&](std::size_t s) { count_digits(args.x, shares[s]); });
  }
  PieceCounts counts;
  for (const Share& share : shares) add_counts(counts, share.counts);
  if (counts.nans != 0 && args.nan == NanPolicy::kRaise) return nan_found(counts.first_nan);
  const bool nan = counts.nans != 0 && args.nan == NanPolicy::kPropagate;
  out.count = counts.valid + (nan ? counts.nans : 0);
  out.nulls = counts.nulls;
  out.nans = counts.nans;
  std::fill(out.values.begin(), out.values.end(), numeric::kNan);
  if (nan || counts.valid == 0) return Status::ok();
  Selection selection = wanted_ranks(args, counts.valid);
  if (few) {
    select_in_place(keys, 0, 0, selection.ranks.size(), selection);
  } else {
    select_ranks(run, args.x, shares, selection);
  }
  for (std::size_t i = 0; i < args.q.size(); ++i) {
    const Ranks ranks = ranks_of(args.q[i], counts.valid);
    out.values[i] =
        between(args.interpolation, ranks, selection.at(ranks.low), selection.at(ranks.high));
  }
  return Status::ok();
}

}  // namespace weir::ops
