#include "device/spill_store.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/check.hpp"

namespace weir::device {

std::string_view spill_tier_name(SpillTier tier) {
  constexpr std::array<std::string_view, kSpillTiers> kNames = {"pinned", "pageable", "file"};
  return kNames[static_cast<std::size_t>(tier)];
}

SpillOptions spill_options(const DeviceConfig& config, PinnedMemory* pinned) {
  constexpr std::uint64_t kPinnedBytesMax = std::uint64_t{1} << 30;
  SpillOptions out;
  out.pinned = pinned;
  if (pinned != nullptr) {
    out.pinned_bytes_max = std::min(config.spill_host_bytes_max / 4, kPinnedBytesMax);
  }
  out.pageable_bytes_max = config.spill_host_bytes_max - out.pinned_bytes_max;
  out.dir = config.spill_dir;
  out.file_bytes_max = config.spill_file_bytes_max;
  return out;
}

namespace spill_internal {

// Memory of a tier; its end, which must not come under the store's lock, gives the room back.
struct HostBlock {
  HostBlock(SpillStore& of, SpillTier in, void* at, std::size_t size)
      : store(of), tier(in), data(static_cast<std::uint8_t*>(at)), bytes(size) {}
  ~HostBlock() {
    if (tier == SpillTier::kPinned) {
      store.options_.pinned->release(data, bytes);
    } else {
      std::free(data);
    }
    const std::lock_guard lock(store.mutex_);
    store.tier_of(tier).bytes -= bytes;
    store.moved_.notify_all();
  }
  HostBlock(const HostBlock&) = delete;
  HostBlock& operator=(const HostBlock&) = delete;

