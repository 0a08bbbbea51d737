// Any bytes as a stream of frames. The first byte says whether headers are repaired, so that
// payloads get past the checksum.
#include "base/check.hpp"
#include "base/hash.hpp"
#include "wire/check.hpp"
#include "wire/frame.hpp"

namespace weir::wire {
namespace {

void repair(std::vector<std::uint8_t>& bytes) {
  if (bytes.size() < kFrameHeaderBytes) return;
  auto header = load<FrameHeader>(bytes.data());
  header.magic = kFrameMagic;
  header.version = kFrameVersion;
  header.header_bytes = kFrameHeaderBytes;
  header.one = 1;
  header.stored_bytes = static_cast<std::uint32_t>(bytes.size() - kFrameHeaderBytes);
  std::vector<std::uint8_t> summed(bytes.size() - 8);
  std::memcpy(summed.data(), &header, 40);
  std::memcpy(summed.data() + 40, header.tag.data(), 16);
  std::memcpy(summed.data() + 56, bytes.data() + kFrameHeaderBytes, header.stored_bytes);
  header.checksum = xxh3_64(summed);
  store(bytes.data(), header);
}

int fuzz_frames(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::vector<std::uint8_t> bytes(data + 1, data + size);
  if ((data[0] & 1) != 0) repair(bytes);
  FrameParser parser({.key = {}, .payload_max = 1U << 20});
  parser.feed(bytes);
  Frame frame;
  while (true) {
    const auto found = parser.next(frame);
    if (!found || !*found) break;
    if (frame.header.kind != FrameKind::kEvents) continue;
    const Bytes side = frame.side();
    for (const Event& event : frame.events())
      if (check_event(event, side.size(), {}) == 0)
        (void)side_is_sound(side.subspan(event.side_off, event.side_len));
  }
  return 0;
}

}  // namespace
}  // namespace weir::wire

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return weir::wire::fuzz_frames(data, size);
}
