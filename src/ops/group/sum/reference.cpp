#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ops/group/sum/group_sum.hpp"

namespace weir::ops {

Status GroupSum::check(const Args& args) {
  const std::size_t rows = args.ids.size();
  if (args.values.size() != rows) {
    return invalid_argument("shape_mismatch", std::to_string(rows) + " ids for " +
                                                  std::to_string(args.values.size()) + " values");
  }
  if (!args.validity.empty() && args.validity.size() < (rows + 63) / 64) {
    return invalid_argument("shape_mismatch", std::to_string(args.validity.size()) +
                                                  " words of validity for " + std::to_string(rows) +
                                                  " rows");
  }
  std::uint32_t most = 0;
  for (const std::uint32_t id : args.ids) most = std::max(most, id);
  if (rows == 0 || most < args.groups) return Status::ok();
  std::size_t row = 0;
  while (args.ids[row] < args.groups) ++row;
  return invalid_argument("group_range", "row " + std::to_string(row) + " is of group " +
                                             std::to_string(args.ids[row]) + " of " +
                                             std::to_string(args.groups));
}

Status GroupSum::check_output(const Args& args, const Output& out) {
  if (out.sums.size() == args.groups) return Status::ok();
  return invalid_argument("lengths_differ", "room for " + std::to_string(out.sums.size()) +
                                                " sums of " + std::to_string(args.groups))
      .at("sums");
}

Footprint GroupSum::footprint(const Args& args) {
  return {.rows = args.ids.size(),
          .bytes_in = args.ids.size_bytes() + args.values.size_bytes(),
          .bytes_scratch = args.ids.size() * 24,
          .bytes_resident = std::uint64_t{args.groups} * 24,
          .flops = static_cast<double>(args.ids.size()),
          .launches = 12};
}

Status GroupSum::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  std::vector<BlockSum> sums(args.groups);
  for (std::size_t begin = 0; begin < args.ids.size(); begin += kGroupBlockRows) {
    std::map<std::uint32_t, double> partials;
    const std::size_t end = std::min(args.ids.size(), begin + kGroupBlockRows);
    for (std::size_t row = begin; row < end; ++row) {
      if (!args.validity.empty() && (args.validity[row / 64] >> (row % 64) & 1) == 0) continue;
      partials[args.ids[row]] += args.values[row];
    }
    for (const auto& [group, partial] : partials) sums[group].join(partial);
  }
  for (std::size_t g = 0; g < args.groups; ++g) out.sums[g] = sums[g].result();
  return Status::ok();
}

}  // namespace weir::ops
