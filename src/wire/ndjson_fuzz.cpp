// Any bytes as JSON events: what is accepted passes the record checks, and nothing of a refused
// item stays.
#include "base/check.hpp"
#include "wire/check.hpp"
#include "wire/ndjson.hpp"

namespace weir::wire {
namespace {

int fuzz_json(const std::uint8_t* data, std::size_t size) {
  NdjsonOptions options;
  options.items_max = 1'000;
  options.id_prefix = "x";
  NdjsonReader reader(options);
  EventBatch batch;
  std::vector<JsonItemError> errors;
  if (!reader.read({reinterpret_cast<const char*>(data), size}, batch, errors).is_ok()) return 0;
  CHECK_EQ(batch.lines.size(), batch.size());
  CheckLimits limits;
  limits.pending_allowed = true;
  limits.side_bytes_max = kSideBytesMax;
  for (const Event& event : batch.events) {
    CHECK_EQ(check_event(event, batch.side.size(), limits), 0);
    CHECK(side_is_sound(Bytes(batch.side).subspan(event.side_off, event.side_len)));
  }
  return 0;
}

}  // namespace
}  // namespace weir::wire

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return weir::wire::fuzz_json(data, size);
}
