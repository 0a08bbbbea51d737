// KeptArrays: arrays of the host that ops find on the device, so that what many calls share - a
// matrix, a model, the right side of a join - is copied up once.
//
//   WEIR_ASSIGN(auto arrays, KeptArrays::open(device, config, clock));
//   const KeptArray weights = arrays->keep("weights of model 7", as_bytes(w), Tag::kWeights);
//   execute<MultiplyF32>(context, {.a = x, .b = w}, out);     // run.keep(w) copies it
//   execute<MultiplyF32>(context, {.a = y, .b = w}, out);     // and finds the copy here
//
// An array is known by its address and size. The copy is made when an op first asks for it; where
// room is needed it leaves the device, least recently used first, and comes back or is made anew at
// its next use. Losing the device loses nothing: the host has the array. Thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "device/resident.hpp"
#include "device/spill_store.hpp"
#include "ops/device_run.hpp"

namespace weir::ops {

class KeptArrays;

// Keeps an array known until it ends. Movable.
class KeptArray {
 public:
  KeptArray() = default;
  KeptArray(KeptArray&& other) noexcept;
  KeptArray& operator=(KeptArray&& other) noexcept;
  // No op that uses the array may run.
  ~KeptArray() { drop(); }
  explicit operator bool() const { return owner_ != nullptr; }
  void drop();

 private:
  friend class KeptArrays;
  KeptArrays* owner_ = nullptr;
  const void* array_ = nullptr;
};

class KeptArrays : public DeviceCopies {
 public:
  // Device and clock outlive the result, which makes room on the device when that runs out of it,
  // as `config` says of the soft limit and of spilling. The errors of SpillStore::open and
  // Residency::create.
  static Result<std::unique_ptr<KeptArrays>> open(device::Device& device,
                                                  const device::DeviceConfig& config,
                                                  const Clock& clock);
  // All KeptArray must be gone.
  ~KeptArrays() override;

  // Makes an array known, which stays where and as it is until the result ends. Nothing is copied
  // yet. An empty array, or one that somebody keeps already, gives an empty result. `name` is for
  // messages.
  KeptArray keep(std::string name, std::span<const std::byte> array, device::Tag tag);

  Result<Copy> find(const void* array, std::size_t bytes, device::Priority priority,
                    device::Stream& stream) override;
  bool holds(const void* array) const override;
  std::size_t bytes_spillable() const override;
  std::uint64_t bytes_spilled() const override;

  device::ResidencyCounts residency() const { return residency_->counts(); }
  device::SpillCounts spilled() const { return store_->counts(); }

 private:
  friend class KeptArray;
  struct Entry {
    std::string name;
    std::span<const std::byte> array;
    device::Tag tag;
    std::mutex mutex;  // of what follows
    device::Resident resident;
  };
  KeptArrays(device::Device& device) : device_(device), pinned_(device.driver()) {}
  std::shared_ptr<Entry> entry(const void* array) const;
  void drop(const void* array);

  device::Device& device_;
  device::DevicePinnedMemory pinned_;
  std::unique_ptr<device::SpillStore> store_;
  std::unique_ptr<device::Residency> residency_;
  mutable std::mutex mutex_;
  std::map<const void*, std::shared_ptr<Entry>> entries_;
};

}  // namespace weir::ops
