#include <algorithm>

#include "ops/stats/moments/moments.hpp"

namespace weir::ops {

Status MomentsOf::reference(const Args& args, Output& out) {
  const Values& x = args.x;
  const auto is_nan = [&](std::size_t i) { return x.at(i) != x.at(i); };
  const auto has_value = [&](std::size_t i) {
    return x.valid(i) && !(args.nan == NanPolicy::kOmit && is_nan(i));
  };
  PieceCounter<MomentsPartial, MomentsJoin> counter;
  for (std::size_t from = 0; from < x.size(); from += numeric::kCanonicalBlock) {
    const std::size_t n = std::min(numeric::kCanonicalBlock, x.size() - from);
    Piece<MomentsPartial> block;
    block.partial.moments = numeric::block_moments(
        n, [&](std::size_t i) { return x.at(from + i); },
        [&](std::size_t i) { return has_value(from + i); });
    for (std::size_t i = from; i < from + n; ++i) {
      if (x.valid(i) && is_nan(i)) add_counts(block.counts, {.nans = 1, .first_nan = i});
      block.counts.nulls += x.valid(i) ? 0 : 1;
      if (!has_value(i)) continue;
      ++block.counts.valid;
      block.partial.min = std::min(block.partial.min, x.at(i));
      block.partial.max = std::max(block.partial.max, x.at(i));
    }
    counter.push(block);
  }
  return finish(args, counter.result(), out);
}

}  // namespace weir::ops
