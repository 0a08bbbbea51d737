// The kernel of hash.sha256_batch and what drives it: one message a thread.
#pragma once

#include "base/result.hpp"
#include "ops/device_run.hpp"
#include "ops/hash/sha256_batch/sha256_batch.hpp"
#include "ops/hash/sha256_block.hpp"

namespace weir::ops {

// Messages on a device: message i is bytes [offsets[i] - base, offsets[i + 1] - base).
struct DeviceRagged {
  const std::uint8_t* bytes;
  const std::uint64_t* offsets;
  std::uint64_t base;
  std::size_t count;

  WEIR_HD const std::uint8_t* begin(std::size_t i) const { return bytes + (offsets[i] - base); }
  WEIR_HD std::size_t size(std::size_t i) const { return offsets[i + 1] - offsets[i]; }
};

// Uploads the messages of a chunk.
template <class Launcher>
Result<DeviceRagged> upload_ragged(Lane<Launcher>& lane, const Ragged& messages,
                                   const Chunk& chunk) {
  const std::span<const std::uint64_t> offsets =
      messages.offsets.subspan(chunk.begin, chunk.rows() + 1);
  WEIR_ASSIGN(const auto bytes,
              lane.upload(messages.bytes.subspan(offsets[0], offsets.back() - offsets[0])));
  WEIR_ASSIGN(const auto places, lane.upload(offsets));
  return DeviceRagged{bytes.data, places.data, offsets[0], chunk.rows()};
}

inline std::span<std::uint8_t> bytes_of(std::span<Digest> digests) {
  return {reinterpret_cast<std::uint8_t*>(digests.data()), digests.size_bytes()};
}

inline constexpr std::uint32_t kShaThreads = 128;

struct Sha256Kernel {
  static constexpr unsigned kThreadsMax = kShaThreads;
  template <class Block>
  WEIR_HD void operator()(Block& block, DeviceRagged messages, std::uint8_t* digests) const {
    block.each_thread([&](unsigned t) {
      const std::size_t i = std::size_t{block.index()} * block.threads() + t;
      if (i >= messages.count) return;
      std::uint32_t digest[8];
      sha256_message(0, 0, messages.begin(i), messages.size(i), digest);
      store_digest(digest, digests + 32 * i);
    });
  }
};

template <class Launcher>
Status sha256_on_device(DeviceRun& run, const Sha256Batch::Args& args, Sha256Batch::Output& out) {
  WEIR_TRY(Sha256Batch::check_output(args, out));
  return run_chunks<Launcher>(
      run, args.messages.size(),
      [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
        WEIR_ASSIGN(const DeviceRagged messages, upload_ragged(lane, args.messages, chunk));
        WEIR_ASSIGN(const auto digests, lane.template scratch<std::uint8_t>(32 * chunk.rows()));
        WEIR_TRY(lane.launch(device::Grid::over(chunk.rows(), kShaThreads), Sha256Kernel{},
                             messages, digests.data));
        return lane.download(digests, bytes_of(out.digests.subspan(chunk.begin, chunk.rows())));
      },
      [](const Chunk&) { return Status::ok(); });
}

}  // namespace weir::ops
