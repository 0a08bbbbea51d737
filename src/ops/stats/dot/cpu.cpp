// 16 bytes a pair against one multiplication and one addition: memory is the limit. Blocks with
// gaps, or of two types, go through buffers in the first-level cache.
#include "base/numeric/canonical.hpp"
#include "ops/stats/dot/dot.hpp"
#include "ops/stats/pieces.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/stats/dot/cpu.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "ops/stats/blocks_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {

using numeric::kCanonicalBlock;

void fill_from(const Values& x, std::size_t row, const BlockBits& bits, std::size_t n,
               double* out) {
  if (x.is_f32()) {
    fill_block(x.f32.data() + row, bits, n, 0.0, out);
  } else {
    fill_block(x.f64.data() + row, bits, n, 0.0, out);
  }
}

double dot_block(const Dot::Args& args, std::size_t row, std::size_t n, PieceCounts& counts) {
  const bool nullable = args.x.validity != nullptr || args.y.validity != nullptr;
  if (!nullable && args.x.is_f32() == args.y.is_f32()) {
    counts.valid += n;
    return args.x.is_f32()
               ? canonical::block_dot_vector(args.x.f32.data() + row, args.y.f32.data() + row, n)
               : canonical::block_dot_vector(args.x.f64.data() + row, args.y.f64.data() + row, n);
  }
  HWY_ALIGN double x[kCanonicalBlock];
  HWY_ALIGN double y[kCanonicalBlock];
  BlockBits bits = valid_bits(args.x, row, n);
  const BlockBits other = valid_bits(args.y, row, n);
  for (std::size_t w = 0; w < BlockBits::kWords; ++w) bits.words[w] &= other.words[w];
  bits.recount();
  counts.valid += bits.count;
  fill_from(args.x, row, bits, n, x);
  fill_from(args.y, row, bits, n, y);
  return canonical::block_dot_vector(static_cast<const double*>(x), static_cast<const double*>(y),
                                     kCanonicalBlock);
}

Piece<double> dot_piece(const Dot::Args& args, std::size_t from, std::size_t count) {
  Piece<double> piece;
  numeric::CanonicalCounter<double> counter;
  for (std::size_t row = from; row < from + count; row += kCanonicalBlock) {
    counter.push(dot_block(args, row, std::min(kCanonicalBlock, from + count - row), piece.counts));
  }
  piece.partial = counter.result();
  return piece;
}

}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {

HWY_EXPORT(dot_piece);

Status Dot::cpu(CpuRun& run, const Args& args, Output& out) {
  std::vector<Piece<double>> pieces(pieces_of(args.x.size()));
  for_each_piece(run.workers, args.x.size(),
                 [&](std::size_t piece, std::size_t from, std::size_t count) {
                   pieces[piece] = HWY_DYNAMIC_DISPATCH(dot_piece)(args, from, count);
                 });
  const Piece<double> whole = join_pieces(pieces);
  out = {numeric::one_nan(whole.partial), whole.counts.valid};
  return Status::ok();
}

}  // namespace weir::ops
#endif