  SpillStore& store;
  const SpillTier tier;
  std::uint8_t* const data;
  const std::size_t bytes;
};

// A block; its fields are the store's lock's.
struct Entry {
  std::string name;
  std::size_t bytes = 0;
  SpillTier tier = SpillTier::kPageable;
  std::shared_ptr<HostBlock> host = {};  // null in the file tier
  std::shared_ptr<const SpillFile::Block> file = {};
  std::uint64_t turn = 0;  // its key in the line
  std::int64_t written_ns = 0;
  bool moving = false;
  bool dropped = false;
};

}  // namespace spill_internal

std::span<std::uint8_t> SpillWrite::memory() const {
  return {host_->data, host_->bytes};
}

SpillTier SpillWrite::tier() const {
  return host_->tier;
}

SpilledBlock::SpilledBlock(SpilledBlock&& other) noexcept
    : store_(std::exchange(other.store_, nullptr)), entry_(std::move(other.entry_)) {}

SpilledBlock& SpilledBlock::operator=(SpilledBlock&& other) noexcept {
  if (this == &other) return *this;
  drop();
  store_ = std::exchange(other.store_, nullptr);
  entry_ = std::move(other.entry_);
  return *this;
}

std::size_t SpilledBlock::size() const {
  return entry_ ? entry_->bytes : 0;
}

SpillTier SpilledBlock::tier() const {
  CHECK(entry_ != nullptr);
  const std::lock_guard lock(store_->mutex_);
  return entry_->tier;
}

void SpilledBlock::drop() {
  if (entry_ == nullptr) return;
  std::exchange(store_, nullptr)->drop(std::move(entry_));
  entry_ = nullptr;
}

Result<std::unique_ptr<SpillStore>> SpillStore::open(SpillOptions options, const Clock& clock) {
  std::shared_ptr<SpillFile> file;
  if (!options.dir.empty()) {
    WEIR_ASSIGN(file, SpillFile::open(options.dir, options.file_bytes_max));
  }
  return std::unique_ptr<SpillStore>(new SpillStore(std::move(options), clock, std::move(file)));
}

SpillStore::SpillStore(SpillOptions options, const Clock& clock, std::shared_ptr<SpillFile> file)
    : options_(std::move(options)), clock_(clock), file_(std::move(file)) {}

SpillStore::~SpillStore() {
  for (const SpillCounts::Tier& tier : counts_.tiers) {
    CHECK_EQ(tier.blocks, 0U);
    CHECK_EQ(tier.bytes, 0U);
  }
}

std::uint64_t SpillStore::limit(SpillTier tier) const {
  if (tier == SpillTier::kPageable) return options_.pageable_bytes_max;
  return options_.pinned == nullptr ? 0 : options_.pinned_bytes_max;
}

void SpillStore::put_in_line(const std::shared_ptr<Entry>& entry, SpillTier tier) {
  entry->tier = tier;
  lines_[static_cast<std::size_t>(tier)].emplace(entry->turn, entry);
  ++tier_of(tier).blocks;
}

void SpillStore::leave_line(const Entry& entry) {
  lines_[static_cast<std::size_t>(entry.tier)].erase(entry.turn);
  --tier_of(entry.tier).blocks;
}

std::shared_ptr<SpillStore::Entry> SpillStore::victim(SpillTier tier) {
  for (const auto& [turn, entry] : lines_[static_cast<std::size_t>(tier)]) {
    // Whoever reads it shares the memory, and new readers need the lock.
    if (!entry->moving && entry->host.use_count() == 1) return entry;
  }
  return nullptr;
}

bool SpillStore::reserve(Lock& lock, SpillTier tier, std::uint64_t bytes) {
  if (bytes > limit(tier)) return false;
  std::uint32_t& moving = moving_[static_cast<std::size_t>(tier)];
  while (tier_of(tier).bytes > limit(tier) - bytes) {
    if (const auto entry = victim(tier)) {
      if (!demote(lock, entry)) return false;
    } else if (moving != 0) {
      moved_.wait(lock);
    } else {
      return false;
    }
  }
  tier_of(tier).bytes += bytes;
  return true;
}

std::shared_ptr<SpillStore::HostBlock> SpillStore::host_block(Lock& lock, SpillTier tier,
                                                              std::size_t bytes) {
  if (!reserve(lock, tier, bytes)) return nullptr;
  lock.unlock();
  const std::size_t rounded = align_up(std::max<std::size_t>(bytes, 1), 64);
  void* const memory = tier == SpillTier::kPinned ? options_.pinned->allocate(bytes)
                                                  : std::aligned_alloc(64, rounded);
  if (memory != nullptr) {
    auto block = std::make_shared<HostBlock>(*this, tier, memory, bytes);
    lock.lock();
    return block;
  }
  lock.lock();
  tier_of(tier).bytes -= bytes;
  return nullptr;
}

void SpillStore::tell(const Entry& entry, SpillTier from, SpillTier to) const {
  if (options_.on_move) options_.on_move(entry.name, from, to);
}

bool SpillStore::demote(Lock& lock, const std::shared_ptr<Entry>& entry) {
  const SpillTier from = entry->tier;
  const std::int64_t began_ns = clock_.mono_ns();
  entry->moving = true;
  ++moving_[static_cast<std::size_t>(from)];
  std::shared_ptr<HostBlock> source = entry->host;
  std::shared_ptr<HostBlock> target;
  std::shared_ptr<const SpillFile::Block> stored;
  if (from == SpillTier::kPinned) target = host_block(lock, SpillTier::kPageable, entry->bytes);
  lock.unlock();
  if (target != nullptr) {
    tell(*entry, from, SpillTier::kPageable);
    if (entry->bytes != 0) std::memcpy(target->data, source->data, entry->bytes);
  } else if (file_ != nullptr) {
    tell(*entry, from, SpillTier::kFile);
    if (auto written = file_->write({source->data, entry->bytes})) stored = std::move(*written);
  }
  lock.lock();
  entry->moving = false;
  --moving_[static_cast<std::size_t>(from)];
  const bool moved = target != nullptr || stored != nullptr;
  if (moved && !entry->dropped) {
    leave_line(*entry);
    const SpillTier to = target != nullptr ? SpillTier::kPageable : SpillTier::kFile;
    entry->host = target;
    entry->file = stored;
    put_in_line(entry, to);
    tier_of(to).bytes_out += entry->bytes;
  }
  const bool left = moved || entry->dropped;
  counts_.busy_ns += clock_.mono_ns() - began_ns;
  moved_.notify_all();
  lock.unlock();  // memory that ends gives its room back under the lock
  source.reset();
  target.reset();
  stored.reset();
  lock.lock();
  return left;
}

Result<SpillWrite> SpillStore::begin(std::string name, std::size_t bytes) {
  SpillWrite write;
  {
    Lock lock(mutex_);
    write.host_ = host_block(lock, SpillTier::kPinned, bytes);
    if (write.host_ == nullptr) write.host_ = host_block(lock, SpillTier::kPageable, bytes);
    if (write.host_ == nullptr) {
      ++counts_.refused;
      return fail(no_room(name, bytes));
    }
  }
  write.name_ = std::move(name);
  write.began_ns_ = clock_.mono_ns();
  return write;
}

Status SpillStore::no_room(const std::string& name, std::size_t bytes) const {
  std::string message = name + ": no room for " + std::to_string(bytes) + " bytes; held are";
  const std::array<std::uint64_t, kSpillTiers> limits = {
      limit(SpillTier::kPinned), limit(SpillTier::kPageable),
      file_ == nullptr ? 0 : options_.file_bytes_max};
  for (std::size_t i = 0; i < kSpillTiers; ++i) {
    const auto tier = static_cast<SpillTier>(i);
    const std::uint64_t held = tier != SpillTier::kFile ? counts_.tiers[i].bytes
                               : file_ == nullptr       ? 0
                                                        : file_->used_bytes();
    message += (i == 0 ? " " : ", ") + std::to_string(held) + " of " + std::to_string(limits[i]) +
               " " + std::string(spill_tier_name(tier));
  }
  return resource_exhausted("spill_full", std::move(message))
      .hint("raise device.spill_host_bytes_max or name a device.spill_dir");
}

SpilledBlock SpillStore::commit(SpillWrite write) {
  CHECK(write.host_ != nullptr);
  auto entry = std::make_shared<Entry>();
  entry->name = std::move(write.name_);
  entry->bytes = write.host_->bytes;
  entry->host = std::move(write.host_);
  entry->written_ns = clock_.mono_ns();
  const SpillTier tier = entry->host->tier;
  SpilledBlock block;
  block.store_ = this;
  block.entry_ = entry;
  const std::lock_guard lock(mutex_);
  entry->turn = ++turn_;
  put_in_line(entry, tier);
  tier_of(tier).bytes_out += entry->bytes;
  counts_.busy_ns += entry->written_ns - write.began_ns_;
  return block;
}

Status SpillStore::read(const SpilledBlock& block, const SpillFile::Sink& sink) {
  CHECK(block.entry_ != nullptr);
  const std::shared_ptr<Entry>& entry = block.entry_;
  const std::int64_t began_ns = clock_.mono_ns();
  std::shared_ptr<HostBlock> host;
  std::shared_ptr<const SpillFile::Block> stored;
  {
    const std::lock_guard lock(mutex_);
    host = entry->host;
    stored = entry->file;
    const SpillTier tier = entry->tier;
    leave_line(*entry);
    entry->turn = ++turn_;
    put_in_line(entry, tier);
    tier_of(tier).bytes_in += entry->bytes;
    if (began_ns - entry->written_ns < options_.thrash_us * 1000) ++counts_.thrash;
  }
  Status status = host != nullptr ? sink(0, {host->data, host->bytes}) : file_->read(*stored, sink);
  const std::lock_guard lock(mutex_);
  if (host == nullptr && status.code() == Code::kDataLoss) ++counts_.damaged;
  counts_.busy_ns += clock_.mono_ns() - began_ns;
  return status;
}

void SpillStore::drop(std::shared_ptr<Entry> entry) {
  std::shared_ptr<HostBlock> host;
  std::shared_ptr<const SpillFile::Block> stored;
  const std::lock_guard lock(mutex_);
  entry->dropped = true;
  leave_line(*entry);
  host = std::move(entry->host);
  stored = std::move(entry->file);
}

SpillCounts SpillStore::counts() const {
  const std::lock_guard lock(mutex_);
  SpillCounts out = counts_;
  if (file_ != nullptr) {
    out.tiers[static_cast<std::size_t>(SpillTier::kFile)].bytes = file_->used_bytes();
  }
  return out;
}

}  // namespace weir::device
