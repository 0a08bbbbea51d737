// xxHash's own scalar code, compiled for this file alone: no vector code is shared with the form
// under test.
#define XXH_INLINE_ALL
#define XXH_VECTOR 0  // XXH_SCALAR
#include <xxhash.h>

#include "base/result.hpp"
#include "ops/hash/xxh3_batch/xxh3_batch.hpp"

namespace weir::ops {

Status Xxh3Batch::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  for (std::size_t i = 0; i < args.messages.size(); ++i) {
    out.hashes[i] = XXH3_64bits(args.messages[i].data(), args.messages[i].size());
  }
  return Status::ok();
}

}  // namespace weir::ops
