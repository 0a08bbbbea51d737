// 8 bytes a value against one addition (Neumaier: six): memory is the limit, so blocks without gaps
// are summed where they lie, and NaN is looked for only in blocks whose sum is not finite.
#include "base/numeric/canonical.hpp"
#include "ops/stats/pieces.hpp"
#include "ops/stats/sum/sum.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/stats/sum/cpu.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "ops/stats/blocks_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {

using numeric::Compensated;
using numeric::kCanonicalBlock;

struct PlainBlock {
  using Partial = double;
  template <class T>
  static Partial of(const T* x, std::size_t n) {
    return canonical::block_sum_vector(x, n);
  }
  static bool finite(Partial p) { return p - p == 0; }
};
struct CompensatedBlock {
  using Partial = Compensated;
  template <class T>
  static Partial of(const T* x, std::size_t n) {
    return canonical::block_compensated_vector(x, n);
  }
  static bool finite(Partial p) { return p.sum - p.sum == 0; }
};

template <class Block, class T>
typename Block::Partial sum_block(const Values& column, const T* x, std::size_t row, std::size_t n,
                                  NanPolicy nan, PieceCounts& counts) {
  HWY_ALIGN double buffer[kCanonicalBlock];
  BlockBits bits;
  bits.count = static_cast<unsigned>(n);
  const bool nullable = column.validity != nullptr;
  if (nullable) bits = valid_bits(column, row, n);
  const auto filled = [&] {
    fill_block(x + row, bits, n, 0.0, buffer);
    return Block::of(static_cast<const double*>(buffer), kCanonicalBlock);
  };
  counts.nulls += n - bits.count;
  auto partial = bits.count == n ? Block::of(x + row, n) : filled();
  if (!Block::finite(partial)) {
    if (!nullable) bits = valid_bits(column, row, n);
    const unsigned valid = bits.count;
    std::size_t first = 0;
    const unsigned nans = drop_nans(x + row, n, bits, first);
    if (nans != 0) {
      add_counts(counts, {.nans = nans, .first_nan = row + first});
      if (nan == NanPolicy::kOmit) {
        partial = filled();
      } else {
        bits.count = valid;
      }
    }
  }
  counts.valid += bits.count;
  return partial;
}

template <class Block, class T>
Piece<typename Block::Partial> sum_piece_of(const Values& column, const T* x, std::size_t from,
                                            std::size_t count, NanPolicy nan) {
  Piece<typename Block::Partial> piece;
  numeric::CanonicalCounter<typename Block::Partial> counter;
  for (std::size_t row = from; row < from + count; row += kCanonicalBlock) {
    const std::size_t n = std::min(kCanonicalBlock, from + count - row);
    counter.push(sum_block<Block>(column, x, row, n, nan, piece.counts));
  }
  piece.partial = counter.result();
  return piece;
}

Piece<double> sum_piece(const Sum::Args& args, std::size_t from, std::size_t count) {
  const Values& x = args.x;
  return x.is_f32() ? sum_piece_of<PlainBlock>(x, x.f32.data(), from, count, args.nan)
                    : sum_piece_of<PlainBlock>(x, x.f64.data(), from, count, args.nan);
}
Piece<Compensated> neumaier_piece(const Sum::Args& args, std::size_t from, std::size_t count) {
  const Values& x = args.x;
  return x.is_f32() ? sum_piece_of<CompensatedBlock>(x, x.f32.data(), from, count, args.nan)
                    : sum_piece_of<CompensatedBlock>(x, x.f64.data(), from, count, args.nan);
}

}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {
namespace {

HWY_EXPORT(sum_piece);
HWY_EXPORT(neumaier_piece);

template <class T, class Run>
Piece<T> whole_column(CpuRun& run, std::size_t size, Run run_piece) {
  std::vector<Piece<T>> pieces(pieces_of(size));
  for_each_piece(run.workers, size, [&](std::size_t piece, std::size_t from, std::size_t count) {
    pieces[piece] = run_piece(from, count);
  });
  return join_pieces(pieces);
}

}  // namespace

Status Sum::cpu(CpuRun& run, const Args& args, Output& out) {
  const std::size_t size = args.x.size();
  if (args.method == Method::kCanonical) {
    const auto piece = [&](std::size_t from, std::size_t count) {
      return HWY_DYNAMIC_DISPATCH(sum_piece)(args, from, count);
    };
    const auto whole = whole_column<double>(run, size, piece);
    return finish(args, {{whole.partial, 0.0}, whole.counts}, out);
  }
  const auto piece = [&](std::size_t from, std::size_t count) {
    return HWY_DYNAMIC_DISPATCH(neumaier_piece)(args, from, count);
  };
  return finish(args, whole_column<numeric::Compensated>(run, size, piece), out);
}

}  // namespace weir::ops
#endif
