#include "ops/table/column.hpp"

#include <cstring>
#include <string>

namespace weir::ops {

std::string column_type_name(ColumnType type) {
  switch (type.kind) {
    case ColumnKind::kBool:
      return "bool";
    case ColumnKind::kI32:
      return "i32";
    case ColumnKind::kI64:
      return "i64";
    case ColumnKind::kU64:
      return "u64";
    case ColumnKind::kF32:
      return "f32";
    case ColumnKind::kF64:
      return "f64";
    case ColumnKind::kDecimal:
      return "decimal(" + std::to_string(type.scale) + ")";
    case ColumnKind::kTimestamp:
      return "timestamp";
    case ColumnKind::kString:
      return "string";
  }
  return "f64";
}

expr::Type expression_type(ColumnType type) {
  switch (type.kind) {
    case ColumnKind::kBool:
      return expr::Type::boolean();
    case ColumnKind::kI32:
    case ColumnKind::kI64:
    case ColumnKind::kU64:
      return expr::Type::i64();
    case ColumnKind::kF32:
    case ColumnKind::kF64:
      return expr::Type::f64();
    case ColumnKind::kDecimal:
      return expr::Type::decimal(type.scale);
    case ColumnKind::kTimestamp:
      return expr::Type::timestamp();
    case ColumnKind::kString:
      return expr::Type::string();
  }
  return expr::Type::f64();
}

std::optional<ColumnType> column_type(expr::Type type) {
  switch (type.kind) {
    case expr::Kind::kBool:
      return ColumnType::boolean();
    case expr::Kind::kI64:
      return ColumnType::i64();
    case expr::Kind::kDuration:
      return ColumnType::decimal(6);  // the same microseconds, which a later step reads as seconds
    case expr::Kind::kF64:
      return ColumnType::f64();
    case expr::Kind::kDecimal:
      if (type.per_row()) return std::nullopt;
      return ColumnType::decimal(type.scale);
    case expr::Kind::kTimestamp:
      return ColumnType::timestamp();
    case expr::Kind::kString:
      return ColumnType::string();
    default:
      return std::nullopt;
  }
}

namespace {

constexpr std::size_t kBytesMax = 0xFFFFFFFFU;

Status too_much_text() {
  return out_of_range("text_bytes_max", "a column of more than 4 GiB of text")
      .hint("cut the table into smaller ones");
}

}  // namespace

Status Texts::append(std::string_view text) {
  const std::size_t end = offsets_[size()];
  if (end + text.size() > kBytesMax) return too_much_text();
  bytes_.extend(end + text.size());
  if (!text.empty()) std::memcpy(bytes_.data() + end, text.data(), text.size());
  offsets_.extend(offsets_.size() + 1);
  offsets_[size()] = static_cast<std::uint32_t>(end + text.size());
  return Status::ok();
}

Result<Texts> Texts::of(std::span<const std::string_view> texts,
                        std::span<const std::uint64_t> validity) {
  Texts out;
  out.offsets_.extend(texts.size() + 1);
  std::size_t end = 0;
  const auto text_of = [&](std::size_t row) {
    return (validity[row / 64] >> (row % 64) & 1) != 0 ? texts[row] : std::string_view{};
  };
  for (std::size_t row = 0; row < texts.size(); ++row) {
    end += text_of(row).size();
    if (end > kBytesMax) return fail(too_much_text());
    out.offsets_[row + 1] = static_cast<std::uint32_t>(end);
  }
  out.bytes_.resize(end);
  for (std::size_t row = 0; row < texts.size(); ++row) {
    const std::string_view text = text_of(row);
    if (!text.empty()) std::memcpy(out.bytes_.data() + out.offsets_[row], text.data(), text.size());
  }
  return out;
}

Column::Column(ColumnType type, std::size_t rows, std::shared_ptr<const Texts> texts)
    : type_(type), rows_(rows), texts_(std::move(texts)) {
  const std::size_t bytes =
      type.is(ColumnKind::kBool) ? (rows + 63) / 64 * 8 : rows * column_value_bytes(type.kind);
  values_.resize(bytes);
}

std::shared_ptr<Column> Column::of_texts(Texts texts) {
  auto column = std::make_shared<Column>(ColumnType::string(), 0);
  column->rows_ = texts.size();
  column->texts_ = std::make_shared<const Texts>(std::move(texts));
  column->plain_ = true;
  return column;
}

expr::Value Column::at(std::size_t row) const {
  if (!valid(row)) return {};
  switch (type_.kind) {
    case ColumnKind::kBool:
      return expr::Value::of_i64(bit(row) ? 1 : 0);
    case ColumnKind::kI32:
      return expr::Value::of_i64(values<std::int32_t>()[row]);
    case ColumnKind::kF32:
      return expr::Value::of_f64(static_cast<double>(values<float>()[row]));
    case ColumnKind::kF64:
      return expr::Value::of_f64(values<double>()[row]);
    case ColumnKind::kString:
      return expr::Value::of_text(text(row));
    default:
      return expr::Value::of_i64(values<std::int64_t>()[row]);
  }
}

void Column::set_validity(Buffer<std::uint64_t> words) {
  const std::size_t count = (rows_ + 63) / 64;
  CHECK_GE(words.size(), count);
  words.shrink(count);
  bool all = true;
  for (std::size_t word = 0; word < count; ++word) {
    const std::size_t rows = std::min<std::size_t>(64, rows_ - word * 64);
    const std::uint64_t full = rows == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << rows) - 1;
    words[word] &= full;
    all &= words[word] == full;
  }
  validity_ = all ? Buffer<std::uint64_t>() : std::move(words);
}

