// Staging: a ring of pinned host buffers that copies go through. A slot is free again once the copy
// that used it is over; waiting for one is the back-pressure on producers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.hpp"
#include "device/driver.hpp"

namespace weir::device {

class Staging;

// A pinned buffer of Staging::slot_bytes(), given back on destruction. Move-only.
class StagingSlot {
 public:
  StagingSlot() = default;
  StagingSlot(StagingSlot&& other) noexcept;
  StagingSlot& operator=(StagingSlot&& other) noexcept;
  ~StagingSlot() { release(); }

  std::byte* data() const { return data_; }
  explicit operator bool() const { return data_ != nullptr; }
  // Says that `stream` uses the slot up to here: it stays taken until the stream got there.
  Status busy_until(StreamId stream);
  // Notes that `stream` has written the slot when it gets here; the slot stays its owner's.
  Status written_by(StreamId stream);
  // Waits for that.
  Status wait_written(Deadline deadline);

 private:
  friend class Staging;
  void release() noexcept;
  Staging* staging_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t index_ = 0;
};

// Thread-safe.
class Staging {
 public:
  // `slots` buffers of `slot_bytes`, taken from the driver when first needed.
  Staging(Driver& driver, std::size_t slots, std::size_t slot_bytes);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  std::size_t slot_bytes() const { return slot_bytes_; }
  std::size_t slots() const { return slots_.size(); }
  std::size_t pinned_bytes() const;

  // Returns a free slot, or an empty one if none is free now.
  Result<StagingSlot> try_acquire();
  // Waits for the copy that will be over first; resource_exhausted (staging) if all slots are held
  // by streams that wait for nothing, deadline_exceeded (timeout).
  Result<StagingSlot> acquire(Deadline deadline);

 private:
  friend class StagingSlot;
  enum class State : std::uint8_t { kFree, kTaken, kBusy };
  struct Slot {
    void* memory = nullptr;
    EventId event{};
    bool has_event = false;
    State state = State::kFree;
    std::uint64_t turn = 0;  // when it became busy
  };
  Result<StagingSlot> take(std::size_t index);
  Result<bool> reclaim_locked();

  Driver& driver_;
  std::size_t slot_bytes_;
  mutable std::mutex mutex_;
  std::vector<Slot> slots_;
  std::uint64_t turns_ = 0;
};

}  // namespace weir::device
