#include "device/staging.hpp"

#include <string>
#include <utility>

#include "base/check.hpp"

namespace weir::device {

StagingSlot::StagingSlot(StagingSlot&& other) noexcept
    : staging_(std::exchange(other.staging_, nullptr)),
      data_(std::exchange(other.data_, nullptr)),
      index_(other.index_) {}

StagingSlot& StagingSlot::operator=(StagingSlot&& other) noexcept {
  if (this == &other) return *this;
  release();
  staging_ = std::exchange(other.staging_, nullptr);
  data_ = std::exchange(other.data_, nullptr);
  index_ = other.index_;
  return *this;
}

Status StagingSlot::busy_until(StreamId stream) {
  const std::lock_guard lock(staging_->mutex_);
  Staging::Slot& slot = staging_->slots_[index_];
  WEIR_TRY(staging_->driver_.record(slot.event, stream));
  slot.state = Staging::State::kBusy;
  slot.turn = ++staging_->turns_;
  return Status::ok();
}

Status StagingSlot::written_by(StreamId stream) {
  const std::lock_guard lock(staging_->mutex_);
  return staging_->driver_.record(staging_->slots_[index_].event, stream);
}

Status StagingSlot::wait_written(Deadline deadline) {
  EventId event{};
  {
    const std::lock_guard lock(staging_->mutex_);
    event = staging_->slots_[index_].event;
  }
  return staging_->driver_.synchronize_event(event, deadline);
}

void StagingSlot::release() noexcept {
  if (staging_ == nullptr) return;
  const std::lock_guard lock(staging_->mutex_);
  Staging::Slot& slot = staging_->slots_[index_];
  if (slot.state == Staging::State::kTaken) slot.state = Staging::State::kFree;
  staging_ = nullptr;
  data_ = nullptr;
}

Staging::Staging(Driver& driver, std::size_t slots, std::size_t slot_bytes)
    : driver_(driver), slot_bytes_(slot_bytes), slots_(slots) {
  CHECK(slots > 0 && slot_bytes > 0);
}

Staging::~Staging() {
  for (Slot& slot : slots_) {
    if (slot.state == State::kBusy) static_cast<void>(driver_.synchronize_event(slot.event, {}));
    if (slot.has_event) driver_.destroy_event(slot.event);
    if (slot.memory != nullptr) driver_.free_pinned(slot.memory);
  }
}

std::size_t Staging::pinned_bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t bytes = 0;
  for (const Slot& slot : slots_) bytes += slot.memory != nullptr ? slot_bytes_ : 0;
  return bytes;
}

// Frees the slots whose copies are over; returns whether one is free.
Result<bool> Staging::reclaim_locked() {
  bool free = false;
  for (Slot& slot : slots_) {
    if (slot.state == State::kBusy) {
      WEIR_ASSIGN(const bool over, driver_.query(slot.event));
      if (over) slot.state = State::kFree;
    }
    free |= slot.state == State::kFree;
  }
  return free;
}

Result<StagingSlot> Staging::take(std::size_t index) {
  Slot& slot = slots_[index];
  if (slot.memory == nullptr) {
    WEIR_ASSIGN(slot.memory, driver_.allocate_pinned(slot_bytes_));
  }
  if (!slot.has_event) {
    WEIR_ASSIGN(slot.event, driver_.create_event());
    slot.has_event = true;
  }
  slot.state = State::kTaken;
  StagingSlot taken;
  taken.staging_ = this;
  taken.data_ = static_cast<std::byte*>(slot.memory);
  taken.index_ = index;
  return taken;
}

Result<StagingSlot> Staging::try_acquire() {
  const std::lock_guard lock(mutex_);
  WEIR_ASSIGN(const bool free, reclaim_locked());
  if (!free) return StagingSlot{};
  // A slot that has its memory comes first: the ring grows only as far as copies overlap.
  for (const bool fresh : {false, true}) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].state == State::kFree && (slots_[i].memory == nullptr) == fresh) return take(i);
    }
  }
  return StagingSlot{};
}

Result<StagingSlot> Staging::acquire(Deadline deadline) {
  while (true) {
    WEIR_ASSIGN(StagingSlot slot, try_acquire());
    if (slot) return slot;
    EventId oldest{};
    std::uint64_t turn = 0;
    {
      const std::lock_guard lock(mutex_);
      for (const Slot& busy : slots_) {
        if (busy.state == State::kBusy && (turn == 0 || busy.turn < turn)) {
          oldest = busy.event;
          turn = busy.turn;
        }
      }
    }
    if (turn == 0) {
      return fail(resource_exhausted("staging", "all " + std::to_string(slots_.size()) +
                                                    " staging buffers are held")
                      .at("device.staging_bytes")
                      .hint("raise device.staging_bytes"));
    }
    WEIR_TRY(driver_.synchronize_event(oldest, deadline));
  }
}

}  // namespace weir::device
