#include "ops/table/key.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "ops/table/text_numbers.hpp"

namespace weir::ops {
namespace {

constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

// One key of one or two tables: its images, and the range they lie in.
struct Encoded {
  std::vector<const Column*> columns;
  std::vector<Buffer<std::uint64_t>> images;  // of each column; those of null rows are unspecified
  std::uint64_t least = ~std::uint64_t{0};
  std::uint64_t most = 0;
  bool nullable = false;
  KeyOrder order;
};

template <class T, class Image>
void encode_values(const Column& column, std::uint64_t* to, Image&& image) {
  const std::span<const T> values = column.values<T>();
  for (std::size_t row = 0; row < column.rows(); ++row) to[row] = image(values[row]);
}

void encode_numbers(const Column& column, std::uint64_t* to) {
  switch (column.type().kind) {
    case ColumnKind::kBool:
      for (std::size_t row = 0; row < column.rows(); ++row) to[row] = column.bit(row) ? 1 : 0;
      return;
    case ColumnKind::kI32:
      return encode_values<std::int32_t>(column, to, [](std::int32_t value) {
        return static_cast<std::uint64_t>(std::int64_t{value}) ^ kSign;
      });
    case ColumnKind::kU64:
      return encode_values<std::uint64_t>(column, to, [](std::uint64_t value) { return value; });
    case ColumnKind::kF32:
      return encode_values<float>(
          column, to, [](float value) { return ordered_f64(static_cast<double>(value)); });
    case ColumnKind::kF64:
      return encode_values<double>(column, to, [](double value) { return ordered_f64(value); });
    default:
      return encode_values<std::uint64_t>(column, to,
                                          [](std::uint64_t value) { return value ^ kSign; });
  }
}

// The first bytes of a text as a number that orders likewise.
std::uint64_t leading_bytes(std::string_view text) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    out = out << 8 | (i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0);
  }
  return out;
}

std::vector<std::uint32_t> ranks_of(const std::vector<std::string_view>& texts) {
  struct Entry {
    std::uint64_t leading;
    std::uint32_t number;
  };
  std::vector<Entry> entries(texts.size());
  for (std::uint32_t i = 0; i < texts.size(); ++i) entries[i] = {leading_bytes(texts[i]), i};
  std::sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
    if (a.leading != b.leading) return a.leading < b.leading;
    return texts[a.number] < texts[b.number];
  });
  std::vector<std::uint32_t> ranks(texts.size());
  for (std::uint32_t rank = 0; rank < entries.size(); ++rank) ranks[entries[rank].number] = rank;
  return ranks;
}

// Numbers the texts of all columns, each text once.
void encode_texts(Encoded& key, KeyUse use) {
  const Column& first = *key.columns.front();
  if (use == KeyUse::kEquality && key.columns.size() == 1 && !first.plain_text() &&
      first.texts()->distinct()) {
    encode_values<std::uint32_t>(first, key.images.front().data(),
                                 [](std::uint32_t code) { return std::uint64_t{code}; });
    return;
  }
  TextNumbers numbers;
  for (std::size_t c = 0; c < key.columns.size(); ++c) {
    const Column& column = *key.columns[c];
    std::uint64_t* const to = key.images[c].data();
    if (column.plain_text() || column.texts()->size() > column.rows()) {
      for (std::size_t row = 0; row < column.rows(); ++row) {
        to[row] = column.valid(row) ? numbers.number(column.text(row)) : 0;
      }
      continue;
    }
    std::vector<std::uint32_t> number_of(column.texts()->size());
    for (std::size_t i = 0; i < number_of.size(); ++i) {
      number_of[i] = numbers.number((*column.texts())[i]);
    }
    // Codes of null rows may be any.
    encode_values<std::uint32_t>(column, to, [&](std::uint32_t code) {
      return std::uint64_t{code < number_of.size() ? number_of[code] : 0};
    });
  }
  if (use == KeyUse::kEquality) return;
  const std::vector<std::uint32_t> ranks = ranks_of(numbers.texts());
  if (ranks.empty()) return;
  for (Buffer<std::uint64_t>& images : key.images) {
    for (std::uint64_t& image : images) image = ranks[image];
  }
}

void find_range(Encoded& key) {
  for (std::size_t c = 0; c < key.columns.size(); ++c) {
    const Column& column = *key.columns[c];
    key.nullable |= column.nullable();
    for (std::size_t row = 0; row < column.rows(); ++row) {
      if (column.nullable() && !column.valid(row)) continue;
      key.least = std::min(key.least, key.images[c][row]);
      key.most = std::max(key.most, key.images[c][row]);
    }
  }
  if (key.least > key.most) key.least = key.most = 0;
}

