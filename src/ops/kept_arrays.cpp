#include "ops/kept_arrays.hpp"

#include <utility>

#include "base/check.hpp"

namespace weir::ops {

KeptArray::KeptArray(KeptArray&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), array_(other.array_) {}

KeptArray& KeptArray::operator=(KeptArray&& other) noexcept {
  if (this == &other) return *this;
  drop();
  owner_ = std::exchange(other.owner_, nullptr);
  array_ = other.array_;
  return *this;
}

void KeptArray::drop() {
  if (KeptArrays* const owner = std::exchange(owner_, nullptr)) owner->drop(array_);
}

Result<std::unique_ptr<KeptArrays>> KeptArrays::open(device::Device& device,
                                                     const device::DeviceConfig& config,
                                                     const Clock& clock) {
  std::unique_ptr<KeptArrays> arrays(new KeptArrays(device));
  WEIR_ASSIGN(arrays->store_,
              device::SpillStore::open(device::spill_options(config, &arrays->pinned_), clock));
  WEIR_ASSIGN(arrays->residency_,
              device::Residency::create(device, *arrays->store_,
                                        {.soft_limit_ratio = config.soft_limit_ratio}));
  return arrays;
}

KeptArrays::~KeptArrays() {
  CHECK(entries_.empty());
}

KeptArray KeptArrays::keep(std::string name, std::span<const std::byte> array, device::Tag tag) {
  KeptArray kept;
  if (array.empty()) return kept;
  auto entry = std::make_shared<Entry>();
  entry->name = std::move(name);
  entry->array = array;
  entry->tag = tag;
  const std::lock_guard lock(mutex_);
  if (!entries_.emplace(array.data(), std::move(entry)).second) return kept;
  kept.owner_ = this;
  kept.array_ = array.data();
  return kept;
}

std::shared_ptr<KeptArrays::Entry> KeptArrays::entry(const void* array) const {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(array);
  return at == entries_.end() ? nullptr : at->second;
}

void KeptArrays::drop(const void* array) {
  std::shared_ptr<Entry> gone;
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(array);
  CHECK(at != entries_.end());
  gone = std::move(at->second);
  entries_.erase(at);
}

// The first to ask makes the copy; who comes meanwhile waits for him.
Result<DeviceCopies::Copy> KeptArrays::find(const void* array, std::size_t bytes,
                                            device::Priority priority, device::Stream& stream) {
  const std::shared_ptr<Entry> known = entry(array);
  if (known == nullptr || known->array.size() != bytes) return Copy{};
  const std::lock_guard lock(known->mutex);
  Copy copy;
  if (!known->resident) {
    WEIR_ASSIGN(device::Reservation room, device_.reserve(bytes, known->tag, priority));
    WEIR_ASSIGN(device::Buffer buffer, device_.allocate(bytes, room, stream));
    room = {};
    const auto write = [array](device::Stream& to, void* data, std::size_t size) {
      return to.upload(data, array, size);
    };
    WEIR_TRY(write(stream, buffer.data(), bytes));
    copy.bytes_up = bytes;
    WEIR_ASSIGN(known->resident,
                residency_->keep(known->name, std::move(buffer), known->tag, write, stream));
  }
  if (!known->resident.on_device()) copy.bytes_up = bytes;
  WEIR_ASSIGN(device::Pinned pinned, known->resident.pin(stream));
  copy.data = pinned.data();
  copy.hold = std::make_shared<device::Pinned>(std::move(pinned));
  return copy;
}

bool KeptArrays::holds(const void* array) const {
  const std::shared_ptr<Entry> known = entry(array);
  if (known == nullptr) return false;
  const std::lock_guard lock(known->mutex);
  return known->resident && known->resident.on_device();
}

std::size_t KeptArrays::bytes_spillable() const {
  return residency_->counts().idle_bytes;
}

std::uint64_t KeptArrays::bytes_spilled() const {
  return residency_->counts().spilled_bytes;
}

}  // namespace weir::ops
