#include <algorithm>

#include "base/numeric/canonical.hpp"
#include "ops/stats/sum/sum.hpp"

namespace weir::ops {
namespace {

using numeric::CanonicalCounter;
using numeric::Compensated;
using numeric::kCanonicalBlock;

// Sums term(0) ... term(n - 1) as the header of canonical.hpp says.
template <class Term>
Compensated plain_sum(std::size_t n, Sum::Method method, Term term) {
  CanonicalCounter<double> sums;
  CanonicalCounter<Compensated> careful;
  for (std::size_t from = 0; from < n; from += kCanonicalBlock) {
    const auto read = [&](std::size_t i) { return term(from + i); };
    const std::size_t size = std::min(kCanonicalBlock, n - from);
    if (method == Sum::Method::kCanonical) sums.push(numeric::block_sum(size, read));
    if (method == Sum::Method::kNeumaier) careful.push(numeric::block_compensated(size, read));
  }
  return method == Sum::Method::kCanonical ? Compensated{sums.result(), 0.0} : careful.result();
}

}  // namespace

Status Sum::check(const Args& args) {
  return check_values(args.x, "x");
}

Support Sum::supports(const Args&, device::Kind) {
  return Support::yes();
}

Footprint Sum::footprint(const Args& args) {
  const std::size_t n = args.x.size();
  return {.rows = n,
          .bytes_in = n * args.x.value_bytes() + (args.x.validity != nullptr ? n / 8 : 0),
          .bytes_scratch = canonical_blocks(n) * sizeof(Piece<Compensated>),
          .flops = static_cast<double>(n),
          .ceiling = Ceiling::kDram};
}

Status Sum::finish(const Args& args, const Piece<Compensated>& whole, Output& out) {
  const PieceCounts& counts = whole.counts;
  if (counts.nans != 0 && args.nan == NanPolicy::kRaise) return nan_found(counts.first_nan);
  const Compensated& sum = whole.partial;
  out = {.sum = numeric::one_nan(args.method == Method::kCanonical ? sum.sum : sum.value()),
         .count = counts.valid,
         .nulls = counts.nulls,
         .nans = counts.nans,
         .partial = numeric::one_nan(sum)};
  return Status::ok();
}

Status Sum::reference(const Args& args, Output& out) {
  const Values& x = args.x;
  PieceCounts counts;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const bool nan = x.valid(i) && x.at(i) != x.at(i);
    if (nan && args.nan == NanPolicy::kRaise) return nan_found(i);
    counts.nulls += x.valid(i) ? 0 : 1;
    counts.nans += nan ? 1 : 0;
  }
  counts.valid = x.size() - counts.nulls - (args.nan == NanPolicy::kOmit ? counts.nans : 0);
  const Compensated sum = plain_sum(x.size(), args.method, [&](std::size_t i) {
    const bool skip = !x.valid(i) || (args.nan == NanPolicy::kOmit && x.at(i) != x.at(i));
    return skip ? 0.0 : x.at(i);
  });
  return finish(args, {sum, counts}, out);
}

}  // namespace weir::ops
