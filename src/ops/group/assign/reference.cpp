#include <map>
#include <string>

#include "base/result.hpp"
#include "ops/group/assign/group_assign.hpp"

namespace weir::ops {

Status GroupAssign::check(const Args& args) {
  if (args.keys.size() >= 0xFFFFFFFFU) {
    return invalid_argument("rows_max", std::to_string(args.keys.size()) + " rows to group")
        .hint("cut the table below 4294967295 rows");
  }
  return Status::ok();
}

Status GroupAssign::check_output(const Args& args, const Output& out) {
  if (out.ids.size() == args.keys.size()) return Status::ok();
  return invalid_argument("lengths_differ", "room for " + std::to_string(out.ids.size()) +
                                                " ids of " + std::to_string(args.keys.size()))
      .at("ids");
}

Footprint GroupAssign::footprint(const Args& args) {
  return {.rows = args.keys.size(),
          .bytes_in = args.keys.size_bytes(),
          .bytes_out = args.keys.size() * sizeof(std::uint32_t),
          .bytes_scratch = args.keys.size() * 24,
          .launches = 20,
          .chunkable = false};
}

Status GroupAssign::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  std::map<std::uint64_t, std::uint32_t> groups;
  out.first_rows.resize(0);
  for (std::size_t row = 0; row < args.keys.size(); ++row) {
    const auto next = static_cast<std::uint32_t>(groups.size());
    const auto [at, is_new] = groups.emplace(args.keys[row], next);
    out.ids[row] = at->second;
    if (!is_new) continue;
    out.first_rows.extend(next + 1);
    out.first_rows[next] = static_cast<std::uint32_t>(row);
  }
  return Status::ok();
}

}  // namespace weir::ops
