#include "decide/window/window_column.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/prefetch.hpp"
#include "decide/window/window_rows.hpp"

namespace weir::decide {
namespace {

using window_internal::is_wide;

constexpr std::size_t kChunkBytes = std::size_t{2} << 20;

std::int64_t grain_of(const WindowSpec& spec) {
  const std::int64_t parts =
      spec.kind == WindowKind::kTiles ? kTiles : window_internal::kTicksPerWidth;
  return spec.width_us / parts;
}

unsigned chunk_shift_of(std::size_t slot_words) {
  unsigned shift = 0;
  while ((slot_words * 8 << (shift + 1)) <= kChunkBytes) ++shift;
  return shift;
}

std::size_t body_words_of(const WindowSpec& spec) {
  return (spec.bytes_per_key_max() - spec.bytes_per_key()) / 8;
}

}  // namespace

WindowColumn::WindowColumn(const WindowSpec& spec)
    : spec_(spec),
      slot_words_(spec.bytes_per_key() / 8),
      grain_(grain_of(spec)),
      chunk_shift_(chunk_shift_of(slot_words_)),
      chunk_mask_((1U << chunk_shift_) - 1),
      pool_(body_words_of(spec)) {
  CHECK(spec.key_words >= 1 && spec.key_words <= kKeyWordsMax);
  CHECK(spec.width_us >= kWindowMin && spec.width_us <= kWindowMax);
  CHECK(spec.kind != WindowKind::kDecay || spec.function == WindowFunction::kCount ||
        spec.function == WindowFunction::kSum || spec.function == WindowFunction::kAvg ||
        spec.function == WindowFunction::kRate || spec.function == WindowFunction::kSince);
}

void WindowColumn::grow(std::uint32_t slots, PagePopulator* ahead) {
  const std::size_t words = (std::size_t{1} << chunk_shift_) * slot_words_;
  while (chunks_.size() << chunk_shift_ < slots) chunks_.emplace_back(words);
  if (ahead == nullptr) return;
  if (has_bodies()) pool_.grow_ahead(*ahead);
  const std::size_t left = (chunks_.size() << chunk_shift_) - slots;
  if (slots == 0 || left > std::size_t{1} << (chunk_shift_ - 1)) return;
  chunks_.emplace_back(words);
  ahead->want(chunks_.back().data(), words * sizeof(std::uint64_t));
}

std::size_t WindowColumn::bytes() const {
  return (chunks_.size() << chunk_shift_) * slot_words_ * 8 + pool_.bytes();
}

void WindowColumn::prefetch(std::uint32_t index) const {
  if (index >= ColumnRows::kNoKey) return;
  ::weir::prefetch(slot(index));
  if (slot_words_ > 8) ::weir::prefetch(slot(index) + 8);
}

void WindowColumn::prefetch_body(std::uint32_t index) const {
  if (index >= ColumnRows::kNoKey || !is_wide(slot(index))) return;
  const std::uint64_t* body = pool_.at(static_cast<std::uint32_t>(slot(index)[1]));
  for (std::size_t word = 0; word < pool_.words(); word += 8) ::weir::prefetch(body + word);
  ::weir::prefetch(body + pool_.words() - 1);
}

template <class Row>
void WindowColumn::run_rows(const Row& row, const ColumnRows& in) {
  const auto fetch_slots = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < std::min(to, in.rows); ++i) prefetch(in.slots[i]);
  };
  const auto fetch_bodies = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < std::min(to, in.rows); ++i) prefetch_body(in.slots[i]);
  };
  constexpr std::size_t kBurst = kPrefetchBurst;
  fetch_slots(0, 3 * kBurst);
  for (std::size_t i = 0; i < in.rows; ++i) {
    if (i % kBurst == 0) {
      fetch_slots(i + 3 * kBurst, i + 4 * kBurst);
      if (has_bodies()) fetch_bodies(i + kBurst, i + 2 * kBurst);
    }
    in.out.values[i] = 0;
    in.out.valid[i] = 0;
    if (in.out.saturated != nullptr) in.out.saturated[i] = 0;
    const std::uint32_t index = in.slots[i];
    if (index == ColumnRows::kNoKey) continue;
    const bool include = in.include == nullptr || in.include[i] != 0;
    if (index == ColumnRows::kNoSlot && include) {
      ++rejected_;
      continue;
    }
    std::uint64_t* at = index == ColumnRows::kNoSlot ? nullptr : slot(index);
    if (in.fresh[i] != 0) row.forget(at);
    const std::uint64_t value = in.values != nullptr ? in.values[i] : 0;
    bool saturated = false;
    in.out.valid[i] = row.step(at, include, in.times_us[i], value, in.out.values[i], saturated);
    if (in.out.saturated != nullptr) in.out.saturated[i] = saturated;
  }
}

