#include <map>
#include <string>
#include <vector>

#include "ops/join/match/join_match.hpp"

namespace weir::ops {
namespace {

bool valid(std::span<const std::uint64_t> validity, std::size_t row) {
  return validity.empty() || (validity[row / 64] >> (row % 64) & 1) != 0;
}

void emit(Buffer<std::uint32_t>& rows, std::size_t row) {
  rows.extend(rows.size() + 1);
  rows[rows.size() - 1] = static_cast<std::uint32_t>(row);
}

}  // namespace

Status JoinMatch::check(const Args& args) {
  for (const std::size_t rows : {args.left.size(), args.right.size()}) {
    if (rows < kNoRow) continue;
    return invalid_argument("rows_max", std::to_string(rows) + " rows to join")
        .hint("cut the table below 4294967295 rows");
  }
  const auto fits = [](std::span<const std::uint64_t> keys,
                       std::span<const std::uint64_t> validity) {
    return validity.empty() || validity.size() >= (keys.size() + 63) / 64;
  };
  if (fits(args.left, args.left_validity) && fits(args.right, args.right_validity)) {
    return Status::ok();
  }
  return invalid_argument("shape_mismatch", "fewer words of validity than rows / 64");
}

Footprint JoinMatch::footprint(const Args& args) {
  return {.rows = args.left.size(),
          .bytes_in = args.left.size_bytes(),
          .bytes_out = args.left.size() * 8,
          .bytes_scratch = args.left.size() * 8,
          .bytes_resident = args.right.size() * 40,
          .launches = 4};
}

Status JoinMatch::reference(const Args& args, Output& out) {
  out.left_rows.resize(0);
  out.right_rows.resize(0);
  std::map<std::uint64_t, std::vector<std::size_t>> right;
  for (std::size_t row = 0; row < args.right.size(); ++row) {
    if (valid(args.right_validity, row)) right[args.right[row]].push_back(row);
  }
  for (std::size_t row = 0; row < args.left.size(); ++row) {
    const auto at = valid(args.left_validity, row) ? right.find(args.left[row]) : right.end();
    const bool found = at != right.end();
    if (args.kind == JoinKind::kSemi || args.kind == JoinKind::kAnti) {
      if (found == (args.kind == JoinKind::kSemi)) emit(out.left_rows, row);
      continue;
    }
    if (found) {
      for (const std::size_t match : at->second) {
        emit(out.left_rows, row);
        emit(out.right_rows, match);
      }
    } else if (args.kind == JoinKind::kLeft) {
      emit(out.left_rows, row);
      emit(out.right_rows, kNoRow);
    }
  }
  return Status::ok();
}

}  // namespace weir::ops
