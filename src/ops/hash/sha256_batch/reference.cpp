#include "base/result.hpp"
#include "ops/hash/sha256_batch/sha256_batch.hpp"

namespace weir::ops {

Status Sha256Batch::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  for (std::size_t i = 0; i < args.messages.size(); ++i) out.digests[i] = sha256(args.messages[i]);
  return Status::ok();
}

}  // namespace weir::ops