void WindowColumn::run(const ColumnRows& rows) {
  CHECK(!spec_.takes_value() || rows.values != nullptr || rows.rows == 0);
  window_internal::with_row(spec_, grain_, pool_, [&](const auto& row) { run_rows(row, rows); });
}

// Numbers of bodies are left out: they depend on what was given back before.
void WindowColumn::save(std::uint32_t begin, std::uint32_t end, ByteWriter& out) const {
  if (begin == 0) {
    out.u8(static_cast<std::uint8_t>(spec_.function));
    out.u8(static_cast<std::uint8_t>(spec_.kind));
    out.u8(static_cast<std::uint8_t>(spec_.key_words));
    out.u8(spec_.real_values);
    out.i64(spec_.width_us);
    out.u64(rejected_);
  }
  const auto words = [&out](const std::uint64_t* from, std::size_t count) {
    out.raw({reinterpret_cast<const std::uint8_t*>(from), count * 8});
  };
  const std::vector<std::uint64_t> nothing(slot_words_);
  for (std::uint32_t i = begin; i < end; ++i) {
    // A column that joined the directory late may not have all of its slots yet.
    const bool exists = i >> chunk_shift_ < chunks_.size();
    const std::uint64_t* from = exists ? slot(i) : nothing.data();
    if (has_bodies() && is_wide(from)) {
      out.u64(from[0]);
      words(pool_.at(static_cast<std::uint32_t>(from[1])), pool_.words());
    } else {
      words(from, slot_words_);
    }
  }
}

Status WindowColumn::check_slot(const std::uint64_t* slot) const {
  using namespace window_internal;
  if (spec_.function == WindowFunction::kSince) {
    if (slot[0] <= static_cast<std::uint64_t>(INT64_MAX)) return Status::ok();
  } else if (spec_.kind == WindowKind::kExact) {
    std::uint64_t state = slot[0];
    const ExactRing ring(&state, const_cast<std::uint64_t*>(slot) + 1);
    if (ring.sound()) return Status::ok();
  } else if (spec_.kind == WindowKind::kDecay) {
    if (slot[0] <= static_cast<std::uint64_t>(INT64_MAX)) return Status::ok();
  } else if (slot_words_ != 8) {
    if (slot[0] >> kTileBits == 0) return Status::ok();
  } else {
    const unsigned most = spec_.function == WindowFunction::kAvg ? 5 : 6;
    const auto entries = static_cast<unsigned>(slot[0] >> kEntriesShift);
    const auto* places = reinterpret_cast<const std::uint8_t*>(slot + 1 + most);
    bool sound = entries <= most && (slot[0] & kIsWide) == 0;
    for (unsigned i = 0; sound && i < entries; ++i) {
      sound = places[i] < kTiles && (i == 0 || places[i] > places[i - 1]);
    }
    if (sound) return Status::ok();
  }
  return data_loss("window_slot", "a damaged slot in the snapshot of a window");
}

Status WindowColumn::load(std::uint32_t slots, ByteReader& in) {
  const bool same = in.u8() == static_cast<std::uint8_t>(spec_.function) &&
                    in.u8() == static_cast<std::uint8_t>(spec_.kind) &&
                    in.u8() == spec_.key_words && in.u8() == spec_.real_values &&
                    in.i64() == spec_.width_us;
  if (!same || !in.ok()) return data_loss("window_spec", "the snapshot is of another window");
  WindowColumn fresh(spec_);
  fresh.rejected_ = in.u64();
  if (slots > in.left() / 8) return data_loss("window_size", "the snapshot of a window is cut");
  fresh.grow(slots);
  for (std::uint32_t i = 0; i < slots; ++i) {
    std::uint64_t* to = fresh.slot(i);
    to[0] = in.u64();
    std::uint64_t* rest = to + 1;
    std::size_t words = slot_words_ - 1;
    const bool wide = has_bodies() && is_wide(to);
    if (wide) {
      to[0] &= window_internal::kTileMask | window_internal::kIsWide;
      to[1] = fresh.pool_.take();
      rest = fresh.pool_.at(static_cast<std::uint32_t>(to[1]));
      words = pool_.words();
    }
    const Bytes raw = in.raw(words * 8);
    if (!in.ok()) return data_loss("window_size", "the snapshot of a window is cut");
    if (!raw.empty()) std::memcpy(rest, raw.data(), raw.size());
    if (!wide) WEIR_TRY(check_slot(to));
  }
  *this = std::move(fresh);
  return Status::ok();
}

}  // namespace weir::decide
