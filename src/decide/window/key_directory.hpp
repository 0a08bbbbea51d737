// KeyDirectory: from the key of a window to a slot number, shared by every window with that key.
//
//   KeyDirectory directory(1, 1 << 20);
//   directory.set_idle_us(kHour);
//   const auto found = directory.find(&key, key_hash(&key, 1), true, time_us, watermark_us);
//   if (found.fresh) ...   // the slot is new to this key: what it held belongs to nobody
//
// Open addressing, 16 bytes a place, load at most 0.7; a place holds a one-word key itself, or the
// hash of a longer one, and the time of the key's latest event. Each new key looks at the next few
// places and takes the slot of the first key that has been idle: its last event is older than every
// window of the directory. Which slot a key gets depends on the rows seen, never on batch cuts. Not
// thread-safe. Allocates only when it grows.
#pragma once

#include <cstdint>
#include <vector>

#include "base/aligned.hpp"
#include "base/bytes.hpp"
#include "base/prefetch.hpp"
#include "base/result.hpp"

namespace weir::decide {

// Returns the 64-bit hash of a key of `words` words.
std::uint64_t key_hash(const std::uint64_t* key, unsigned words);

class KeyDirectory {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;
  struct Found {
    std::uint32_t slot = kNone;
    bool fresh = false;  // the slot was given to the key by this call
  };

  KeyDirectory(unsigned key_words, std::size_t keys_max);

  // Returns an empty directory of the same shape.
  KeyDirectory empty_copy() const;
  // Sets how long after its last event a key may be forgotten, in microseconds of event time.
  void set_idle_us(std::int64_t idle_us);

  void prefetch(std::uint64_t hash) const { ::weir::prefetch(&places_[home(hash)]); }
  // Returns the slot of a key. An unknown key gets one if `add`, unless the directory holds
  // keys_max keys none of which is idle at `watermark_us`; `time_us` is the event's.
  Found find(const std::uint64_t* key, std::uint64_t hash, bool add, std::int64_t time_us,
             std::int64_t watermark_us);

  std::uint32_t slots() const { return slots_; }  // slots ever given: [0, slots) may be held
  std::size_t keys() const { return slots_; }
  std::size_t keys_max() const { return keys_max_; }
  std::size_t bytes() const;

  // Appends the whole state; load() accepts it only for the same number of key words and keys_max
  // (data_loss otherwise), and leaves the directory as it was when it fails.
  void save(ByteWriter& out) const;
  Status load(ByteReader& in);

 private:
  struct Place {
    std::uint64_t word;    // the key, or the hash of a key of several words
    std::uint32_t holder;  // slot + 1; 0: empty
    std::uint32_t last;    // time of the latest event, in units of kUnitUs
  };
  static constexpr std::int64_t kUnitUs = 2'000'000;  // u32 of it reaches beyond the year 2200
  static constexpr std::size_t kFirst = 64;

  std::size_t home(std::uint64_t hash) const { return hash >> 32 & (places_.size() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (places_.size() - 1); }
  std::uint64_t hash_of(const Place& place) const;
  bool holds(const Place& place, const std::uint64_t* key, std::uint64_t word) const;
  Found add_key(const std::uint64_t* key, std::uint64_t hash, std::uint32_t time,
                std::uint32_t now);
  std::uint32_t reclaim(std::uint32_t now);
  void erase(std::size_t at);
  void put(const Place& place, std::uint64_t hash);
  void grow();
  Status load_place(ByteReader& in, std::size_t& at, std::vector<bool>& taken);

  unsigned key_words_;
  std::size_t keys_max_;
  std::uint32_t idle_units_ = 0;
  AlignedBuffer<Place> places_;
  std::vector<std::uint64_t> keys_;  // [slots][key_words] of keys of several words
  std::uint32_t slots_ = 0;
  std::size_t hand_ = 0;  // the place that is looked at next for an idle key
};

}  // namespace weir::decide
