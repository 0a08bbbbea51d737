#include <algorithm>
#include <string>

#include "base/result.hpp"
#include "ops/sort/keys/sort_keys.hpp"

namespace weir::ops {

Status SortKeys::check(const Args& args) {
  if (args.keys.size() >= 0xFFFFFFFFU) {
    return invalid_argument("rows_max", std::to_string(args.keys.size()) + " keys to sort")
        .hint("cut the column below 4294967295 rows");
  }
  return Status::ok();
}

Status SortKeys::check_output(const Args& args, const Output& out) {
  if (out.keys.size() == args.keys.size()) return Status::ok();
  return invalid_argument("lengths_differ", "room for " + std::to_string(out.keys.size()) +
                                                " keys of " + std::to_string(args.keys.size()))
      .at("keys");
}

Footprint SortKeys::footprint(const Args& args) {
  return {.rows = args.keys.size(),
          .bytes_in = args.keys.size_bytes(),
          .bytes_out = args.keys.size_bytes(),
          .bytes_scratch = args.keys.size_bytes(),
          .launches = 25};
}

Status SortKeys::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  std::copy(args.keys.begin(), args.keys.end(), out.keys.begin());
  std::stable_sort(out.keys.begin(), out.keys.end());
  return Status::ok();
}

Support SortKeys::supports(const Args&, device::Kind) {
  return Support::yes();
}

}  // namespace weir::ops
