#include "gate/verdict_ops.hpp"

#include "base/result.hpp"
#include "ops/registry.hpp"

namespace weir::gate {

std::span<const std::string_view> verdict_ops() {
  static constexpr std::string_view kNames[] = {"expr.evaluate", "forest.score", "hash.merkle_root",
                                                "hash.sha256_batch"};
  return kNames;
}

Status check_verdict_ops(std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    WEIR_TRY(ops::bind_for_verdicts(name));
  }
  return Status::ok();
}

}  // namespace weir::gate
