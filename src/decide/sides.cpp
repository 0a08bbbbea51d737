#include "decide/sides.hpp"

#include <cstring>

#include "base/check.hpp"

namespace weir::decide {
namespace {

constexpr std::size_t kRows = expr::kBlockRows;
constexpr std::size_t kWords = kRows / 64;

template <std::size_t kSize>
void gather_values(const ColumnView& from, std::span<const std::uint32_t> rows, std::uint8_t* to) {
  for (const std::uint32_t row : rows) {
    std::memcpy(to, from.at(row), kSize);
    to += kSize;
  }
}

void gather_bits(const std::uint64_t* from, std::span<const std::uint32_t> rows,
                 std::uint64_t* to) {
  std::fill_n(to, kWords, std::uint64_t{0});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    to[i / 64] |= (from[rows[i] / 64] >> rows[i] % 64 & 1) << i % 64;
  }
}

bool bit(const std::uint64_t* words, std::size_t i) {
  return (words[i / 64] >> i % 64 & 1) != 0;
}

}  // namespace

void SidesProgram::set_rules(const RuleSet& rules, const LinkedRules& linked) {
  program_ = linked.sides;
  outputs_of_ = linked.sides_outputs;
  gathered_.clear();
  outputs_.clear();
  output_views_.clear();
  if (!program_) return;
  scratch_ = std::make_unique<expr::Scratch>(*program_);
  views_.assign(kFirstHiddenInput + rules.hidden.size(), ColumnView());
  for (const expr::InputId input : program_->inputs()) {
    Gathered& made = gathered_.emplace_back();
    made.input = input;
    made.words = AlignedBuffer<std::uint64_t>(2 * kRows);
    made.valid = AlignedBuffer<std::uint64_t>(kWords);
    made.exponents.resize(kRows);
  }
  for (expr::OutputId output = 0; output < program_->outputs(); ++output) {
    Output& made = outputs_.emplace_back();
    made.words = AlignedBuffer<std::uint64_t>(kRows);
    made.valid = AlignedBuffer<std::uint64_t>(kWords);
    output_views_.push_back({made.words.data(), made.valid.data(), nullptr});
  }
}

void SidesProgram::gather(const ColumnView& from, std::span<const std::uint32_t> rows,
                          Gathered& to) {
  ColumnView& view = views_[to.input];
  view = from;
  auto* const bytes = reinterpret_cast<std::uint8_t*>(to.words.data());
  if (from.storage == Storage::kBitmap) {
    gather_bits(static_cast<const std::uint64_t*>(from.data), rows, to.words.data());
    view.data = bytes;
  } else if (from.stride != 0) {
    CHECK(from.storage != Storage::kTextOffsets);
    const std::size_t size = storage_size(from.storage);
    size == 1   ? gather_values<1>(from, rows, bytes)
    : size == 2 ? gather_values<2>(from, rows, bytes)
    : size == 4 ? gather_values<4>(from, rows, bytes)
    : size == 8 ? gather_values<8>(from, rows, bytes)
                : gather_values<sizeof(std::string_view)>(from, rows, bytes);
    view.data = bytes;
    view.stride = size;
  }
  if (from.validity != nullptr) {
    gather_bits(from.validity, rows, to.valid.data());
    view.validity = to.valid.data();
  }
  if (from.exponents != nullptr) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      to.exponents[i] = from.exponents[rows[i] * from.exponent_stride];
    }
    view.exponents = to.exponents.data();
    view.exponent_stride = 1;
  }
}

Status SidesProgram::run(std::span<const ColumnView> views, std::span<const std::uint32_t> rows) {
  if (!program_ || rows.empty()) return Status::ok();
  CHECK(rows.size() <= kRows);
  for (Gathered& to : gathered_) gather(views[to.input], rows, to);
  return program_->evaluate(views_, rows.size(), *scratch_, output_views_);
}

bool SidesProgram::find(std::uint32_t rule, std::size_t nth, unsigned& comparison,
                        HitSides& values) const {
  const std::vector<ComparisonOutputs>& candidates = outputs_of_[rule];
  for (unsigned i = 0; i < candidates.size(); ++i) {
    const ComparisonOutputs& of = candidates[i];
    if (of.branch && !bit(outputs_[*of.branch].words.data(), nth)) continue;
    const Output& left = outputs_[of.left];
    const Output& right = outputs_[of.right];
    if (!bit(left.valid.data(), nth) || !bit(right.valid.data(), nth)) continue;
    std::memcpy(&values.left, left.words.data() + nth, sizeof(double));
    std::memcpy(&values.right, right.words.data() + nth, sizeof(double));
    comparison = i;
    return true;
  }
  return false;
}

}  // namespace weir::decide
