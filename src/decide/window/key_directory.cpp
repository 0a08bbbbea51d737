#include "decide/window/key_directory.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "decide/window/window_spec.hpp"

namespace weir::decide {
namespace {

constexpr unsigned kHandPlaces = 4;
constexpr unsigned kHandPlacesWhenFull = 32;

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
    : key_words_(key_words), keys_max_(keys_max), places_(kFirst) {
  CHECK(key_words >= 1 && key_words <= kKeyWordsMax);
  CHECK(keys_max >= 1 && keys_max < kNone);
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
  return std::equal(key, key + key_words_,
                    keys_.begin() + static_cast<std::ptrdiff_t>(place.holder - 1) * key_words_);
}

KeyDirectory::Found KeyDirectory::find(const std::uint64_t* key, std::uint64_t hash, bool add,
                                       std::int64_t time_us, std::int64_t watermark_us) {
  const std::uint64_t word = key_words_ == 1 ? *key : hash;
  const auto time = static_cast<std::uint32_t>(time_us / kUnitUs);
  for (std::size_t at = home(hash);; at = next(at)) {
    Place& place = places_[at];
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
  std::uint32_t slot = reclaim(now);
  if (slot == kNone) {
    if (slots_ >= keys_max_) return {};
    slot = slots_++;
    if (key_words_ != 1) keys_.resize(std::size_t{slots_} * key_words_);
    if (std::size_t{slots_} * 10 > places_.size() * 7) grow();
  }
  if (key_words_ != 1) {
    std::copy(key, key + key_words_,
              keys_.begin() + static_cast<std::ptrdiff_t>(slot) * key_words_);
  }
  put({key_words_ == 1 ? *key : hash, slot + 1, time}, hash);
  return {slot, true};
}

// Takes the slot of an idle key, or none. The hand goes round the places in their order in memory,
// so that looking costs next to nothing.
std::uint32_t KeyDirectory::reclaim(std::uint32_t now) {
  const unsigned looks = slots_ >= keys_max_ ? kHandPlacesWhenFull : kHandPlaces;
  for (unsigned look = 0; look < looks; ++look) {
    const Place& place = places_[hand_];
    if (place.holder != 0 && now > place.last && now - place.last > idle_units_) {
      const std::uint32_t slot = place.holder - 1;
      erase(hand_);
      return slot;
    }
    hand_ = next(hand_);
  }
  return kNone;
}

void KeyDirectory::erase(std::size_t hole) {
  const std::size_t mask = places_.size() - 1;
  for (std::size_t at = next(hole); places_[at].holder != 0; at = next(at)) {
    const std::size_t from_home = (at - home(hash_of(places_[at]))) & mask;
    if (from_home >= ((at - hole) & mask)) {
      places_[hole] = places_[at];
      hole = at;
    }
  }
  places_[hole] = {};
}

void KeyDirectory::put(const Place& place, std::uint64_t hash) {
  std::size_t at = home(hash);
  while (places_[at].holder != 0) at = next(at);
  places_[at] = place;
}

void KeyDirectory::grow() {
  AlignedBuffer<Place> old(places_.size() * 2);
  std::swap(old, places_);
  hand_ = 0;
  for (const Place& place : old) {
    if (place.holder != 0) put(place, hash_of(place));
  }
}

std::size_t KeyDirectory::bytes() const {
  return places_.size() * sizeof(Place) + keys_.capacity() * sizeof(std::uint64_t);
}

// The places are kept where they are: the hand of a restored directory must find the same keys.
void KeyDirectory::save(ByteWriter& out) const {
  out.u8(static_cast<std::uint8_t>(key_words_));
  out.u64(keys_max_);
  out.u64(places_.size());
  out.u64(hand_);
  out.u32(slots_);
  for (std::size_t at = 0; at < places_.size(); ++at) {
    const Place& place = places_[at];
    if (place.holder == 0) continue;
    out.u64(at);
    out.u32(place.holder);
    out.u32(place.last);
    if (key_words_ == 1) {
      out.u64(place.word);
      continue;
    }
    const std::size_t first = std::size_t{place.holder - 1} * key_words_;
    for (unsigned i = 0; i < key_words_; ++i) out.u64(keys_[first + i]);
  }
}

Status KeyDirectory::load_place(ByteReader& in, std::size_t& at, std::vector<bool>& taken) {
  const std::uint64_t position = in.u64();
  const std::uint32_t holder = in.u32();
  const std::uint32_t last = in.u32();
  std::uint64_t key[kKeyWordsMax] = {};
  for (unsigned i = 0; i < key_words_; ++i) key[i] = in.u64();
  if (!in.ok() || position < at || position >= places_.size() || holder == 0 || holder > slots_ ||
      taken[holder - 1] || std::find(key, key + key_words_, 0U) != key + key_words_) {
    return data_loss("window_key", "a damaged key in the snapshot of a window");
  }
  taken[holder - 1] = true;
  const std::uint64_t hash = key_hash(key, key_words_);
  places_[position] = {key_words_ == 1 ? key[0] : hash, holder, last};
  if (key_words_ != 1) {
    std::copy(key, key + key_words_,
              keys_.begin() + static_cast<std::ptrdiff_t>(holder - 1) * key_words_);
  }
  at = position + 1;
  return Status::ok();
}

Status KeyDirectory::load(ByteReader& in) {
  const bool same = in.u8() == key_words_ && in.u64() == keys_max_;
  if (!same || !in.ok()) return data_loss("window_spec", "the snapshot is of another window");
  const std::uint64_t capacity = in.u64();
  const std::uint64_t hand = in.u64();
  const std::uint32_t slots = in.u32();
  if (!in.ok() || slots > keys_max_ || slots > in.left() / (16 + key_words_ * 8) ||
      capacity < kFirst || (capacity & (capacity - 1)) != 0 || hand >= capacity ||
      std::uint64_t{slots} * 10 > capacity * 7 ||
      capacity > std::max<std::uint64_t>(kFirst, std::uint64_t{slots} * 4)) {
    return data_loss("window_size", "the snapshot of a window is cut or too large");
  }
  KeyDirectory fresh = empty_copy();
  fresh.places_ = AlignedBuffer<Place>(capacity);
  fresh.slots_ = slots;
  fresh.hand_ = hand;
  if (key_words_ != 1) fresh.keys_.resize(std::size_t{slots} * key_words_);
  std::vector<bool> taken(slots);
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < slots; ++i) WEIR_TRY(fresh.load_place(in, at, taken));
  // Every key must be found where it lies: this refuses duplicates and keys out of reach.
  for (const Place& place : fresh.places_) {
    if (place.holder == 0) continue;
    const std::uint64_t* key =
        key_words_ == 1 ? &place.word : &fresh.keys_[std::size_t{place.holder - 1} * key_words_];
    if (fresh.find(key, fresh.hash_of(place), false, 0, 0).slot != place.holder - 1) {
      return data_loss("window_key", "a key twice or out of place in the snapshot of a window");
    }
  }
  *this = std::move(fresh);
  return Status::ok();
}

}  // namespace weir::decide
