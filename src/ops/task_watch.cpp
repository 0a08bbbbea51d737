#include "ops/task_watch.hpp"

namespace weir::ops {

Status TaskWatch::why() const {
  if (cancelled()) return Status(Code::kCancelled, "cancelled", "the caller gave up");
  if (late()) return Status(Code::kDeadlineExceeded, "deadline", "not done by the deadline");
  return Status::ok();
}

}  // namespace weir::ops
