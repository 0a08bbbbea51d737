#include "decide/window/key_directory.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "decide/window/window_spec.hpp"

namespace weir::decide {
namespace {

constexpr unsigned kHandPlaces = 4;
constexpr unsigned kHandPlacesWhenFull = 64;

// Keys made to collide must not buy segments for nothing.
std::size_t segments_max(std::size_t slots) {
  return 16 + slots / 64;
}

std::uint64_t mixed(std::uint64_t h) {
  h ^= h >> 29;
  h *= 0xBF58476D1CE4E5B9U;
  return h ^ h >> 32;
}

std::uint64_t folded(std::uint64_t h, std::uint64_t word) {
  const auto product = static_cast<unsigned __int128>(h ^ word) * 0xD6E8FEB86659FD93U;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

std::uint64_t key_hash(const std::uint64_t* key, unsigned words) {
  std::uint64_t h = 0x9E3779B97F4A7C15U * words;
  for (unsigned i = 0; i < words; ++i) h = folded(h, key[i]);
  return mixed(h);
}

KeyDirectory::KeyDirectory(unsigned key_words, std::size_t keys_max)
    : key_words_(key_words), keys_max_(keys_max), keys_(key_words) {
  CHECK(key_words >= 1 && key_words <= kKeyWordsMax);
  CHECK(keys_max >= 1 && keys_max < kNone);
  segments_.push_back({new_places(kFirstPlaces), kFirstPlaces - 1, 0, 0, 0});
}

KeyDirectory KeyDirectory::empty_copy() const {
  KeyDirectory copy(key_words_, keys_max_);
  copy.idle_units_ = idle_units_;
  return copy;
}

void KeyDirectory::set_idle_us(std::int64_t idle_us) {
  idle_units_ = static_cast<std::uint32_t>((idle_us + kUnitUs - 1) / kUnitUs);
}

std::uint64_t KeyDirectory::hash_of(const Place& place) const {
  return key_words_ == 1 ? key_hash(&place.word, 1) : place.word;
}

bool KeyDirectory::holds(const Place& place, const std::uint64_t* key, std::uint64_t word) const {
  if (place.word != word) return false;
  if (key_words_ == 1) return true;
  return std::equal(key, key + key_words_, keys_.at(place.holder - 1));
}

KeyDirectory::Found KeyDirectory::find(const std::uint64_t* key, std::uint64_t hash, bool add,
                                       std::int64_t time_us, std::int64_t watermark_us) {
  const std::uint64_t word = key_words_ == 1 ? *key : hash;
  const auto time = static_cast<std::uint32_t>(time_us / kUnitUs);
  const Segment& segment = segments_[segment_index(hash)];
  for (std::uint32_t at = offset(hash) & segment.mask;; at = (at + 1) & segment.mask) {
    Place& place = segment.places[at];
    if (place.holder == 0) break;
    if (!holds(place, key, word)) continue;
    if (add) place.last = std::max(place.last, time);
    return {place.holder - 1, false};
  }
  if (!add) return {};
  return add_key(key, hash, time, static_cast<std::uint32_t>(watermark_us / kUnitUs));
}

KeyDirectory::Found KeyDirectory::add_key(const std::uint64_t* key, std::uint64_t hash,
                                          std::uint32_t time, std::uint32_t now) {
  if (!make_room(hash)) return {};
  std::uint32_t slot = reclaim(now);
  if (slot == kNone) {
    if (slots_ >= keys_max_) return {};
    slot = slots_++;
    if (key_words_ != 1) keys_.resize(slots_);
  }
  if (key_words_ != 1) std::copy(key, key + key_words_, keys_.at(slot));
  put(segments_[segment_index(hash)], {key_words_ == 1 ? *key : hash, slot + 1, time}, hash);
  return {slot, true};
}

// Takes the slot of an idle key, or none. The hand goes round the places in their order in memory,
// so that looking costs next to nothing.
std::uint32_t KeyDirectory::reclaim(std::uint32_t now) {
  const auto idle = [&](std::uint32_t last) { return now > last && now - last > idle_units_; };
  if (!idle(oldest_)) return kNone;
  const unsigned looks = slots_ >= keys_max_ ? kHandPlacesWhenFull : kHandPlaces;
  for (unsigned look = 0; look < looks; ++look) {
    Segment& segment = segments_[hand_segment_];
    const Place& place = segment.places[hand_];
    if (place.holder != 0 && idle(place.last)) {
      const std::uint32_t slot = place.holder - 1;
      erase(segment, hand_);
      return slot;
    }
    if (place.holder != 0) round_oldest_ = std::min(round_oldest_, place.last);
    if (++hand_ <= segment.mask) continue;
    hand_ = 0;
    if (++hand_segment_ < segments_.size()) continue;
    hand_segment_ = 0;
    oldest_ = std::exchange(round_oldest_, kNone);
  }
  return kNone;
}

void KeyDirectory::erase(Segment& segment, std::uint32_t hole) {
  Place* const places = segment.places;
  const std::uint32_t mask = segment.mask;
  for (std::uint32_t at = (hole + 1) & mask; places[at].holder != 0; at = (at + 1) & mask) {
    const std::uint32_t from_home = (at - offset(hash_of(places[at]))) & mask;
    if (from_home >= ((at - hole) & mask)) {
      places[hole] = places[at];
      hole = at;
    }
  }
  places[hole] = {};
  --segment.used;
}

void KeyDirectory::put(Segment& segment, const Place& place, std::uint64_t hash) {
  std::uint32_t at = offset(hash) & segment.mask;
  while (segment.places[at].holder != 0) at = (at + 1) & segment.mask;
  segment.places[at] = place;
  ++segment.used;
  // Wherever it was put, behind the hand or before it.
  oldest_ = std::min(oldest_, place.last);
  round_oldest_ = std::min(round_oldest_, place.last);
}

// Makes the hash's segment take one key more; false if its keys cannot be told apart by their
// first bits.
bool KeyDirectory::make_room(std::uint64_t hash) {
  while (true) {
    const std::uint32_t number = segment_index(hash);
    const Segment& segment = segments_[number];
    const std::uint32_t places = segment.mask + 1;
    if (std::uint64_t{segment.used + 1} * 10 <= std::uint64_t{places} * 7) return true;
    if (places < kPlaces) {
      enlarge_first();
    } else if (segment.depth < kDepthMax && segments_.size() < segments_max(slots_)) {
      split(number);
    } else {
      return std::uint64_t{segment.used + 1} * 16 <= std::uint64_t{places} * 15;
    }
  }
}

void KeyDirectory::enlarge_first() {
  Segment& segment = segments_[0];
  const std::uint32_t before = segment.mask + 1;
  moved_.assign(segment.places, segment.places + before);
  const std::uint32_t places = std::min(before * 4, kPlaces);
  chunks_.clear();
  segment.places = new_places(places);
  segment.mask = places - 1;
  hand_ = 0;
  place_again(segment, 0);
}

// Puts what `moved_` holds back, into `segment` or the one made last by the bit that parts them.
void KeyDirectory::place_again(Segment& segment, std::uint32_t bit) {
  segment.used = 0;
  for (const Place& place : moved_) {
    if (place.holder == 0) continue;
    const std::uint64_t hash = hash_of(place);
    const bool other = bit != 0 && (hash >> (64 - bit) & 1) != 0;
    put(other ? segments_.back() : segment, place, hash);
  }
}

void KeyDirectory::split(std::uint32_t number) {
  if (segments_[number].depth == depth_) {
    std::vector<std::uint32_t> wider(index_.size() * 2);
    for (std::size_t i = 0; i < wider.size(); ++i) wider[i] = index_[i / 2];
    index_ = std::move(wider);
    ++depth_;
  }
  segments_.push_back({new_places(kPlaces), kPlaces - 1, 0, 0, 0});
  Segment& segment = segments_[number];
  Segment& other = segments_.back();
  segment.depth = other.depth = segment.depth + 1;
  segment.prefix *= 2;
  other.prefix = segment.prefix + 1;
  point_index_at(static_cast<std::uint32_t>(segments_.size() - 1));
  moved_.assign(segment.places, segment.places + kPlaces);
  std::fill_n(segment.places, kPlaces, Place{});
  place_again(segment, segment.depth);
}

void KeyDirectory::point_index_at(std::uint32_t number) {
  const Segment& segment = segments_[number];
  const unsigned free_bits = depth_ - segment.depth;
  const auto first = index_.begin() + static_cast<std::ptrdiff_t>(segment.prefix << free_bits);
  std::fill_n(first, std::size_t{1} << free_bits, number);
}

// Segments of full size lie in chunks of a huge page, but for the first.
KeyDirectory::Place* KeyDirectory::new_places(std::uint32_t places) {
  if (chunk_left_ < places) {
    chunk_left_ = chunks_.empty() ? places : kChunkPlaces;
    if (next_chunk_.size() == chunk_left_) {
      chunks_.push_back(std::exchange(next_chunk_, {}));
    } else {
      chunks_.emplace_back(chunk_left_);
    }
  }
  Place* const given = chunks_.back().data() + (chunks_.back().size() - chunk_left_);
  chunk_left_ -= places;
  return given;
}

void KeyDirectory::grow_ahead(PagePopulator& ahead) {
  if (segments_.size() < 2 || chunk_left_ > kChunkPlaces / 2 || next_chunk_.size() != 0) return;
  next_chunk_ = PagedArray<Place>(kChunkPlaces);
  ahead.want(next_chunk_.data(), kChunkPlaces * sizeof(Place));
}

std::size_t KeyDirectory::bytes() const {
  std::size_t bytes = keys_.bytes() + index_.size() * sizeof(index_[0]);
  for (const auto& chunk : chunks_) bytes += chunk.size() * sizeof(Place);
  return bytes;
}

// The places are kept where they are: the hand of a restored directory must find the same keys.
void KeyDirectory::save(ByteWriter& out) const {
  out.u8(static_cast<std::uint8_t>(key_words_));
  out.u64(keys_max_);
  out.u32(slots_);
  out.u32(hand_segment_);
  out.u32(hand_);
  out.u32(oldest_);
  out.u32(round_oldest_);
  out.u8(static_cast<std::uint8_t>(depth_));
  out.u32(static_cast<std::uint32_t>(segments_.size()));
  for (const Segment& segment : segments_) {
    out.u8(static_cast<std::uint8_t>(segment.depth));
    out.u32(segment.prefix);
    out.u32(segment.mask);
    out.u32(segment.used);
    for (std::uint32_t at = 0; at <= segment.mask; ++at) {
      const Place& place = segment.places[at];
      if (place.holder == 0) continue;
      out.u32(at);
      out.u32(place.holder);
      out.u32(place.last);
      if (key_words_ == 1) {
        out.u64(place.word);
        continue;
      }
      const std::uint64_t* words = keys_.at(place.holder - 1);
      for (unsigned i = 0; i < key_words_; ++i) out.u64(words[i]);
    }
  }
}

std::size_t KeyDirectory::saved_bytes() const {
  constexpr std::size_t kHead = 34;
  constexpr std::size_t kSegmentHead = 13;
  return kHead + segments_.size() * kSegmentHead + slots_ * (12 + std::size_t{key_words_} * 8);
}

Status KeyDirectory::load_segment(ByteReader& in, std::vector<bool>& taken) {
  const Status damaged = data_loss("window_key", "a damaged key in the snapshot of a window");
  const std::uint8_t depth = in.u8();
  const std::uint32_t prefix = in.u32();
  const std::uint32_t mask = in.u32();
  const std::uint32_t used = in.u32();
  const bool first = segments_.empty();
  const bool sized = mask == kPlaces - 1 || (first && depth_ == 0 && mask + 1 >= kFirstPlaces &&
                                             mask < kPlaces && (mask & (mask + 1)) == 0);
  if (!in.ok() || depth > depth_ || prefix >> depth != 0 || !sized || used > mask) return damaged;
  segments_.push_back({new_places(mask + 1), mask, used, prefix, depth});
  Segment& segment = segments_.back();
  for (std::uint32_t i = 0, next = 0; i < used; ++i) {
    const std::uint32_t at = in.u32();
    const std::uint32_t holder = in.u32();
    const std::uint32_t last = in.u32();
    std::uint64_t key[kKeyWordsMax] = {};
    for (unsigned word = 0; word < key_words_; ++word) key[word] = in.u64();
    if (!in.ok() || at < next || at > mask || holder == 0 || holder > slots_ || taken[holder - 1] ||
        last < oldest_ || std::find(key, key + key_words_, 0U) != key + key_words_) {
      return damaged;
    }
    taken[holder - 1] = true;
    const std::uint64_t hash = key_hash(key, key_words_);
    segment.places[at] = {key_words_ == 1 ? key[0] : hash, holder, last};
    if (key_words_ != 1) std::copy(key, key + key_words_, keys_.at(holder - 1));
    next = at + 1;
  }
  return Status::ok();
}

// Every first bits of a hash lead to one segment: their shares of the index add up and none
// overlaps.
Status KeyDirectory::check_index() const {
  std::vector<std::uint8_t> seen(index_.size());
  for (const Segment& segment : segments_) {
    const unsigned free_bits = depth_ - segment.depth;
    for (std::size_t i = 0; i < std::size_t{1} << free_bits; ++i) {
      std::uint8_t& one = seen[(std::size_t{segment.prefix} << free_bits) + i];
      if (std::exchange(one, 1) != 0) return data_loss("window_index", "segments overlap");
    }
  }
  if (std::find(seen.begin(), seen.end(), 0) == seen.end()) return Status::ok();
  return data_loss("window_index", "a segment is missing in the snapshot of a window");
}

// Every key must be found where it lies: this refuses duplicates and keys out of reach.
Status KeyDirectory::check_places() {
  for (const Segment& segment : segments_) {
    for (std::uint32_t at = 0; at <= segment.mask; ++at) {
      const Place& place = segment.places[at];
      if (place.holder == 0) continue;
      const std::uint64_t* key = key_words_ == 1 ? &place.word : keys_.at(place.holder - 1);
      if (find(key, hash_of(place), false, 0, 0).slot != place.holder - 1) {
        return data_loss("window_key", "a key twice or out of place in the snapshot of a window");
      }
    }
  }
  return Status::ok();
}

Status KeyDirectory::load(ByteReader& in) {
  const bool same = in.u8() == key_words_ && in.u64() == keys_max_;
  if (!same || !in.ok()) return data_loss("window_spec", "the snapshot is of another window");
  KeyDirectory fresh = empty_copy();
  fresh.slots_ = in.u32();
  fresh.hand_segment_ = in.u32();
  fresh.hand_ = in.u32();
  fresh.oldest_ = in.u32();
  fresh.round_oldest_ = in.u32();
  fresh.depth_ = in.u8();
  const std::uint32_t segments = in.u32();
  if (!in.ok() || fresh.slots_ > keys_max_ || fresh.slots_ > in.left() / (12 + key_words_ * 8) ||
      fresh.depth_ > kDepthMax || segments == 0 || segments > std::uint32_t{1} << fresh.depth_ ||
      segments > segments_max(fresh.slots_) || fresh.hand_segment_ >= segments) {
    return data_loss("window_size", "the snapshot of a window is cut or too large");
  }
  fresh.index_.assign(std::size_t{1} << fresh.depth_, 0);
  fresh.segments_.clear();
  fresh.chunks_.clear();
  if (key_words_ != 1) fresh.keys_.resize(fresh.slots_);
  std::vector<bool> taken(fresh.slots_);
  for (std::uint32_t i = 0; i < segments; ++i) WEIR_TRY(fresh.load_segment(in, taken));
  WEIR_TRY(fresh.check_index());
  for (std::uint32_t i = 0; i < segments; ++i) fresh.point_index_at(i);
  if (fresh.hand_ > fresh.segments_[fresh.hand_segment_].mask ||
      std::find(taken.begin(), taken.end(), false) != taken.end()) {
    return data_loss("window_key", "a slot without a key in the snapshot of a window");
  }
  WEIR_TRY(fresh.check_places());
  *this = std::move(fresh);
  return Status::ok();
}

}  // namespace weir::decide
