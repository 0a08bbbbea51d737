#include <map>
#include <utility>

#include "base/numeric/canonical.hpp"
#include "ops/sparse/build/build.hpp"

namespace weir::ops {

Status CsrBuild::reference(const Args& args, Output& out) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> entries;
  for (std::size_t i = 0; i < args.value.size(); ++i) {
    const auto [at, is_new] = entries.try_emplace({args.row[i], args.column[i]}, args.value[i]);
    if (!is_new) at->second = numeric::one_nan(at->second + args.value[i]);
  }
  CsrParts parts{.rows = args.rows, .cols = args.cols, .offsets = {}};
  parts.offsets.assign(args.rows + 1, 0);
  for (const auto& [place, value] : entries) {
    if (args.prune && value == 0) continue;
    parts.columns.push_back(place.second);
    parts.values.push_back(value);
    for (std::size_t r = place.first; r < args.rows; ++r) parts.offsets[r + 1] += 1;
  }
  out.matrix = Csr(std::move(parts));
  return Status::ok();
}

}  // namespace weir::ops