// All but the range.
Encoded images_of(std::vector<const Column*> columns, KeyOrder order, KeyUse use) {
  Encoded key;
  key.columns = std::move(columns);
  key.order = order;
  for (const Column* column : key.columns) key.images.emplace_back(column->rows());
  if (key.columns.front()->type().is(ColumnKind::kString)) {
    encode_texts(key, use);
  } else {
    for (std::size_t c = 0; c < key.columns.size(); ++c) {
      encode_numbers(*key.columns[c], key.images[c].data());
    }
  }
  if (order.descending) {
    for (Buffer<std::uint64_t>& images : key.images) {
      for (std::uint64_t& image : images) image = ~image;
    }
  }
  return key;
}

Encoded encode(std::vector<const Column*> columns, KeyOrder order, KeyUse use) {
  Encoded key = images_of(std::move(columns), order, use);
  find_range(key);
  return key;
}

// Appends fields of some width to the words of one table.
class Packer {
 public:
  Packer(std::size_t rows, std::size_t fields) : rows_(rows) { out_.words.resize(rows * fields); }

  template <class Field>
  void add(unsigned width, Field&& field) {
    if (width == 0) return;
    const bool fresh = out_.count == 0 || used_ + width > 64;
    if (fresh) {
      ++out_.count;
      used_ = 0;
    }
    used_ += width;
    std::uint64_t* const word = out_.words.data() + (out_.count - 1) * rows_;
    if (fresh) {
      for (std::size_t row = 0; row < rows_; ++row) word[row] = field(row);
    } else {
      for (std::size_t row = 0; row < rows_; ++row) word[row] = word[row] << width | field(row);
    }
  }

  // At least one word, so that keys without any difference are keys all the same.
  KeyWords finish() {
    if (out_.count == 0) {
      out_.count = 1;
      out_.words.resize(rows_);
      out_.words.fill(0);
    }
    out_.words.shrink(out_.count * rows_);
    return std::move(out_);
  }

 private:
  std::size_t rows_;
  unsigned used_ = 0;
  KeyWords out_;
};

void pack(const Encoded& key, std::size_t c, Packer& packer) {
  const Column& column = *key.columns[c];
  const std::uint64_t* const images = key.images[c].data();
  const std::uint64_t range = key.most - key.least;
  const std::uint64_t least = key.least;
  if (!key.nullable) {
    packer.add(static_cast<unsigned>(std::bit_width(range)),
               [=](std::size_t row) { return images[row] - least; });
    return;
  }
  const bool first = key.order.nulls_first;
  if (range == ~std::uint64_t{0}) {
    packer.add(1, [&](std::size_t row) -> std::uint64_t { return column.valid(row) == first; });
    packer.add(64, [&](std::size_t row) { return column.valid(row) ? images[row] : 0; });
    return;
  }
  const std::uint64_t null = first ? 0 : range + 1;
  const std::uint64_t base = first ? 1 : 0;
  packer.add(static_cast<unsigned>(std::bit_width(range + 1)), [&](std::size_t row) {
    return column.valid(row) ? images[row] - least + base : null;
  });
}

bool same_words(ColumnType a, ColumnType b) {
  if (a == b) return true;
  const auto width_only = [](ColumnType t) {
    return t.is(ColumnKind::kI32) || t.is(ColumnKind::kI64);
  };
  return (width_only(a) && width_only(b)) || (a.floating() && b.floating());
}

}  // namespace

KeyWords encode_keys(std::span<const KeyColumn> keys, std::size_t rows, KeyUse use) {
  if (keys.size() == 1 && !keys[0].column->nullable()) {
    return {std::move(images_of({keys[0].column}, keys[0].order, use).images[0]), 1};
  }
  Packer packer(rows, keys.size() * 2);
  for (const KeyColumn& key : keys) pack(encode({key.column}, key.order, use), 0, packer);
  return packer.finish();
}

Result<KeyPair> encode_key_pair(std::span<const Column* const> left,
                                std::span<const Column* const> right, std::size_t left_rows,
                                std::size_t right_rows) {
  CHECK_EQ(left.size(), right.size());
  Packer left_words(left_rows, left.size() * 2);
  Packer right_words(right_rows, left.size() * 2);
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!same_words(left[i]->type(), right[i]->type())) {
      return fail(invalid_argument("type_mismatch",
                                   "key " + std::to_string(i) + " is " +
                                       column_type_name(left[i]->type()) + " on the left and " +
                                       column_type_name(right[i]->type()) + " on the right")
                      .hint("map one of them to the other's type first"));
    }
    const Encoded key = encode({left[i], right[i]}, {}, KeyUse::kEquality);
    pack(key, 0, left_words);
    pack(key, 1, right_words);
  }
  return KeyPair{left_words.finish(), right_words.finish()};
}

}  // namespace weir::ops
