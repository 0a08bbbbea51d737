// KeyDirectory: from the key of a window to a slot number, shared by every window with that key.
//
//   KeyDirectory directory(1, 1 << 20);
//   directory.set_idle_us(kHour);
//   const auto found = directory.find(&key, key_hash(&key, 1), true, time_us, watermark_us);
//   if (found.fresh) ...   // the slot is new to this key: what it held belongs to nobody
//
// Extendible hashing, so that no event waits for a table to grow: a segment of 4,096 places that is
// full splits in two by the next bit of its keys' hashes. Inside a segment open addressing, load at
// most 0.7; a place (16 bytes) holds a one-word key itself, or the hash of a longer one, and the
// time of the key's latest event. Each new key looks at the next few places and takes the slot of
// the first key that has been idle: its last event is older than every window of the directory. A
// round over all places tells the oldest of these times, and nobody looks before that one is idle.
// Which slot a key gets depends on the rows seen, never on batch cuts. Not thread-safe. Allocates
// only when it grows.
// Source: Fagin, Nievergelt, Pippenger, Strong, Extendible hashing (ACM TODS 1979).
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/page_populator.hpp"
#include "base/paged.hpp"
#include "base/prefetch.hpp"
#include "base/result.hpp"
#include "decide/window/key_words.hpp"

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

  // Has memory for the next segments made ready once that of the last is half given out.
  void grow_ahead(PagePopulator& ahead);

  // Fetches where a search begins and, because half of them go on there, the next line.
  void prefetch(std::uint64_t hash) const {
    const Place* const at = home(hash);
    ::weir::prefetch(at);
    ::weir::prefetch(at + 3);
  }
  // Returns the slot of a key. An unknown key gets one if `add`, unless the directory holds
  // keys_max keys none of which is idle at `watermark_us` (or thousands whose hashes begin with the
  // same 20 bits); `time_us` is the event's.
  Found find(const std::uint64_t* key, std::uint64_t hash, bool add, std::int64_t time_us,
             std::int64_t watermark_us);

  std::uint32_t slots() const { return slots_; }  // slots ever given: [0, slots) may be held
  std::size_t keys() const { return slots_; }
  std::size_t keys_max() const { return keys_max_; }
  std::size_t bytes() const;

  // Appends the whole state; load() accepts it only for the same number of key words and keys_max
  // (data_loss otherwise), and leaves the directory as it was when it fails.
  void save(ByteWriter& out) const;
  std::size_t saved_bytes() const;
  Status load(ByteReader& in);

 private:
  struct Place {
    std::uint64_t word;    // the key, or the hash of a key of several words
    std::uint32_t holder;  // slot + 1; 0: empty
    std::uint32_t last;    // time of the latest event, in units of kUnitUs
  };
  struct Segment {
    Place* places;       // [mask + 1]
    std::uint32_t mask;  // places - 1
    std::uint32_t used;
    std::uint32_t prefix;  // the first `depth` bits of the hashes in it
    unsigned depth;
  };
  static constexpr std::int64_t kUnitUs = 2'000'000;  // u32 of it reaches beyond the year 2200
  static constexpr std::uint32_t kFirstPlaces = 64;   // of the first segment, until it is full
  static constexpr std::uint32_t kPlaces = 4096;
  static constexpr std::size_t kChunkPlaces = 32 * std::size_t{kPlaces};  // 2 MiB: a huge page
  static constexpr unsigned kDepthMax = 20;

  std::uint32_t segment_index(std::uint64_t hash) const {
    return index_[hash >> 32 >> (32 - depth_)];
  }
  static std::uint32_t offset(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }
  const Place* home(std::uint64_t hash) const {
    const Segment& segment = segments_[segment_index(hash)];
    return segment.places + (offset(hash) & segment.mask);
  }
  std::uint64_t hash_of(const Place& place) const;
  bool holds(const Place& place, const std::uint64_t* key, std::uint64_t word) const;
  Found add_key(const std::uint64_t* key, std::uint64_t hash, std::uint32_t time,
                std::uint32_t now);
  std::uint32_t reclaim(std::uint32_t now);
  void erase(Segment& segment, std::uint32_t at);
  void put(Segment& segment, const Place& place, std::uint64_t hash);
  bool make_room(std::uint64_t hash);
  void enlarge_first();
  void split(std::uint32_t number);
  void place_again(Segment& segment, std::uint32_t bit);
  Place* new_places(std::uint32_t places);
  void point_index_at(std::uint32_t number);
  Status load_segment(ByteReader& in, std::vector<bool>& taken);
  Status check_index() const;
  Status check_places();

  unsigned key_words_;
  std::size_t keys_max_;
  std::uint32_t idle_units_ = 0;
  unsigned depth_ = 0;
  std::vector<std::uint32_t> index_{0};  // [2^depth]: the segment of a hash's first bits
  std::vector<Segment> segments_;        // in the order they were made
  std::vector<PagedArray<Place>> chunks_;
  PagedArray<Place> next_chunk_;  // made ahead; may be empty
  std::size_t chunk_left_ = 0;    // places of the last chunk not given to a segment
  KeyWords keys_;                 // of keys of several words
  std::uint32_t slots_ = 0;
  // The place that is looked at next for an idle key.
  std::uint32_t hand_segment_ = 0;
  std::uint32_t hand_ = 0;
  // No key's latest event is older: as the last round found, and the round so far.
  std::uint32_t oldest_ = kNone;
  std::uint32_t round_oldest_ = kNone;
  std::vector<Place> moved_;  // scratch of a split
};

}  // namespace weir::decide
