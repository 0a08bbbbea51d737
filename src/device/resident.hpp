// Residency: what lives on the device for longer than an op, and leaves it when room is needed.
//
//   WEIR_ASSIGN(auto residency, Residency::create(device, store, {.soft_limit_ratio = 0.8}));
//   WEIR_ASSIGN(Resident weights, residency->keep("weights of model 7", std::move(buffer),
//                                                 Tag::kWeights, rebuild, stream));
//   {
//     WEIR_ASSIGN(const Pinned pinned, weights.pin(stream));     // on the device, and stays there
//     launch(stream, kernel, pinned.data(), ...);
//   }                                                            // may leave once that is over
//
// Device memory is a cache. When the budget or the device has no room left, or keeping something
// brings the reserved bytes above the soft limit, residents that nobody has pinned are copied to
// the spill store, least recently unpinned first, and come back at their next pin(). Where the
// store has no room, or its file does not give back what was written, the resident is built anew
// by its Rebuild, which writes its bytes through a stream and may be called any number of times.
//
// Thread-safe. No lock of the tables is held while bytes move: others may pin and unpin meanwhile,
// and even what is being spilled may be pinned, written or dropped; the copy is then thrown away.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "device/device.hpp"
#include "device/spill_store.hpp"

namespace weir::device {

class Residency;

// Enqueues on `stream` what writes the `bytes` at `data`, which lie on the device.
using Rebuild = std::function<Status(Stream& stream, void* data, std::size_t bytes)>;

namespace residency_internal {
struct Entry;
}

// The page-locked memory of a device's driver, for SpillOptions::pinned.
class DevicePinnedMemory final : public PinnedMemory {
 public:
  explicit DevicePinnedMemory(Driver& driver) : driver_(driver) {}
  void* allocate(std::size_t bytes) override;
  void release(void* memory, std::size_t) override { driver_.free_pinned(memory); }

 private:
  Driver& driver_;
};

// Keeps a resident where it is, for work on one stream. Movable.
class Pinned {
 public:
  Pinned() = default;
  Pinned(Pinned&& other) noexcept;
  Pinned& operator=(Pinned&& other) noexcept;
  // What was enqueued on the stream until now still finds the memory in place.
  ~Pinned() { release(); }
  // On the device; not for the host to touch.
  void* data() const;
  std::size_t bytes() const;

 private:
  friend class Residency;
  void release() noexcept;
  Residency* residency_ = nullptr;
  std::shared_ptr<residency_internal::Entry> entry_;
  Stream* stream_ = nullptr;
};

// Owns something that lives on the device or where it was spilled to; its end frees it. Movable.
class Resident {
 public:
  Resident() = default;
  Resident(Resident&& other) noexcept;
  Resident& operator=(Resident&& other) noexcept;
  // Nobody may have it pinned.
  ~Resident() { drop(); }
  explicit operator bool() const { return entry_ != nullptr; }

  // Brings it to the device if it has left, ordered on `stream`, which must outlive the result. The
  // errors of Device::allocate and of Rebuild. No allocation on the device if it is there.
  Result<Pinned> pin(Stream& stream);
  std::size_t bytes() const;
  // Whether it is on the device at this moment.
  bool on_device() const;
  void drop();

 private:
  friend class Residency;
  Residency* residency_ = nullptr;
  std::shared_ptr<residency_internal::Entry> entry_;
};

struct ResidencyCounts {
  std::uint64_t residents = 0;
  std::uint64_t device_bytes = 0;   // of those on the device now
  std::uint64_t idle_bytes = 0;     // of those that nobody has pinned
  std::uint64_t spilled = 0;        // times that one left the device
  std::uint64_t spilled_bytes = 0;  // by that
  std::uint64_t restored = 0;       // times that one came back from the store
  std::uint64_t rebuilt = 0;        // times that one was built anew
  std::uint64_t discarded = 0;      // left without a copy: the store had no room
};

class Residency {
 public:
  struct Options {
    double soft_limit_ratio = 0.80;  // of the device's budget
  };
  // Both must outlive the result, and the device hands its want of memory to it.
  static Result<std::unique_ptr<Residency>> create(Device& device, SpillStore& store,
                                                   const Options& options);
  // All residents must be gone.
  ~Residency();
  Residency(const Residency&) = delete;
  Residency& operator=(const Residency&) = delete;

  // Takes over a buffer that `written` has filled, or will have. The caller lets go of the
  // reservation it came from, which is made anew when it comes back. `name` is for messages.
  Result<Resident> keep(std::string name, Buffer buffer, Tag tag, Rebuild rebuild, Stream& written);
  // Spills until that many bytes of device memory are free again; returns how many are.
  std::size_t spill(std::size_t bytes);

  ResidencyCounts counts() const;

 private:
  friend class Pinned;
  friend class Resident;
  using Entry = residency_internal::Entry;
  using Lock = std::unique_lock<std::mutex>;

  Residency(Device& device, SpillStore& store, const Options& options, Stream spills, Stream frees,
            std::unique_ptr<Staging> staging);
  Result<Pinned> pin(const std::shared_ptr<Entry>& entry, Stream& stream);
  void unpin(const std::shared_ptr<Entry>& entry, Stream& stream) noexcept;
  void drop(const std::shared_ptr<Entry>& entry);
  Status restore(Entry& entry, Stream& stream, Buffer& buffer, Event& ready);
  Status refill(Entry& entry, Stream& stream, void* data);
  // An entry taken out of the line to be spilled, and the place it had.
  struct Chosen {
    std::shared_ptr<Entry> entry = nullptr;
    std::uint64_t turn = 0;
  };
  Chosen choose();
  Result<std::size_t> move_out(const Chosen& chosen);
  Status copy_out(Entry& entry, SpillWrite* write);
  void free_behind_uses(Entry& entry, Buffer& buffer, std::vector<Event>& uses);
  void forget_what_is_over(Entry& entry);
  void trim();

  Device& device_;
  SpillStore& store_;
  const Options options_;
  std::unique_ptr<Staging> staging_;  // of spills_

  std::mutex spilling_;  // one spill at a time; of the stream it copies on
  Stream spills_;

  mutable std::mutex mutex_;  // of all below and of the entries
  std::condition_variable changed_;
  Stream frees_;  // enqueues only
  // On the device and not pinned, by when they were unpinned last.
  std::map<std::uint64_t, std::shared_ptr<Entry>> line_;
  std::uint64_t turn_ = 0;
  ResidencyCounts counts_;
};

}  // namespace weir::device
