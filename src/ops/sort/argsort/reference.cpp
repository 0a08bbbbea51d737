#include <algorithm>
#include <numeric>
#include <string>

#include "base/result.hpp"
#include "ops/sort/argsort/argsort.hpp"

namespace weir::ops {

Status Argsort::check(const Args& args) {
  if (args.keys.size() != args.words * args.rows) {
    return invalid_argument("shape_mismatch", std::to_string(args.keys.size()) + " keys for " +
                                                  std::to_string(args.words) + " words of " +
                                                  std::to_string(args.rows) + " rows");
  }
  if (args.rows >= 0xFFFFFFFFU) {
    return invalid_argument("rows_max", std::to_string(args.rows) + " rows to sort")
        .hint("cut the table below 4294967295 rows");
  }
  return Status::ok();
}

Status Argsort::check_output(const Args& args, const Output& out) {
  if (out.rows.size() == args.rows) return Status::ok();
  return invalid_argument("lengths_differ", "room for " + std::to_string(out.rows.size()) +
                                                " rows of " + std::to_string(args.rows))
      .at("rows");
}

Footprint Argsort::footprint(const Args& args) {
  return {.rows = args.rows,
          .bytes_in = args.keys.size_bytes(),
          .bytes_out = args.rows * sizeof(std::uint32_t),
          .bytes_scratch = args.rows * 24,
          .launches = 17,
          .chunkable = true};
}

Status Argsort::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  std::iota(out.rows.begin(), out.rows.end(), 0U);
  std::stable_sort(out.rows.begin(), out.rows.end(), [&](std::uint32_t a, std::uint32_t b) {
    for (std::size_t w = 0; w < args.words; ++w) {
      const std::uint64_t left = args.keys[w * args.rows + a];
      const std::uint64_t right = args.keys[w * args.rows + b];
      if (left != right) return left < right;
    }
    return false;
  });
  return Status::ok();
}

Support Argsort::supports(const Args& args, device::Kind kind) {
  if (kind == device::Kind::kCpu || args.words == 1) return Support::yes();
  return Support::no(Reason::kUnsupportedShape, "devices sort by one word of key");
}

}  // namespace weir::ops
