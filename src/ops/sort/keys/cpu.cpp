#include <hwy/contrib/sort/vqsort.h>

#include <algorithm>

#include "base/result.hpp"
#include "ops/sort/keys/sort_keys.hpp"

namespace weir::ops {

Status SortKeys::cpu(CpuRun&, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  std::copy(args.keys.begin(), args.keys.end(), out.keys.begin());
  const hwy::Sorter sorter;
  sorter(out.keys.data(), out.keys.size(), hwy::SortAscending());
  return Status::ok();
}

}  // namespace weir::ops
