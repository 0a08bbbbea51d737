#include "decide/window/keyed_windows.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace weir::decide {

KeyedWindows::KeyedWindows(unsigned key_words, std::size_t keys_max, PagePopulator* ahead)
    : key_words_(key_words),
      directory_(key_words, keys_max),
      ahead_(ahead),
      block_keys_(kBlock * key_words),
      block_hash_(kBlock),
      block_slot_(kBlock),
      block_fresh_(kBlock) {}

WindowColumn& KeyedWindows::add(const WindowSpec& spec) {
  adopt(std::make_unique<WindowColumn>(spec));
  return *columns_.back();
}

void KeyedWindows::adopt(std::unique_ptr<WindowColumn> column) {
  CHECK_EQ(column->spec().key_words, key_words_);
  columns_.push_back(std::move(column));
  std::int64_t idle_us = 0;
  for (const auto& each : columns_) idle_us = std::max(idle_us, each->spec().idle_us());
  directory_.set_idle_us(idle_us);
}

// Gives each row of a block its slot, in order. All places are asked for first, so that the ordered
// pass finds them in cache.
void KeyedWindows::find_slots(const KeyedRows& in, std::span<const WindowUse> uses,
                              std::size_t begin, std::size_t rows) {
  for (unsigned word = 0; word < key_words_; ++word) {
    const std::uint64_t* from = in.keys[word] + begin;
    for (std::size_t i = 0; i < rows; ++i) block_keys_[i * key_words_ + word] = from[i];
  }
  for (std::size_t i = 0; i < rows; ++i) {
    block_hash_[i] = key_hash(&block_keys_[i * key_words_], key_words_);
    directory_.prefetch(block_hash_[i]);
  }
  const bool all = std::any_of(uses.begin(), uses.end(),
                               [](const WindowUse& use) { return use.include == nullptr; });
  for (std::size_t i = 0; i < rows; ++i) {
    const std::uint64_t* key = &block_keys_[i * key_words_];
    const std::int64_t t = in.times_us[begin + i];
    watermark_us_ = std::max(watermark_us_, t);
    block_fresh_[i] = 0;
    block_slot_[i] = ColumnRows::kNoKey;
    if (std::find(key, key + key_words_, 0U) != key + key_words_) continue;
    bool include = all;
    for (std::size_t u = 0; !include && u < uses.size(); ++u) {
      include = uses[u].include[begin + i] != 0;
    }
    const auto found = directory_.find(key, block_hash_[i], include, t, watermark_us_);
    block_slot_[i] = found.slot;  // KeyDirectory::kNone is ColumnRows::kNoSlot
    block_fresh_[i] = found.fresh;
  }
}

void KeyedWindows::update_and_read(const KeyedRows& in, std::span<const WindowUse> uses) {
  static_assert(KeyDirectory::kNone == ColumnRows::kNoSlot);
  CHECK_EQ(uses.size(), columns_.size());
  const auto from = [](auto* column, std::size_t begin) {
    return column == nullptr ? nullptr : column + begin;
  };
  for (std::size_t begin = 0; begin < in.rows; begin += kBlock) {
    const std::size_t rows = std::min(kBlock, in.rows - begin);
    if (ahead_ != nullptr) directory_.grow_ahead(*ahead_);
    find_slots(in, uses, begin, rows);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const WindowUse& use = uses[i];
      columns_[i]->grow(directory_.slots(), ahead_);
      const bool again = !use.ahead.empty();
      if (again) mask_rows_ahead(use, rows);
      columns_[i]->run(
          {rows,
           again ? masked_slot_.data() : block_slot_.data(),
           again ? masked_fresh_.data() : block_fresh_.data(),
           in.times_us + begin,
           from(use.include, begin),
           from(use.values, begin),
           {use.out.values + begin, use.out.valid + begin, from(use.out.saturated, begin)}});
    }
  }
}

// Takes the rows out whose slots hold them already.
void KeyedWindows::mask_rows_ahead(const WindowUse& use, std::size_t rows) {
  masked_slot_.assign(block_slot_.begin(), block_slot_.end());
  masked_fresh_.assign(block_fresh_.begin(), block_fresh_.end());
  for (std::size_t i = 0; i < rows; ++i) {
    const std::uint32_t slot = block_slot_[i];
    const bool rejected = slot == ColumnRows::kNoSlot;  // counted beside the first range
    if (!rejected && slot >= use.restored_slots) continue;
    if (use.ahead[rejected ? 0 : slot / use.range_slots] == 0) continue;
    masked_slot_[i] = ColumnRows::kNoKey;
    masked_fresh_[i] = 0;
  }
}

std::unique_ptr<KeyedWindows> KeyedWindows::empty_copy() const {
  auto copy = std::make_unique<KeyedWindows>(key_words_, directory_.keys_max(), ahead_);
  for (const auto& column : columns_) copy->add(column->spec());
  return copy;
}

void KeyedWindows::save_directory(ByteWriter& out) const {
  out.i64(watermark_us_);
  directory_.save(out);
}

std::vector<std::size_t> KeyedWindows::bytes_per_key() const {
  std::vector<std::size_t> bytes;
  for (const auto& column : columns_) bytes.push_back(column->spec().bytes_per_key());
  return bytes;
}

Status KeyedWindows::load(ByteReader& in) {
  const std::int64_t watermark_us = in.i64();
  KeyDirectory directory = directory_.empty_copy();
  WEIR_TRY(directory.load(in));
  std::vector<std::unique_ptr<WindowColumn>> columns;
  for (const auto& column : columns_) {
    columns.push_back(std::make_unique<WindowColumn>(column->spec()));
    WEIR_TRY(columns.back()->load(directory.slots(), in));
  }
  if (!in.ok()) return data_loss("window_size", "the snapshot of a window is cut");
  watermark_us_ = watermark_us;
  directory_ = std::move(directory);
  columns_ = std::move(columns);
  return Status::ok();
}

}  // namespace weir::decide