ColumnView Column::view() const {
  ColumnView view;
  switch (type_.kind) {
    case ColumnKind::kBool:
      view = ColumnView::bitmap(values<std::uint64_t>().data());
      break;
    case ColumnKind::kI32:
      view = ColumnView::packed(values<std::int32_t>().data());
      break;
    case ColumnKind::kF32:
      view = ColumnView::packed(values<float>().data());
      break;
    case ColumnKind::kF64:
      view = ColumnView::packed(values<double>().data());
      break;
    case ColumnKind::kString:
      view = plain_ ? ColumnView::texts(texts_->offsets(), texts_->bytes())
                    : ColumnView::codes(values<std::uint32_t>().data(), texts_->offsets(),
                                        texts_->bytes());
      break;
    default:
      view = ColumnView::packed(values<std::int64_t>().data());
  }
  return validity_.empty() ? view : view.with_validity(validity_.data());
}

Status ColumnBuilder::append(const expr::Value& value) {
  const std::size_t row = rows_;
  if (row % 64 == 0) {
    validity_.extend(row / 64 + 1);
    validity_[row / 64] = 0;
    if (type_.is(ColumnKind::kBool)) {
      words_.extend(row / 64 + 1);
      words_[row / 64] = 0;
    }
  }
  if (!value.null) validity_[row / 64] |= std::uint64_t{1} << (row % 64);
  if (type_.is(ColumnKind::kBool)) {
    if (!value.null && value.i != 0) words_[row / 64] |= std::uint64_t{1} << (row % 64);
  } else if (type_.is(ColumnKind::kString) && plain_) {
    WEIR_TRY(texts_.append(value.null ? std::string_view{} : value.s));
  } else if (type_.is(ColumnKind::kString)) {
    const std::string_view text = value.null ? std::string_view{} : value.s;
    const auto [at, is_new] =
        codes_.emplace(std::string(text), static_cast<std::uint32_t>(codes_.size()));
    if (is_new) WEIR_TRY(texts_.append(text));
    halves_.extend(row + 1);
    halves_[row] = at->second;
  } else if (column_value_bytes(type_.kind) == 4) {
    halves_.extend(row + 1);
    const auto narrow = static_cast<float>(value.f);
    const auto number = static_cast<std::int32_t>(value.i);
    std::memcpy(&halves_[row], type_.floating() ? static_cast<const void*>(&narrow) : &number, 4);
  } else {
    words_.extend(row + 1);
    std::memcpy(&words_[row], type_.floating() ? static_cast<const void*>(&value.f) : &value.i, 8);
  }
  ++rows_;
  return Status::ok();
}

ColumnPtr ColumnBuilder::finish() {
  std::shared_ptr<Column> column;
  if (type_.is(ColumnKind::kString) && plain_) {
    column = Column::of_texts(std::move(texts_));
  } else {
    const bool coded = type_.is(ColumnKind::kString);
    if (coded) texts_.set_distinct();
    column = std::make_shared<Column>(
        type_, rows_, coded ? std::make_shared<const Texts>(std::move(texts_)) : nullptr);
    const bool narrow = column_value_bytes(type_.kind) == 4;
    const auto bytes = column->mutable_values<char>();
    const void* from = narrow ? static_cast<const void*>(halves_.data()) : words_.data();
    if (!bytes.empty()) std::memcpy(bytes.data(), from, bytes.size());
  }
  if (rows_ != 0) column->set_validity(std::move(validity_));
  return column;
}

int compare_values(ColumnType type, const expr::Value& a, const expr::Value& b) {
  if (type.floating()) return expr::compare_f64(a.f, b.f);
  if (type.is(ColumnKind::kString)) {
    const int order = a.s.compare(b.s);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  if (type.is(ColumnKind::kU64)) {
    const auto left = static_cast<std::uint64_t>(a.i);
    const auto right = static_cast<std::uint64_t>(b.i);
    return left < right ? -1 : left > right ? 1 : 0;
  }
  return a.i < b.i ? -1 : a.i > b.i ? 1 : 0;
}

}  // namespace weir::ops
