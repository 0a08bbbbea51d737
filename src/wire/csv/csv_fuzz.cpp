// Any bytes as a CSV file: read with two chunk sizes, which must agree.
#include "base/check.hpp"
#include "wire/csv/csv_source.hpp"

namespace weir::wire {
namespace {

struct Count {
  std::uint64_t events = 0;
  std::uint64_t rejected = 0;
  std::int64_t amounts = 0;
  bool operator==(const Count&) const = default;
};

Count read_all(Bytes bytes, std::size_t chunk_bytes) {
  CsvOptions options;
  options.chunk_bytes = chunk_bytes;
  options.rejects_max = 1'000;
  auto stored = StoredBytes::from(memory_stream(bytes), bytes.size());
  MemoryRejects rejects(10);
  auto source = CsvSource::from(std::move(*stored), options, &rejects);
  Count count;
  if (!source) return count;
  EventBatch batch;
  while (true) {
    const auto read = (*source)->read(batch, 100);
    if (!read || *read == 0) break;
    count.events += *read;
    for (const Event& event : batch.events)
      count.amounts = static_cast<std::int64_t>(static_cast<std::uint64_t>(count.amounts) +
                                                static_cast<std::uint64_t>(event.amount));
  }
  count.rejected = (*source)->checkpoint().rejected;
  return count;
}

}  // namespace
}  // namespace weir::wire

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const weir::Bytes bytes{data, size};
  CHECK(weir::wire::read_all(bytes, 64) == weir::wire::read_all(bytes, 1 << 20));
  return 0;
}
