// Any bytes as the ledger's snapshot sections: refused, or restored to something that saves again.
#include <cstdint>

#include "base/check.hpp"
#include "ledger/dedup.hpp"
#include "ledger/execute.hpp"

namespace weir::ledger {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 64 * 1024) return 0;
  Executor executor({.queue_after_hold = true});
  ByteReader ledger_bytes({data, size});
  if (executor.restore(ledger_bytes)) {
    ByteWriter saved;
    executor.save(saved);
    Executor again({.queue_after_hold = true});
    ByteReader in(saved.bytes());
    CHECK(again.restore(in).is_ok());
  }
  DedupTable table(1024);
  ByteReader table_bytes({data, size});
  static_cast<void>(table.restore(table_bytes));
  ControlReader control({data, size});
  while (control.next()) {
  }
  static_cast<void>(executor.control({data, size}));
  return 0;
}

}  // namespace weir::ledger
