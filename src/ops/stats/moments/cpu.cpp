// 8 bytes a value against 14 operations: at AVX-512 about as long as reading it from memory. The
// pass over a block about its mean m0 also sums the block that follows, so that reading never
// pauses; blocks with gaps are copied, x - m0 with zeros in the gaps, and taken about 0. NaN is
// looked for only in blocks whose sum of squares is not finite.
#include "base/prefetch.hpp"
#include "ops/stats/moments/moments.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/stats/moments/cpu.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "ops/stats/blocks_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {

using numeric::kCanonicalBlock;
using numeric::Moments;

template <class T>
class MomentsPass {
 public:
  MomentsPass(const MomentsOf::Args& args, const T* data, Piece<MomentsPartial>& piece)
      : args_(args), data_(data), piece_(piece) {}

  void run(std::size_t from, std::size_t count) {
    const std::size_t end = from + count;
    for (std::size_t row = from; row < end; row += kCanonicalBlock) {
      const std::size_t n = std::min(kCanonicalBlock, end - row);
      const bool whole = n == kCanonicalBlock &&
                         (args_.x.validity == nullptr || valid_bits(args_.x, row, n).count == n);
      if (!whole || !whole_block(row, row + 2 * kCanonicalBlock <= end)) block_with_gaps(row, n);
      if (!whole) summed_ = false;
    }
    piece_.partial.moments = counter_.result();
  }

 private:
  // Returns false if the block has to be looked at value by value.
  bool whole_block(std::size_t row, bool more) {
    const T* x = data_ + row;
    const double sum = summed_ ? sum_ : canonical::block_sum_vector(x, kCanonicalBlock);
    const double m0 = sum / static_cast<double>(kCanonicalBlock);
    const auto folds = canonical::moments_pass<true>(x, m0, more ? x + kCanonicalBlock : x);
    summed_ = more;
    sum_ = folds.next_sum;
    if (!(folds.q - folds.q == 0)) return false;
    take(kCanonicalBlock, m0, folds);
    return true;
  }

  void block_with_gaps(std::size_t row, std::size_t n) {
    const T* x = data_ + row;
    BlockBits bits = valid_bits(args_.x, row, n);
    piece_.counts.nulls += n - bits.count;
    BlockBits numbers = bits;
    std::size_t first = 0;
    const unsigned nans = drop_nans(x, n, numbers, first);
    if (nans != 0) add_counts(piece_.counts, {.nans = nans, .first_nan = row + first});
    if (args_.nan == NanPolicy::kOmit) bits = numbers;
    if (bits.count == 0) return counter_.push(Moments{});
    const auto valid = static_cast<unsigned>(bits.count);
    const double* values = buffer_;
    fill_block(x, bits, n, 0.0, buffer_);
    const double m0 = canonical::block_sum_vector(values, kCanonicalBlock) / valid;
    fill_block(x, bits, n, m0, buffer_);
    auto folds = canonical::moments_pass<false>(values, 0.0, values);
    extremes(x, numbers, n, folds);
    take(valid, m0, folds);
  }

  void extremes(const T* x, const BlockBits& bits, std::size_t n, canonical::MomentFolds& folds) {
    const Wide top = hn::Set(WideTag{}, std::numeric_limits<double>::infinity());
    Wide low = top;
    Wide high = hn::Neg(top);
    std::size_t i = 0;
    for (; i + kWideLanes <= n; i += kWideLanes) {
      const auto counts = wide_mask(bits, i);
      const Wide v = canonical::load_wide(x + i);
      low = hn::Min(low, hn::IfThenElse(counts, v, top));
      high = hn::Max(high, hn::IfThenElse(counts, v, hn::Neg(top)));
    }
    folds.min = hn::GetLane(hn::MinOfLanes(WideTag{}, low));
    folds.max = hn::GetLane(hn::MaxOfLanes(WideTag{}, high));
    for (; i < n; ++i) {
      if (!bits.test(i)) continue;
      folds.min = std::min(folds.min, static_cast<double>(x[i]));
      folds.max = std::max(folds.max, static_cast<double>(x[i]));
    }
  }

  void take(unsigned valid, double m0, const canonical::MomentFolds& folds) {
    piece_.counts.valid += valid;
    piece_.partial.min = std::min(piece_.partial.min, folds.min);
    piece_.partial.max = std::max(piece_.partial.max, folds.max);
    counter_.push(numeric::moments_of_block(valid, m0, folds.d, folds.q, folds.qd, folds.qq));
  }

  const MomentsOf::Args& args_;
  const T* data_;
  Piece<MomentsPartial>& piece_;
  numeric::CanonicalCounter<Moments> counter_;
  double sum_ = 0;  // of the next block, if summed_
  bool summed_ = false;
  HWY_ALIGN double buffer_[kCanonicalBlock];
};

Piece<MomentsPartial> moments_piece(const MomentsOf::Args& args, std::size_t from,
                                    std::size_t count) {
  Piece<MomentsPartial> piece;
  if (args.x.is_f32()) {
    MomentsPass<float>(args, args.x.f32.data(), piece).run(from, count);
  } else {
    MomentsPass<double>(args, args.x.f64.data(), piece).run(from, count);
  }
  return piece;
}

}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {

HWY_EXPORT(moments_piece);

namespace {

// Not worth it for a sum alone: that waits for memory anyway.
void prefetch_pages_of(const Values& x, std::size_t from, std::size_t count) {
  const void* const data = x.is_f32() ? static_cast<const void*>(x.f32.data() + from)
                                      : static_cast<const void*>(x.f64.data() + from);
  prefetch_pages(data, count * x.value_bytes());
}

}  // namespace

Status MomentsOf::cpu(CpuRun& run, const Args& args, Output& out) {
  std::vector<Piece<MomentsPartial>> pieces(pieces_of(args.x.size()));
  for_each_piece(run.workers, args.x.size(),
                 [&](std::size_t piece, std::size_t from, std::size_t count) {
                   prefetch_pages_of(args.x, from, count);
                   pieces[piece] = HWY_DYNAMIC_DISPATCH(moments_piece)(args, from, count);
                 });
  return finish(args, join_pieces<MomentsJoin>(pieces), out);
}

}  // namespace weir::ops
#endif
