#include <algorithm>
#include <string>

#include "base/numeric/canonical.hpp"
#include "base/result.hpp"
#include "ops/stats/dot/dot.hpp"
#include "ops/stats/pieces.hpp"

namespace weir::ops {

Status Dot::check(const Args& args) {
  WEIR_TRY(check_values(args.x, "x"));
  WEIR_TRY(check_values(args.y, "y"));
  if (args.x.size() == args.y.size()) return Status::ok();
  return invalid_argument("shapes", "x has " + std::to_string(args.x.size()) + " values, y " +
                                        std::to_string(args.y.size()))
      .at("y")
      .hint("give two columns of one length");
}

Support Dot::supports(const Args&, device::Kind) {
  return Support::yes();
}

Footprint Dot::footprint(const Args& args) {
  const std::size_t n = args.x.size();
  const std::size_t masks = (args.x.validity != nullptr) + (args.y.validity != nullptr);
  return {.rows = n,
          .bytes_in = n * (args.x.value_bytes() + args.y.value_bytes()) + masks * (n / 8),
          .bytes_scratch = canonical_blocks(n) * sizeof(Piece<double>),
          .flops = 2.0 * static_cast<double>(n),
          .ceiling = Ceiling::kDram};
}

Status Dot::reference(const Args& args, Output& out) {
  out = {};
  numeric::CanonicalCounter<double> counter;
  const auto counts = [&](std::size_t i) { return args.x.valid(i) && args.y.valid(i); };
  for (std::size_t i = 0; i < args.x.size(); ++i) out.count += counts(i) ? 1 : 0;
  for (std::size_t from = 0; from < args.x.size(); from += numeric::kCanonicalBlock) {
    counter.push(numeric::block_sum(
        std::min(numeric::kCanonicalBlock, args.x.size() - from), [&](std::size_t i) {
          return counts(from + i) ? args.x.at(from + i) * args.y.at(from + i) : 0.0;
        }));
  }
  out.dot = numeric::one_nan(counter.result());
  return Status::ok();
}

}  // namespace weir::ops
