#include "ledger/feature_rows.hpp"

#include "base/check.hpp"
#include "base/hash.hpp"

namespace weir::ledger {
namespace {

struct Head {
  std::uint16_t mode;
  std::uint16_t schema_version;
  std::uint32_t rows;
  std::uint32_t columns;
  std::uint32_t zero;
};
static_assert(sizeof(Head) == kFeatureRowsHeadBytes);

std::size_t row_number_bytes(FeatureRowsMode mode, std::size_t rows) {
  return mode == FeatureRowsMode::kSampled ? align_up(rows * sizeof(std::uint32_t), 8) : 0;
}

template <class T>
Bytes bytes_of(const T* values, std::size_t count) {
  return {reinterpret_cast<const std::uint8_t*>(values), count * sizeof(T)};
}

}  // namespace

bool keeps_feature_row(const wire::Event& event, const wire::VerdictCore& verdict) {
  return (verdict.flags & wire::kAlert) != 0 || verdict.outcome != 0 || xxh3_64(event.id) % 64 == 0;
}

void sample_feature_rows(std::span<const wire::Event> events,
                         std::span<const wire::VerdictCore> verdicts,
                         std::vector<std::uint32_t>& rows) {
  CHECK_EQ(events.size(), verdicts.size());
  rows.clear();
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (keeps_feature_row(events[i], verdicts[i])) rows.push_back(static_cast<std::uint32_t>(i));
  }
}

std::size_t feature_rows_bytes(FeatureRowsMode mode, std::size_t rows) {
  if (mode == FeatureRowsMode::kNone) return 0;
  return sizeof(Head) + row_number_bytes(mode, rows) +
         align_up(rows * profile::kFeatures * sizeof(float), 8);
}

void append_feature_rows(FeatureRowsMode mode, const profile::FeatureMatrix& features,
                         std::span<const std::uint32_t> sampled, storage::DirectBuffer& out) {
  if (mode == FeatureRowsMode::kNone) return;
  const bool all = mode == FeatureRowsMode::kAll;
  const std::size_t rows = all ? features.rows() : sampled.size();
  const Head head{static_cast<std::uint16_t>(mode), profile::kFeatureSchemaVersion,
                  static_cast<std::uint32_t>(rows), profile::kFeatures, 0};
  out.append(bytes_of(&head, 1));
  if (!all) out.append(bytes_of(sampled.data(), rows));
  out.pad_to(8);
  for (unsigned f = 0; f < profile::kFeatures; ++f) {
    const float* column = features.column(static_cast<profile::Feature>(f));
    if (all) {
      out.append(bytes_of(column, rows));
      continue;
    }
    for (const std::uint32_t row : sampled) out.append(bytes_of(column + row, 1));
  }
  out.pad_to(8);
}

FeatureRowsView::FeatureRowsView(Bytes bytes, std::size_t events) {
  if (bytes.empty()) return;
  ok_ = false;
  if (bytes.size() < sizeof(Head)) return;
  const auto head = load<Head>(bytes.data());
  const auto mode = static_cast<FeatureRowsMode>(head.mode);
  const bool all = mode == FeatureRowsMode::kAll;
  if ((!all && mode != FeatureRowsMode::kSampled) || head.zero != 0) return;
  if (head.columns != profile::kFeatures || head.rows > events || (all && head.rows != events))
    return;
  if (bytes.size() != feature_rows_bytes(mode, head.rows)) return;
  if (!all) {
    row_numbers_ = reinterpret_cast<const std::uint32_t*>(bytes.data() + sizeof(Head));
    for (std::size_t i = 0; i < head.rows; ++i) {
      if (row_numbers_[i] >= events || (i != 0 && row_numbers_[i] <= row_numbers_[i - 1])) return;
    }
  }
  values_ = reinterpret_cast<const float*>(bytes.data() + sizeof(Head) +
                                           row_number_bytes(mode, head.rows));
  ok_ = true;
  mode_ = mode;
  schema_version_ = head.schema_version;
  rows_ = head.rows;
  columns_ = head.columns;
}

std::uint32_t FeatureRowsView::block_row(std::size_t index) const {
  CHECK_LT(index, rows_);
  return row_numbers_ != nullptr ? row_numbers_[index] : static_cast<std::uint32_t>(index);
}

std::span<const float> FeatureRowsView::column(std::size_t feature) const {
  CHECK_LT(feature, columns_);
  return {values_ + feature * rows_, rows_};
}

}  // namespace weir::ledger
