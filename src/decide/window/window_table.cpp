#include "decide/window/window_table.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/prefetch.hpp"
#include "decide/window/window_rows.hpp"

namespace weir::decide {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{2} << 20;
constexpr std::size_t kPrefetchRows = 16;
constexpr unsigned kHandSteps = 2;
constexpr unsigned kHandStepsWhenFull = 16;
constexpr std::int64_t kDecayIdleWidths = 16;  // a value of up to 8 has dropped to zero by then

std::int64_t grain_of(const WindowSpec& spec) {
  if (spec.function == WindowFunction::kSince || spec.kind == WindowKind::kExact) return 1;
  const std::int64_t parts =
      spec.kind == WindowKind::kTiles ? kTiles : window_internal::kTicksPerWidth;
  return std::max<std::int64_t>(1, spec.width_us / parts);
}

unsigned chunk_shift_of(std::size_t slot_words) {
  unsigned shift = 10;
  while ((slot_words * 8 << (shift + 1)) <= 2 * kChunkBytes) ++shift;
  return shift;
}

}  // namespace

std::uint64_t key_hash(const std::uint64_t* key, unsigned words) {
  std::uint64_t h = 0x9E3779B97F4A7C15U * words;
  for (unsigned i = 0; i < words; ++i) {
    const auto product = static_cast<unsigned __int128>(h ^ key[i]) * 0xD6E8FEB86659FD93U;
    h = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  h ^= h >> 29;
  h *= 0xBF58476D1CE4E5B9U;
  return h ^ h >> 32;
}

WindowTable::WindowTable(const WindowSpec& spec)
    : spec_(spec),
      slot_words_(spec.slot_words()),
      grain_us_(grain_of(spec)),
      chunk_shift_(chunk_shift_of(slot_words_)),
      chunk_mask_((1U << chunk_shift_) - 1),
      block_keys_(kBlock * spec.key_words),
      block_hash_(kBlock),
      block_slot_(kBlock) {
  CHECK(spec.key_words >= 1 && spec.key_words <= kKeyWordsMax);
  CHECK(spec.width_us >= kWindowMin && spec.width_us <= kWindowMax);
  CHECK(spec.keys_max >= 1 && spec.keys_max < KeyIndex::kNone);
  CHECK(spec.kind != WindowKind::kDecay || spec.function == WindowFunction::kCount ||
        spec.function == WindowFunction::kSum || spec.function == WindowFunction::kAvg ||
        spec.function == WindowFunction::kRate || spec.function == WindowFunction::kSince);
}

std::size_t WindowTable::bytes() const {
  return index_.bytes() + chunks_.size() * ((std::size_t{1} << chunk_shift_) * slot_words_ * 8);
}

void WindowTable::append_chunk() {
  chunks_.emplace_back((std::size_t{1} << chunk_shift_) * slot_words_);
}

bool WindowTable::idle(const std::uint64_t* slot) const {
  const auto last = static_cast<std::int64_t>(slot[spec_.key_words]);
  const std::int64_t now = watermark_us_ / grain_us_;
  if (spec_.function == WindowFunction::kSince) return last <= now - kWindowMax;
  switch (spec_.kind) {
    case WindowKind::kTiles:
      return last <= now - kTiles;
    case WindowKind::kDecay:
      return last <= now - kDecayIdleWidths * window_internal::kTicksPerWidth;
    case WindowKind::kExact: {
      std::uint64_t state = slot[spec_.key_words];
      const window_internal::ExactRing ring(&state,
                                            const_cast<std::uint64_t*>(slot) + spec_.key_words + 1);
      return ring.size() == 0 || ring.newest() <= watermark_us_ - spec_.width_us;
    }
  }
  return false;
}

// Streams of many quiet keys take a slot for nearly every event: what the hand will look at next
// must be in cache by then, the slot first and then the index place of its key.
void WindowTable::prefetch_hand() const {
  if (used_ < 16) return;
  const auto ahead = [&](std::uint32_t steps) {
    const std::uint32_t at = hand_ + steps;
    return slot(at >= used_ ? at - used_ : at);
  };
  ::weir::prefetch(ahead(12));
  index_.prefetch(key_hash(ahead(4), spec_.key_words));
}

std::uint32_t WindowTable::find_or_add(const std::uint64_t* key, std::uint64_t hash, bool add) {
  const std::uint32_t found =
      index_.find(hash, [&](std::uint32_t candidate) { return same_key(candidate, key); });
  if (found != KeyIndex::kNone || !add) return found;
  const bool full = used_ >= spec_.keys_max;
  std::uint32_t taken = KeyIndex::kNone;
  const unsigned steps = full ? kHandStepsWhenFull : kHandSteps;
  for (unsigned step = 0; step < steps && step < used_; ++step) {
    const std::uint32_t at = hand_;
    hand_ = at + 1 >= used_ ? 0 : at + 1;
    if (!idle(slot(at))) continue;
    index_.erase(key_hash(slot(at), spec_.key_words), at);
    taken = at;
    break;
  }
  prefetch_hand();
  if (taken == KeyIndex::kNone) {
    if (full) {
      ++rejected_;
      return KeyIndex::kNone;
    }
    if ((used_ & chunk_mask_) == 0 && (used_ >> chunk_shift_) == chunks_.size()) append_chunk();
    taken = used_++;
  }
  std::copy(key, key + spec_.key_words, slot(taken));
  // The header marks the slot as new for the caller, which resets the body.
  slot(taken)[spec_.key_words] = ~std::uint64_t{0};
  index_.insert(hash, taken);
  return taken;
}

// Gathers the keys of a block and finds their likely slots, so that the ordered pass finds its
// lines in cache. A slot found here is only a candidate: the ordered pass compares the key and
// looks again if it differs.
void WindowTable::locate(const WindowInput& in, std::size_t begin, std::size_t rows) {
  const unsigned words = spec_.key_words;
  for (unsigned word = 0; word < words; ++word) {
    const std::uint64_t* from = in.keys[word] + begin;
    for (std::size_t i = 0; i < rows; ++i) block_keys_[i * words + word] = from[i];
  }
  for (std::size_t i = 0; i < rows; ++i) {
    block_hash_[i] = key_hash(&block_keys_[i * words], words);
    index_.prefetch(block_hash_[i]);
  }
  for (std::size_t i = 0; i < rows; ++i) {
    block_slot_[i] = index_.find(block_hash_[i], [](std::uint32_t) { return true; });
  }
}

// The ordered pass. `Row` holds what differs between kinds:
//   start(slot)                     makes a new slot's body empty
//   update(slot, t, value)          counts one event
//   read(slot or null, t, out&, saturated&)   returns validity
struct WindowTable::Runner {
  template <class Row>
  static void run(WindowTable& table, const Row& row, const WindowInput& in,
                  const WindowOutput& out) {
    for (std::size_t begin = 0; begin < in.rows; begin += kBlock) {
      const std::size_t rows = std::min(kBlock, in.rows - begin);
      table.locate(in, begin, rows);
      run_block(table, row, in, out, begin, rows);
    }
  }

  static void prefetch(const WindowTable& table, std::size_t i) {
    const std::uint32_t ahead = table.block_slot_[i];
    if (ahead == KeyIndex::kNone) return;
    const auto* line = reinterpret_cast<const char*>(table.slot(ahead));
    const std::size_t bytes = std::min<std::size_t>(table.slot_words_ * 8, 320);
    for (std::size_t at = 0; at < bytes; at += 64) ::weir::prefetch(line + at);
    ::weir::prefetch(line + bytes - 1);
  }

  template <class Row>
  static void run_block(WindowTable& table, const Row& row, const WindowInput& in,
                        const WindowOutput& out, std::size_t begin, std::size_t rows) {
    const unsigned words = table.spec_.key_words;
    for (std::size_t i = 0; i < std::min(kPrefetchRows, rows); ++i) prefetch(table, i);
    for (std::size_t i = 0; i < rows; ++i) {
      if (i + kPrefetchRows < rows) prefetch(table, i + kPrefetchRows);
      const std::size_t at = begin + i;
      const std::uint64_t* key = &table.block_keys_[i * words];
      const std::int64_t t = in.times_us[at];
      table.watermark_us_ = std::max(table.watermark_us_, t);
      out.values[at] = 0;
      out.valid[at] = 0;
      if (out.saturated != nullptr) out.saturated[at] = 0;
      if (std::find(key, key + words, 0U) != key + words) continue;

      const bool include = in.include == nullptr || in.include[at] != 0;
      std::uint32_t index = table.block_slot_[i];
      if (index == KeyIndex::kNone || !table.same_key(index, key)) {
        index = table.find_or_add(key, table.block_hash_[i], include);
        if (index == KeyIndex::kNone && include) continue;  // full: null, counted
      }
      std::uint64_t* slot = nullptr;
      if (index != KeyIndex::kNone) {
        slot = table.slot(index) + words;
        if (*slot == ~std::uint64_t{0}) row.start(slot, t);
      }
      const std::uint64_t value = in.values != nullptr ? in.values[at] : 0;
      bool saturated = false;
      out.valid[at] = row.step(slot, include, t, value, out.values[at], saturated);
      if (out.saturated != nullptr) out.saturated[at] = saturated;
    }
  }
};

void WindowTable::update_and_read(const WindowInput& in, const WindowOutput& out) {
  CHECK(!spec_.takes_value() || in.values != nullptr || in.rows == 0);
  const auto run = [&](const auto& row) { Runner::run(*this, row, in, out); };
  if (spec_.real_values) {
    window_internal::with_row<double>(spec_, grain_us_, run);
  } else {
    window_internal::with_row<std::int64_t>(spec_, grain_us_, run);
  }
}

void WindowTable::save(ByteWriter& out) const {
  out.u8(static_cast<std::uint8_t>(spec_.function));
  out.u8(static_cast<std::uint8_t>(spec_.kind));
  out.u8(static_cast<std::uint8_t>(spec_.key_words));
  out.u8(spec_.real_values);
  out.i64(spec_.width_us);
  out.u32(used_);
  out.u32(hand_);
  out.i64(watermark_us_);
  out.u64(rejected_);
  for (std::uint32_t i = 0; i < used_; ++i) {
    out.raw({reinterpret_cast<const std::uint8_t*>(slot(i)), slot_words_ * 8});
  }
}

Status WindowTable::check_slot(const std::uint64_t* slot) const {
  const unsigned words = spec_.key_words;
  if (std::find(slot, slot + words, 0U) != slot + words) {
    return data_loss("window_key", "a window slot without a key");
  }
  if (spec_.kind == WindowKind::kExact && spec_.function != WindowFunction::kSince) {
    std::uint64_t state = slot[words];
    const window_internal::ExactRing ring(&state, const_cast<std::uint64_t*>(slot) + words + 1);
    if (!ring.sound()) return data_loss("window_ring", "a window ring out of order");
  } else if (static_cast<std::int64_t>(slot[words]) < 0) {
    return data_loss("window_tile", "a window slot with a negative tile");
  }
  return Status::ok();
}

Status WindowTable::load(ByteReader& in) {
  const bool same = in.u8() == static_cast<std::uint8_t>(spec_.function) &&
                    in.u8() == static_cast<std::uint8_t>(spec_.kind) &&
                    in.u8() == spec_.key_words && in.u8() == spec_.real_values &&
                    in.i64() == spec_.width_us;
  if (!same || !in.ok()) return data_loss("window_spec", "the snapshot is of another window");
  const std::uint32_t used = in.u32();
  const std::uint32_t hand = in.u32();
  const std::int64_t watermark_us = in.i64();
  const std::uint64_t rejected = in.u64();
  if (!in.ok() || used > spec_.keys_max || used > in.left() / (slot_words_ * 8) ||
      (used != 0 && hand >= used) || (used == 0 && hand != 0)) {
    return data_loss("window_size", "the snapshot of a window is cut or too large");
  }
  WindowTable fresh(spec_);
  for (std::uint32_t i = 0; i < used; ++i) {
    if ((i & chunk_mask_) == 0) fresh.append_chunk();
    const Bytes raw = in.raw(slot_words_ * 8);
    std::memcpy(fresh.slot(i), raw.data(), raw.size());
    WEIR_TRY(check_slot(fresh.slot(i)));
    const std::uint64_t hash = key_hash(fresh.slot(i), spec_.key_words);
    const auto same_key = [&](std::uint32_t other) { return fresh.same_key(other, fresh.slot(i)); };
    if (fresh.index_.find(hash, same_key) != KeyIndex::kNone) {
      return data_loss("window_key", "a key twice in the snapshot of a window");
    }
    fresh.index_.insert(hash, i);
  }
  fresh.used_ = used;
  fresh.hand_ = hand;
  fresh.watermark_us_ = watermark_us;
  fresh.rejected_ = rejected;
  *this = std::move(fresh);
  return Status::ok();
}

}  // namespace weir::decide
