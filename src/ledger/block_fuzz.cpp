// Any bytes as a block: as they are, and with the checksums put right so that what lies behind
// them is reached.
#include <cstdint>

#include "base/check.hpp"
#include "ledger/block.hpp"
#include "ledger/control.hpp"

namespace weir::ledger {
namespace {

void read_everything(Bytes record) {
  const bool sound = !inspect_block(record);
  const Result<BlockView> view = BlockView::parse(record);
  CHECK(view || !sound);
  if (!view) return;
  std::uint64_t sum = 0;
  for (std::size_t row = 0; row < view->events().size(); ++row) {
    for (const std::uint8_t byte : view->event_side(row)) sum += byte;
    sum += view->verdicts()[row].outcome + view->order()[row];
  }
  ControlReader control(view->control());
  while (const auto entry = control.next()) sum += entry->payload.size();
  const FeatureRowsView features = view->features();
  for (std::size_t i = 0; i < features.rows(); ++i) {
    sum += features.block_row(i);
    if (features.column(0)[i] > 0) ++sum;
  }
  CHECK(sum < UINT64_MAX);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  storage::DirectBuffer record;
  record.append({data, size});
  if (size == 0) record.reserve(1);
  read_everything(record.bytes());
  static_cast<void>(block_record_bytes(record.bytes()));
  if (size < kBlockHeaderBytes) return 0;
  record.pad_to(storage::kLogAlignment);
  auto& header = *reinterpret_cast<BlockHeader*>(record.data());
  header.stored_bytes = header.raw_bytes;
  const std::size_t body =
      std::min<std::size_t>(header.raw_bytes, record.size() - kBlockHeaderBytes);
  header.body_crc32c = crc32c(record.bytes().subspan(kBlockHeaderBytes, body));
  header.header_crc32c = crc32c(record.bytes().first(kHeaderCrcBytes));
  read_everything(record.bytes());
  return 0;
}

}  // namespace weir::ledger
