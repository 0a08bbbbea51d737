#include "decide/inputs.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "decide/attrs.hpp"
#include "decide/distance.hpp"
#include "wire/iso_code.hpp"

namespace weir::decide {

using expr::InputId;
using wire::Event;

namespace {

constexpr std::uint32_t kNotMade = 0xFFFFFFFFU;
constexpr double kScoreTail = 6;

InputId input_of(RuleField field) {
  return static_cast<InputId>(field);
}

Bytes side_of(const DecideInput& in, const Event& event) {
  if (event.side_len == 0 || event.side_off > in.side.size() ||
      event.side_len > in.side.size() - event.side_off) {
    return {};
  }
  return in.side.subspan(event.side_off, event.side_len);
}

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void set_bit(std::uint64_t* words, std::size_t row) {
  words[row / 64] |= std::uint64_t{1} << row % 64;
}

}  // namespace

void pack_bits(const std::uint8_t* bytes, std::size_t rows, std::uint64_t* words) {
  const std::size_t count = (rows + 63) / 64;
  for (std::size_t w = 0; w < count; ++w) {
    std::uint64_t word = 0;
    const std::size_t in_word = std::min<std::size_t>(64, rows - w * 64);
    if (in_word == 64) {
      for (std::size_t i = 0; i < 8; ++i) {
        // The product gathers the low bits of eight bytes in its top byte.
        const auto eight = load<std::uint64_t>(bytes + w * 64 + i * 8) & 0x0101010101010101U;
        word |= (eight * 0x0102040810204080U >> 56) << (i * 8);
      }
    } else {
      for (std::size_t i = 0; i < in_word; ++i) {
        word |= static_cast<std::uint64_t>(bytes[w * 64 + i] & 1) << i;
      }
    }
    words[w] = word;
  }
}

std::string_view code_text(RuleField field, const Event& event, const wire::Dictionary* dictionary,
                           std::string& scratch) {
  const auto interned = [&](wire::Namespace space, std::uint64_t value) {
    return dictionary != nullptr ? dictionary->text(static_cast<std::uint8_t>(space), value)
                                 : std::string_view();
  };
  switch (field) {
    case RuleField::kType:
      return wire::event_type_name(event.event_type());
    case RuleField::kCurrency: {
      if (event.currency >= wire::kAssetFirst) {
        return interned(wire::Namespace::kAsset, event.currency - wire::kAssetFirst + 1U);
      }
      const wire::Currency* currency = wire::find_currency(event.currency);
      return currency != nullptr ? std::string_view(currency->code) : std::string_view();
    }
    case RuleField::kChannel:
      return event.channel != 0 ? interned(wire::Namespace::kChannel, event.channel)
                                : std::string_view();
    case RuleField::kMcc:
    case RuleField::kCategory:
      if (event.category == 0) return {};
      if (event.category >= wire::kCategoryTextFirst) {
        return interned(wire::Namespace::kCategory, event.category - wire::kCategoryTextFirst + 1U);
      }
      scratch = std::to_string(event.category);
      return scratch;
    case RuleField::kDebtorCountry:
      return wire::country_code(event.country[0]);
    case RuleField::kCreditorCountry:
      return wire::country_code(event.country[1]);
    default:
      return {};
  }
}

void InputColumns::set_rules(const RuleSet& rules) {
  rules_ = &rules;
  const std::size_t inputs = kFirstHiddenInput + rules.hidden.size();
  views_.assign(inputs, ColumnView());
  wanted_.assign(inputs, 0);
  made_of_.assign(inputs, kNotMade);
  made_.clear();
  for (const InputId input : rules.inputs) {
    wanted_[input] = 1;
    const bool in_place = (input < kRuleFields && is_in_record(static_cast<RuleField>(input))) ||
                          (input >= kRuleFields && input < kFirstHiddenInput);
    if (in_place) continue;
    made_of_[input] = static_cast<std::uint32_t>(made_.size());
    Made& column = made_.emplace_back();
    column.valid = AlignedBuffer<std::uint64_t>(kChunkWords);
    const bool text = input == input_of(RuleField::kId) || input == input_of(RuleField::kMemo) ||
                      (input >= kFirstHiddenInput &&
                       rules.hidden[input - kFirstHiddenInput].first.is(expr::Kind::kString));
    if (text) {
      column.texts.resize(kChunkRows);
      column.storage.resize(kChunkRows);
    } else {
      column.words = AlignedBuffer<std::uint64_t>(kChunkRows);
    }
  }
}

bool InputColumns::wanted(InputId input) const {
  return wanted_[input] != 0;
}

InputColumns::Made& InputColumns::made(InputId input) {
  CHECK(made_of_[input] != kNotMade);
  return made_[made_of_[input]];
}

void InputColumns::set_null(InputId input) {
  Made& column = made(input);
  ColumnView view = column.texts.empty() ? ColumnView::packed(column.words.data())
                                         : ColumnView::packed(column.texts.data());
  view.storage =
      input < kRuleFields ? Storage::kF64 : rules_->hidden[input - kFirstHiddenInput].second;
  if (!column.texts.empty()) view.storage = Storage::kText;
  view.stride = storage_size(view.storage);
  std::fill(column.valid.begin(), column.valid.end(), 0U);
  views_[input] = view.with_validity(column.valid.data());
}

void InputColumns::bind(const DecideInput& in, std::size_t begin, std::size_t rows,
                        ListIndex* lists) {
  CHECK(rows <= kChunkRows);
  const Event* events = in.columns->events.data() + begin;
  for (unsigned i = 0; i < kRuleFields; ++i) {
    const auto field = static_cast<RuleField>(i);
    if (wanted(i) && is_in_record(field)) views_[i] = event_column(field, events);
  }
  for (unsigned f = 0; f < profile::kFeatures; ++f) {
    if (!wanted(kFirstFeatureInput + f)) continue;
    CHECK(in.features != nullptr);
    views_[kFirstFeatureInput + f] =
        ColumnView::packed(in.features->column(static_cast<profile::Feature>(f)) + begin);
  }
  bind_score(in, begin, rows);
  bind_calendar(in, begin, rows);
  bind_balance(in, begin, rows);
  bind_texts(in, begin, rows);
  bind_detectors(in, begin, rows);
  bind_attrs(in, begin, rows);
  bind_distance(in, begin, rows);
  bind_lists(in, begin, rows, lists);
}

void InputColumns::set_window(std::size_t window, const std::uint64_t* values,
                              const std::uint64_t* bits) {
  const InputId input = rules_->windows[window].input;
  ColumnView view = ColumnView::packed(values);
  view.storage = rules_->hidden[input - kFirstHiddenInput].second;
  views_[input] = view.with_validity(bits);
}

void InputColumns::bind_score(const DecideInput& in, std::size_t begin, std::size_t rows) {
  for (const RuleField field : {RuleField::kScore, RuleField::kTail}) {
    if (!wanted(input_of(field))) continue;
    double* out = made(input_of(field)).reals();
    for (std::size_t i = 0; i < rows; ++i) {
      const double tail = in.tail_e6.empty() ? 0 : in.tail_e6[begin + i] / 1e6;
      out[i] = field == RuleField::kTail ? tail : std::min(tail, kScoreTail) / kScoreTail;
    }
    views_[input_of(field)] = ColumnView::packed(out);
  }
}

void InputColumns::bind_calendar(const DecideInput& in, std::size_t begin, std::size_t rows) {
  constexpr std::int64_t kDayUs = kDay;
  for (const RuleField field : {RuleField::kHour, RuleField::kWeekday}) {
    if (!wanted(input_of(field))) continue;
    std::uint8_t* out = made(input_of(field)).bytes();
    const auto feature =
        field == RuleField::kHour ? profile::Feature::kHour : profile::Feature::kWeekday;
    for (std::size_t i = 0; i < rows; ++i) {
      if (in.features != nullptr) {  // these are in the time zone of the profiles
        out[i] = static_cast<std::uint8_t>(in.features->at(begin + i, feature));
        continue;
      }
      const std::int64_t t = in.columns->events[begin + i].time_us;
      // 1970-01-01 was a Thursday.
      out[i] = static_cast<std::uint8_t>(field == RuleField::kHour ? t % kDayUs / kHour
                                                                   : (t / kDayUs + 3) % 7);
    }
    views_[input_of(field)] = ColumnView::packed(out);
  }
  const InputId late = input_of(RuleField::kLate);
  if (!wanted(late)) return;
  std::uint8_t* out = made(late).bytes();
  for (std::size_t i = 0; i < rows; ++i) out[i] = !in.late.empty() && in.late[begin + i] != 0;
  views_[late] = ColumnView::packed(out);
}

void InputColumns::bind_balance(const DecideInput& in, std::size_t begin, std::size_t rows) {
  const InputId input = input_of(RuleField::kBalance);
  if (!wanted(input)) return;
  Made& column = made(input);
  const Event* events = in.columns->events.data() + begin;
  const std::uint64_t* valid = nullptr;
  if (in.balance.empty()) {
    valid = all_null_.data();
    views_[input] = ColumnView::packed(reinterpret_cast<const std::int64_t*>(column.words.data()));
  } else {
    views_[input] = ColumnView::packed(in.balance.data() + begin);
    if (!in.balance_valid.empty()) {
      pack_bits(in.balance_valid.data() + begin, rows, column.valid.data());
      valid = column.valid.data();
    }
  }
  views_[input] =
      views_[input].with_exponents(&events->exponent, sizeof(Event)).with_validity(valid);
}

void InputColumns::bind_texts(const DecideInput& in, std::size_t begin, std::size_t rows) {
  const InputId memo = input_of(RuleField::kMemo);
  if (wanted(memo)) {
    Made& column = made(memo);
    std::fill(column.valid.begin(), column.valid.end(), 0U);
    for (std::size_t i = 0; i < rows; ++i) {
      const Bytes side = side_of(in, in.columns->events[begin + i]);
      const Bytes found = side.empty() ? Bytes() : wire::find_side(side, wire::SideTag::kMemo);
      column.texts[i] = as_text(found);
      if (!found.empty()) set_bit(column.valid.data(), i);
    }
    views_[memo] = ColumnView::packed(column.texts.data()).with_validity(column.valid.data());
  }
  const InputId id = input_of(RuleField::kId);
  if (!wanted(id)) return;
  Made& column = made(id);
  for (std::size_t i = 0; i < rows; ++i) {
    const Event& event = in.columns->events[begin + i];
    column.storage[i] = wire::event_id_text(event, side_of(in, event));
    column.texts[i] = column.storage[i];
  }
  views_[id] = ColumnView::packed(column.texts.data());
}

void InputColumns::bind_detectors(const DecideInput& in, std::size_t begin, std::size_t) {
  for (const RuleDetector& detector : rules_->detectors) {
    if (!wanted(detector.input)) continue;
    const auto found = std::find(in.detector_names.begin(), in.detector_names.end(), detector.name);
    if (found == in.detector_names.end() || in.detector_tail == nullptr) {
      set_null(detector.input);
      continue;
    }
    const auto index = static_cast<std::size_t>(found - in.detector_names.begin());
    views_[detector.input] = ColumnView::packed(in.detector_tail + index * in.tail_stride + begin);
  }
}

void InputColumns::bind_attrs(const DecideInput& in, std::size_t begin, std::size_t rows) {
  for (const RuleAttr& attr : rules_->attrs) {
    if (!wanted(attr.input)) continue;
    set_null(attr.input);
    bind_attr(attr, in, begin, rows);
  }
}

void InputColumns::bind_attr(const RuleAttr& attr, const DecideInput& in, std::size_t begin,
                             std::size_t rows) {
  Made& column = made(attr.input);
  for (std::size_t i = 0; i < rows; ++i) {
    const Bytes side = side_of(in, in.columns->events[begin + i]);
    if (side.empty()) continue;
    const Bytes json = wire::find_side(side, wire::SideTag::kAttrs);
    if (json.empty()) continue;
    const AttrValue value = find_attr(as_text(json), attr.name, scratch_);
    bool valid = false;
    switch (attr.type) {
      case AttrType::kNumber:
        valid = value.kind == AttrValue::kNumber;
        column.reals()[i] = value.number;
        break;
      case AttrType::kBool:
        valid = value.kind == AttrValue::kBool;
        column.bytes()[i] = value.boolean;
        break;
      case AttrType::kText:
        valid = value.kind == AttrValue::kText;
        column.texts[i] = value.text;
        if (value.text.data() == scratch_.data()) {
          column.storage[i] = scratch_;
          column.texts[i] = column.storage[i];
        }
        break;
      case AttrType::kPresent:
        valid = value.kind != AttrValue::kAbsent && value.kind != AttrValue::kNull;
        column.bytes()[i] = 1;
        break;
    }
    if (valid) set_bit(column.valid.data(), i);
  }
}

void InputColumns::bind_distance(const DecideInput& in, std::size_t begin, std::size_t rows) {
  if (!rules_->distance || !wanted(*rules_->distance)) return;
  set_null(*rules_->distance);
  Made& column = made(*rules_->distance);
  for (std::size_t i = 0; i < rows; ++i) {
    const Bytes side = side_of(in, in.columns->events[begin + i]);
    if (side.empty()) continue;
    const Bytes place = wire::find_side(side, wire::SideTag::kLocation);
    if (place.size() != 4 * sizeof(double)) continue;
    const auto degrees = [&](std::size_t at) { return load<double>(place.data() + at * 8); };
    column.reals()[i] = distance_km(degrees(0), degrees(1), degrees(2), degrees(3));
    set_bit(column.valid.data(), i);
  }
}

void InputColumns::bind_lists(const DecideInput& in, std::size_t begin, std::size_t rows,
                              ListIndex* lists) {
  for (const RuleList& use : rules_->lists) {
    if (!wanted(use.input)) continue;
    std::uint8_t* out = made(use.input).bytes();
    views_[use.input] = ColumnView::packed(out);
    const std::uint32_t list = lists != nullptr ? lists->find(use.name) : ListIndex::kNone;
    const auto field = static_cast<RuleField>(use.operand);
    const bool text = field == RuleField::kId || field == RuleField::kMemo;
    for (std::size_t i = 0; i < rows; ++i) {
      const Event& event = in.columns->events[begin + i];
      bool present = false;
      bool found = false;
      if (is_entity(field)) {
        const std::uint64_t word = field_word(field, event);
        present = word != 0;
        found = present && list != ListIndex::kNone && lists->contains(list, word, event.time_us);
      } else {
        const std::string_view value =
            text ? made(use.operand).texts[i] : code_text(field, event, in.dictionary, scratch_);
        present = !value.empty();
        found =
            present && list != ListIndex::kNone && lists->contains_text(list, value, event.time_us);
      }
      out[i] = present && found != use.negated;
    }
  }
}

}  // namespace weir::decide
