#include "gate/gate.hpp"

namespace weir::gate {

Status Gate::load_snapshot() {
  return Status::ok();
}
bool Gate::snapshot_due() const {
  return false;
}
void Gate::snapshot() {}

}  // namespace weir::gate
