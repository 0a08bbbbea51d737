#include "device/resident.hpp"

#include <iterator>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/log.hpp"

namespace weir::device {

namespace residency_internal {

// Fields below the line are the tables' lock's.
struct Entry {
  std::string name;
  Tag tag = Tag::kColumns;
  Rebuild rebuild;
  std::size_t bytes = 0;
  // ---
  bool on_device = true;
  Buffer buffer;
  Event ready;              // from when on the buffer holds its bytes
  std::vector<Event> uses;  // what else may still be working with it
  SpilledBlock spilled;     // empty while on the device, or if it has to be rebuilt
  std::uint32_t pins = 0;
  std::uint64_t turn = 0;  // its place in the line; changes with every pin
  bool moving = false;     // a spill is copying it
  bool restoring = false;  // a pin is bringing it back
  bool dropped = false;
};

}  // namespace residency_internal

void* DevicePinnedMemory::allocate(std::size_t bytes) {
  const auto memory = driver_.allocate_pinned(bytes);
  return memory ? *memory : nullptr;
}

Pinned::Pinned(Pinned&& other) noexcept
    : residency_(std::exchange(other.residency_, nullptr)),
      entry_(std::move(other.entry_)),
      stream_(other.stream_) {}

Pinned& Pinned::operator=(Pinned&& other) noexcept {
  if (this == &other) return *this;
  release();
  residency_ = std::exchange(other.residency_, nullptr);
  entry_ = std::move(other.entry_);
  stream_ = other.stream_;
  return *this;
}

void Pinned::release() noexcept {
  if (residency_ == nullptr) return;
  residency_->unpin(entry_, *stream_);
  residency_ = nullptr;
  entry_.reset();
}

// A pinned buffer stays the same, so that no lock is needed.
void* Pinned::data() const {
  return entry_->buffer.data();
}

std::size_t Pinned::bytes() const {
  return entry_->bytes;
}

Resident::Resident(Resident&& other) noexcept
    : residency_(std::exchange(other.residency_, nullptr)), entry_(std::move(other.entry_)) {}

Resident& Resident::operator=(Resident&& other) noexcept {
  if (this == &other) return *this;
  drop();
  residency_ = std::exchange(other.residency_, nullptr);
  entry_ = std::move(other.entry_);
  return *this;
}

Result<Pinned> Resident::pin(Stream& stream) {
  CHECK(entry_ != nullptr);
  return residency_->pin(entry_, stream);
}

std::size_t Resident::bytes() const {
  return entry_ == nullptr ? 0 : entry_->bytes;
}

bool Resident::on_device() const {
  CHECK(entry_ != nullptr);
  const std::lock_guard lock(residency_->mutex_);
  return entry_->on_device;
}

void Resident::drop() {
  if (residency_ == nullptr) return;
  std::exchange(residency_, nullptr)->drop(entry_);
  entry_.reset();
}

Result<std::unique_ptr<Residency>> Residency::create(Device& device, SpillStore& store,
                                                     const Options& options) {
  std::unique_ptr<Staging> staging = device.create_staging();
  WEIR_ASSIGN(Stream spills, device.create_stream(staging.get()));
  WEIR_ASSIGN(Stream frees, device.create_stream());
  std::unique_ptr<Residency> out(new Residency(device, store, options, std::move(spills),
                                               std::move(frees), std::move(staging)));
  device.on_out_of_memory([at = out.get()](std::size_t bytes) { return at->spill(bytes); });
  return out;
}

Residency::Residency(Device& device, SpillStore& store, const Options& options, Stream spills,
                     Stream frees, std::unique_ptr<Staging> staging)
    : device_(device),
      store_(store),
      options_(options),
      staging_(std::move(staging)),
      spills_(std::move(spills)),
      frees_(std::move(frees)) {}

Residency::~Residency() {
  device_.on_out_of_memory({});
  CHECK_EQ(counts_.residents, 0U);
}

Result<Resident> Residency::keep(std::string name, Buffer buffer, Tag tag, Rebuild rebuild,
                                 Stream& written) {
  CHECK(rebuild != nullptr);
  auto entry = std::make_shared<Entry>();
  entry->name = std::move(name);
  entry->tag = tag;
  entry->rebuild = std::move(rebuild);
  entry->bytes = buffer.bytes();
  WEIR_ASSIGN(entry->ready, device_.create_event());
  WEIR_TRY(written.record(entry->ready));
  buffer.free_on(frees_);
  entry->buffer = std::move(buffer);
  Resident out;
  out.residency_ = this;
  out.entry_ = entry;
  {
    const std::lock_guard lock(mutex_);
    entry->turn = ++turn_;
    line_.emplace(entry->turn, entry);
    ++counts_.residents;
    counts_.device_bytes += entry->bytes;
  }
  trim();
  return out;
}

Result<Pinned> Residency::pin(const std::shared_ptr<Entry>& entry, Stream& stream) {
  Lock lock(mutex_);
  line_.erase(entry->turn);
  entry->turn = ++turn_;
  ++entry->pins;
  changed_.wait(lock, [&] { return !entry->restoring; });
  Status status;
  const bool absent = !entry->on_device;
  if (absent) {
    entry->restoring = true;
    Buffer buffer;
    Event ready;
    lock.unlock();
    status = restore(*entry, stream, buffer, ready);
    lock.lock();
    entry->restoring = false;
    changed_.notify_all();
    if (status.is_ok()) {
      entry->buffer = std::move(buffer);
      entry->ready = std::move(ready);
      entry->on_device = true;
      counts_.device_bytes += entry->bytes;
    }
  } else {
    status = stream.wait(entry->ready);
  }
  if (!status.is_ok()) {
    --entry->pins;
    if (entry->pins == 0 && entry->on_device) line_.emplace(entry->turn, entry);
    return fail(std::move(status));
  }
  Pinned out;
  out.residency_ = this;
  out.entry_ = entry;
  out.stream_ = &stream;
  lock.unlock();
  if (absent) trim();
  return out;
}

// Called without the lock by the only thread that restores this entry.
Status Residency::restore(Entry& entry, Stream& stream, Buffer& buffer, Event& ready) {
  WEIR_ASSIGN(Reservation reservation, device_.reserve(entry.bytes, entry.tag));
  WEIR_ASSIGN(Buffer memory, device_.allocate(entry.bytes, reservation, stream));
  Status status = refill(entry, stream, memory.data());
  if (status.is_ok()) {
    auto event = device_.create_event();
    status = event ? stream.record(*event) : event.error();
    if (event) ready = std::move(*event);
  }
  if (!status.is_ok()) {
    static_cast<void>(stream.synchronize());  // what was enqueued still writes there
    return status;
  }
  memory.free_on(frees_);
  buffer = std::move(memory);
  entry.spilled.drop();
  return Status::ok();
}

Status Residency::refill(Entry& entry, Stream& stream, void* data) {
  if (entry.spilled) {
    const Status read = store_.read(entry.spilled, [&](std::size_t offset, Bytes part) {
      return stream.upload(static_cast<std::byte*>(data) + offset, part.data(), part.size());
    });
    if (read.is_ok() || read.code() != Code::kDataLoss) {
      const std::lock_guard lock(mutex_);
      counts_.restored += read.is_ok() ? 1 : 0;
      return read;
    }
    log_warning("device", read);
  }
  WEIR_TRY(entry.rebuild(stream, data, entry.bytes));
  const std::lock_guard lock(mutex_);
  ++counts_.rebuilt;
  return Status::ok();
}

// While it is pinned: a spill that is under way has been told to throw its copy away.
void Residency::forget_what_is_over(Entry& entry) {
  constexpr std::size_t kUsesMax = 4;
  std::vector<Event> uses;
  {
    const std::lock_guard lock(mutex_);
    if (entry.uses.size() < kUsesMax) return;
    uses.swap(entry.uses);
  }
  std::erase_if(uses, [](const Event& use) {
    const auto is_over = use.over();
    return !is_over || *is_over;  // a lost device does not work any more
  });
  const std::lock_guard lock(mutex_);
  entry.uses.insert(entry.uses.end(), std::make_move_iterator(uses.begin()),
                    std::make_move_iterator(uses.end()));
}

void Residency::unpin(const std::shared_ptr<Entry>& entry, Stream& stream) noexcept {
  auto event = device_.create_event();
  Status recorded = event ? stream.record(*event) : event.error();
  // Without an event there is only waiting; a lost device does not work any more.
  if (!recorded.is_ok()) static_cast<void>(stream.synchronize());
  forget_what_is_over(*entry);
  const std::lock_guard lock(mutex_);
  if (recorded.is_ok()) entry->uses.push_back(std::move(*event));
  CHECK_GT(entry->pins, 0U);
  if (--entry->pins != 0) return;
  entry->turn = ++turn_;
  line_.emplace(entry->turn, entry);
}

void Residency::drop(const std::shared_ptr<Entry>& entry) {
  Buffer buffer;
  SpilledBlock spilled;
  std::vector<Event> uses;
  const std::lock_guard lock(mutex_);
  CHECK_EQ(entry->pins, 0U);
  entry->dropped = true;
  line_.erase(entry->turn);
  --counts_.residents;
  if (entry->on_device) counts_.device_bytes -= entry->bytes;
  spilled = std::move(entry->spilled);
  if (!entry->moving) free_behind_uses(*entry, buffer, uses);  // else whoever copies it does
}

// Hands out what ends outside the lock; the memory is free once all that uses it is over.
void Residency::free_behind_uses(Entry& entry, Buffer& buffer, std::vector<Event>& uses) {
  static_cast<void>(frees_.wait(entry.ready));
  for (const Event& use : entry.uses) static_cast<void>(frees_.wait(use));
  uses = std::move(entry.uses);
  buffer = std::move(entry.buffer);
}

Residency::Chosen Residency::choose() {
  const std::lock_guard lock(mutex_);
  if (line_.empty()) return {};
  Chosen chosen{line_.begin()->second, line_.begin()->first};
  line_.erase(line_.begin());
  chosen.entry->moving = true;
  return chosen;
}

std::size_t Residency::spill(std::size_t bytes) {
  const std::lock_guard spilling(spilling_);
  std::size_t tries = 0;
  {
    const std::lock_guard lock(mutex_);
    tries = line_.size();
  }
  std::size_t freed = 0;
  for (; freed < bytes && tries > 0; --tries) {
    const Chosen chosen = choose();
    if (chosen.entry == nullptr) break;
    const auto moved = move_out(chosen);
    if (!moved) {
      log_warning("device", moved.error());
      break;
    }
    freed += *moved;
  }
  // Only then the memory is back.
  if (freed > 0) {
    static_cast<void>(device_.driver().synchronize(frees_.id(), device_.deadline_or_default({})));
  }
  return freed;
}

Status Residency::copy_out(Entry& entry, SpillWrite* write) {
  {
    const std::lock_guard lock(mutex_);
    WEIR_TRY(spills_.wait(entry.ready));
    for (const Event& use : entry.uses) WEIR_TRY(spills_.wait(use));
  }
  if (entry.bytes == 0) {
    // Nothing to copy.
  } else if (write != nullptr && write->tier() == SpillTier::kPinned) {
    WEIR_TRY(device_.driver().copy(write->memory().data(), entry.buffer.data(), entry.bytes,
                                   Direction::kToHost, spills_.id()));
  } else if (write != nullptr) {
    WEIR_TRY(spills_.download(write->memory().data(), entry.buffer.data(), entry.bytes));
  }
  return spills_.synchronize();
}

// Returns the bytes that left the device: none if it was pinned meanwhile.
Result<std::size_t> Residency::move_out(const Chosen& chosen) {
  const auto& [entry, turn] = chosen;
  auto write = store_.begin(entry->name, entry->bytes);
  const Status copied = copy_out(*entry, write ? &*write : nullptr);
  Buffer buffer;
  std::vector<Event> uses;
  const std::lock_guard lock(mutex_);
  entry->moving = false;
  if (entry->dropped) {
    free_behind_uses(*entry, buffer, uses);
    return entry->bytes;
  }
  const bool untouched = entry->turn == turn;
  if (untouched && !copied.is_ok()) line_.emplace(entry->turn, entry);
  if (!copied.is_ok()) return fail(copied);
  if (!untouched) return std::size_t{0};
  buffer = std::move(entry->buffer);
  uses = std::move(entry->uses);
  entry->on_device = false;
  if (write) {
    entry->spilled = store_.commit(std::move(*write));
  } else {
    ++counts_.discarded;
  }
  ++counts_.spilled;
  counts_.spilled_bytes += entry->bytes;
  counts_.device_bytes -= entry->bytes;
  return entry->bytes;
}

void Residency::trim() {
  const Budget& budget = device_.budget();
  const auto soft =
      static_cast<std::size_t>(static_cast<double>(budget.bytes_max()) * options_.soft_limit_ratio);
  const std::size_t reserved = budget.reserved();
  if (reserved > soft) static_cast<void>(spill(reserved - soft));
}

ResidencyCounts Residency::counts() const {
  const std::lock_guard lock(mutex_);
  ResidencyCounts counts = counts_;
  for (const auto& [turn, entry] : line_) counts.idle_bytes += entry->bytes;
  return counts;
}

}  // namespace weir::device
