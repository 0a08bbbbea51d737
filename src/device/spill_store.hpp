// SpillStore: where bytes go that no longer fit on the device: pinned host memory, then pageable
// memory, then a file.
//
//   WEIR_ASSIGN(auto store, SpillStore::open(options, clock));
//   WEIR_ASSIGN(SpillWrite write, store->begin("index of names", bytes));
//   copy_from_device(write.memory());                        // asynchronously, if one likes
//   SpilledBlock block = store->commit(std::move(write));
//   const Status back = store->read(block, [&](std::size_t offset, Bytes part) {
//     return copy_to_device(offset, part);
//   });
//   if (back.code() == Code::kDataLoss) rebuild();           // the file is not what was written
//
// A new block takes the fastest tier it fits in. Where there is no room, what was written or read
// longest ago moves one tier down, in the thread that needs the room; what is being read or is
// moving already stays. Thread-safe. No lock is held while bytes move, so that a block may be
// dropped or read while it moves: whoever still reads it keeps the memory until he is done.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "device/config.hpp"
#include "device/spill_file.hpp"

namespace weir::device {

enum class SpillTier : std::uint8_t { kPinned, kPageable, kFile };
inline constexpr std::size_t kSpillTiers = 3;
std::string_view spill_tier_name(SpillTier tier);  // "pinned", "pageable", "file"

// Host memory that copies to and from the device need not stage: page-locked. Thread-safe.
class PinnedMemory {
 public:
  virtual ~PinnedMemory() = default;
  // Returns `bytes`, or null.
  virtual void* allocate(std::size_t bytes) = 0;
  virtual void release(void* memory, std::size_t bytes) = 0;
};

struct SpillOptions {
  std::uint64_t pinned_bytes_max = 0;
  std::uint64_t pageable_bytes_max = 0;
  std::uint64_t file_bytes_max = 0;
  std::string dir = {};                // of the file; empty: no such tier
  PinnedMemory* pinned = nullptr;      // outlives the store; null: no such tier
  std::int64_t thrash_us = 1'000'000;  // read again sooner than this: spilled in vain
  // Told of each move between tiers before its bytes move, in the thread that moves them.
  std::function<void(std::string_view name, SpillTier from, SpillTier to)> on_move = {};
};

// Returns the limits of a configuration: a quarter of spill_host_bytes_max is pinned, 1 GiB at
// most, as page-locked memory is taken from everybody else.
SpillOptions spill_options(const DeviceConfig& config, PinnedMemory* pinned);

struct SpillCounts {
  struct Tier {
    std::uint64_t blocks = 0;     // there now
    std::uint64_t bytes = 0;      // there now, or promised to a write
    std::uint64_t bytes_out = 0;  // that came there from the device or the tier above
    std::uint64_t bytes_in = 0;   // that were read from there
  };
  std::array<Tier, kSpillTiers> tiers = {};
  std::uint64_t thrash = 0;   // blocks read within thrash_us of being written
  std::uint64_t damaged = 0;  // blocks that the file did not give back as written
  std::uint64_t refused = 0;  // blocks for which there was no room
  std::int64_t busy_ns = 0;   // writing, moving and reading, added up over threads
  const Tier& of(SpillTier tier) const { return tiers[static_cast<std::size_t>(tier)]; }
};

class SpillStore;

namespace spill_internal {
struct Entry;
struct HostBlock;
}  // namespace spill_internal

// Room for a block that is being filled. Its end without commit() gives the room back.
class SpillWrite {
 public:
  SpillWrite(SpillWrite&&) noexcept = default;
  SpillWrite& operator=(SpillWrite&&) noexcept = default;
  std::span<std::uint8_t> memory() const;
  SpillTier tier() const;

 private:
  friend class SpillStore;
  SpillWrite() = default;
  std::string name_;
  std::shared_ptr<spill_internal::HostBlock> host_;
  std::int64_t began_ns_ = 0;
};

// Owns a block in the store; its end drops the block. Movable, not copyable.
class SpilledBlock {
 public:
  SpilledBlock() = default;
  SpilledBlock(SpilledBlock&& other) noexcept;
  SpilledBlock& operator=(SpilledBlock&& other) noexcept;
  ~SpilledBlock() { drop(); }
  explicit operator bool() const { return entry_ != nullptr; }
  // Bytes as they were written; 0 of an empty one.
  std::size_t size() const;
  // Where it lies at this moment.
  SpillTier tier() const;
  void drop();

 private:
  friend class SpillStore;
  SpillStore* store_ = nullptr;
  std::shared_ptr<spill_internal::Entry> entry_;
};

class SpillStore {
 public:
  // Opens the store; `clock` outlives it. The errors of SpillFile::open.
  static Result<std::unique_ptr<SpillStore>> open(SpillOptions options, const Clock& clock);
  // All blocks and writes must have ended.
  ~SpillStore();
  SpillStore(const SpillStore&) = delete;
  SpillStore& operator=(const SpillStore&) = delete;

  // Makes room for `bytes`, moving others down if need be. resource_exhausted (spill_full), with
  // what each tier holds, if there is none. `name` is for messages.
  Result<SpillWrite> begin(std::string name, std::size_t bytes);
  // Takes in what was written.
  SpilledBlock commit(SpillWrite write);
  // Gives a block's bytes to `sink`: at once from memory, in parts from the file. data_loss
  // (spill_damaged) if the file does not give back what was written; or the sink's failure.
  Status read(const SpilledBlock& block, const SpillFile::Sink& sink);

  SpillCounts counts() const;

 private:
  friend class SpilledBlock;
  friend struct spill_internal::HostBlock;
  using Entry = spill_internal::Entry;
  using HostBlock = spill_internal::HostBlock;
  using Lock = std::unique_lock<std::mutex>;

  SpillStore(SpillOptions options, const Clock& clock, std::shared_ptr<SpillFile> file);
  std::uint64_t limit(SpillTier tier) const;
  SpillCounts::Tier& tier_of(SpillTier tier) {
    return counts_.tiers[static_cast<std::size_t>(tier)];
  }
  // All of these are called with the lock; the first three let go of it meanwhile.
  // Counts `bytes` into the tier, moving others out of it; false if that cannot be.
  bool reserve(Lock& lock, SpillTier tier, std::uint64_t bytes);
  // The same with memory; null if that cannot be.
  std::shared_ptr<HostBlock> host_block(Lock& lock, SpillTier tier, std::size_t bytes);
  // Moves a block to the next tier that has room. False: it stays where it is.
  bool demote(Lock& lock, const std::shared_ptr<Entry>& entry);
  // Returns the block that was used longest ago of those that may move; or null.
  std::shared_ptr<Entry> victim(SpillTier tier);
  void put_in_line(const std::shared_ptr<Entry>& entry, SpillTier tier);
  void leave_line(const Entry& entry);
  Status no_room(const std::string& name, std::size_t bytes) const;

  void tell(const Entry& entry, SpillTier from, SpillTier to) const;  // without the lock
  void drop(std::shared_ptr<Entry> entry);

  const SpillOptions options_;
  const Clock& clock_;
  const std::shared_ptr<SpillFile> file_;  // null: no such tier
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  // Blocks by when they were written or read last, oldest first.
  std::array<std::map<std::uint64_t, std::shared_ptr<Entry>>, kSpillTiers> lines_;
  std::array<std::uint32_t, kSpillTiers> moving_ = {};  // blocks on their way out of a tier
  std::uint64_t turn_ = 0;
  SpillCounts counts_;
};

}  // namespace weir::device
