#include "wire/csv/converter.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/decimal.hpp"
#include "base/json.hpp"
#include "wire/csv/preset.hpp"
#include "wire/iso_code.hpp"
#include "wire/json_text.hpp"

namespace weir::wire {

struct RowConverter::Row {
  std::span<const std::string_view> fields;
  std::uint64_t number;
  std::uint32_t index;  // in the batch
  EventBatch& batch;
  RowProblem& problem;
  Event event;
};

namespace {

constexpr std::array<std::pair<Target, std::uint64_t Event::*>, 6> kEntityTargets = {{
    {Target::kDebtor, &Event::debtor},
    {Target::kCreditor, &Event::creditor},
    {Target::kMerchant, &Event::merchant},
    {Target::kDevice, &Event::device},
    {Target::kInstrument, &Event::instrument},
    {Target::kIp, &Event::ip},
}};

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Refusal refusal_of(DecimalError error) {
  if (error == DecimalError::kPrecision) return Refusal::kAmountPrecision;
  return error == DecimalError::kRange ? Refusal::kAmountRange : Refusal::kNumberFormat;
}

}  // namespace

Result<RowConverter::Source> RowConverter::bind(const FieldMap& map,
                                                std::span<const std::string> header) const {
  Source source;
  source.map = map;
  source.present = map.present();
  for (const std::string& name : map.columns) {
    WEIR_ASSIGN(const std::size_t column, find_column(header, name));
    source.columns.push_back(column);
  }
  return source;
}

Status RowConverter::bind_constants() {
  const FieldMap& type = mapping_[Target::kType];
  blank_.type = static_cast<std::uint8_t>(EventType::kTransfer);
  if (!type.constant.empty()) {
    EventType constant{};
    if (!parse_event_type(type.constant, constant))
      return invalid_argument("mapping", "there is no event type '" + type.constant + "'")
          .at("type");
    blank_.type = static_cast<std::uint8_t>(constant);
  }
  const FieldMap& currency = mapping_[Target::kCurrency];
  constant_currency_ = currency.columns.empty();
  blank_.currency = kUnknownCurrency;
  blank_.exponent = 2;
  if (!currency.constant.empty()) {
    const Currency* known = find_currency(currency.constant);
    // An asset is interned row by row.
    if (known == nullptr) {
      constant_currency_ = false;
    } else {
      blank_.currency = known->number;
      blank_.exponent = known->exponent;
    }
  }
  if (mapping_.exponent >= 0) blank_.exponent = static_cast<std::uint8_t>(mapping_.exponent);
  return Status::ok();
}

Result<RowConverter> RowConverter::make(const Mapping& mapping, std::span<const std::string> header,
                                        const Options& options) {
  RowConverter converter;
  converter.mapping_ = mapping;
  converter.options_ = options;
  converter.columns_ = header.size();
  converter.time_ = TimeReader(mapping.time);
  converter.point_ = mapping.decimal_point == ',' ? ',' : '.';
  for (std::size_t i = 0; i < kTargets; ++i) {
    WEIR_ASSIGN(converter.sources_[i], converter.bind(mapping.fields[i], header));
  }
  for (const Target needed : {Target::kTime, Target::kAmount})
    if (!converter.at(needed).present)
      return fail(
          invalid_argument("mapping", "the mapping has no " + std::string(target_name(needed)))
              .at(target_name(needed)));
  if (!converter.at(Target::kDebtor).present && !converter.at(Target::kCreditor).present)
    return fail(invalid_argument("mapping", "the mapping has neither debtor nor creditor"));
  WEIR_TRY(converter.bind_constants());
  if (!mapping.swap_column.empty()) {
    WEIR_ASSIGN(converter.swap_column_, find_column(header, mapping.swap_column));
  }
  const auto keep = [&](const std::vector<std::string>& names) -> Status {
    for (const std::string& name : names) {
      WEIR_ASSIGN(const std::size_t column, find_column(header, name));
      converter.attrs_.emplace_back(column, header[column]);
    }
    return Status::ok();
  };
  WEIR_TRY(keep(mapping.attrs));
  if (options.keep_leaky) WEIR_TRY(keep(mapping.leaky));
  if (options.keep_personal) WEIR_TRY(keep(mapping.personal));
  return converter;
}

bool RowConverter::refuse(Row& row, Target target, Refusal code, std::string_view message) {
  const Source& source = at(target);
  row.problem.code = code;
  row.problem.column = source.columns.empty() ? ~std::size_t{0} : source.columns[0];
  row.problem.message.assign(target_name(target)).append(": ").append(message);
  return false;
}

// Returns the text of a mapped field; several columns are joined, all empty is empty.
std::string_view RowConverter::text(const Source& source, const Row& row) {
  if (source.columns.empty()) return source.map.constant;
  if (source.columns.size() == 1) return row.fields[source.columns[0]];
  joined_.clear();
  bool any = false;
  for (std::size_t i = 0; i < source.columns.size(); ++i) {
    const std::string_view part = row.fields[source.columns[i]];
    if (i != 0) joined_ += source.map.join;
    joined_ += part;
    any = any || !part.empty();
  }
  return any ? std::string_view(joined_) : std::string_view{};
}

bool RowConverter::convert_amount(Row& row, Target target, std::int64_t& units) {
  const Source& source = at(target);
  const std::string_view value = text(source, row);
  if (value.empty()) {
    if (target == Target::kFee) return true;
    return refuse(row, target, Refusal::kFieldMissing, "empty");
  }
  const char point = source.columns.empty() ? '.' : point_;
  const Decimal parsed = parse_decimal(value, row.event.exponent, point);
  if (parsed.error != DecimalError::kNone)
    return refuse(row, target, refusal_of(parsed.error),
                  parsed.error == DecimalError::kPrecision
                      ? "more decimals than the currency has"
                      : (parsed.error == DecimalError::kRange ? "too large" : "not a number"));
  if (parsed.units < 0) return refuse(row, target, Refusal::kAmountNegative, "below zero");
  units = parsed.units;
  return true;
}

bool RowConverter::convert_numbers(Row& row) {
  const std::string_view when = text(at(Target::kTime), row);
  if (when.empty()) return refuse(row, Target::kTime, Refusal::kFieldMissing, "empty");
  if (!time_.read(when, row.event.time_us))
    return refuse(row, Target::kTime, Refusal::kDateFormat, "not a time of the file's format");
  if (row.event.time_us < kTimeMin || row.event.time_us >= kTimeMax)
    return refuse(row, Target::kTime, Refusal::kTimeRange, "outside 1970 to 2200");
  if (!constant_currency_) {
    const std::string_view name = currency_code_of_name(text(at(Target::kCurrency), row));
    if (!options_.ids.currency(row.batch, row.event, row.index, name))
      return refuse(row, Target::kCurrency, Refusal::kCurrencyUnknown, "longer than 512 bytes");
    if (mapping_.exponent >= 0) row.event.exponent = static_cast<std::uint8_t>(mapping_.exponent);
  }
  if (!convert_amount(row, Target::kAmount, row.event.amount)) return false;
  if (at(Target::kFee).present) {
    std::int64_t fee = 0;
    if (!convert_amount(row, Target::kFee, fee)) return false;
    if (fee > 0xFFFFFFFFLL) return refuse(row, Target::kFee, Refusal::kAmountRange, "too large");
    row.event.fee = static_cast<std::uint32_t>(fee);
  }
  if (at(Target::kNonce).present) {
    const std::string_view value = text(at(Target::kNonce), row);
    std::uint64_t nonce = 0;
    if (!value.empty() && (!canonical_number(value, nonce) || nonce > 0xFFFFFFFFU))
      return refuse(row, Target::kNonce, Refusal::kNumberFormat, "not a whole number below 2^32");
    row.event.nonce = static_cast<std::uint32_t>(nonce);
  }
  return true;
}

bool RowConverter::convert_type(Row& row) {
  const Source& source = at(Target::kType);
  if (source.columns.empty()) return true;
  const std::string_view value = text(source, row);
  for (const auto& [name, type] : mapping_.types) {
    if (name != value) continue;
    row.event.type = static_cast<std::uint8_t>(type);
    return true;
  }
  row.event.type = static_cast<std::uint8_t>(mapping_.type_otherwise);
  return true;
}

bool RowConverter::convert_party(Row& row, Target target, std::uint64_t& word) {
  const Source& source = at(target);
  std::string_view value = text(source, row);
  EntityKind kind = source.map.kind;
  if (value.empty() && !source.map.empty.empty()) {
    value = source.map.empty;
    kind = source.map.empty_kind;
  }
  for (const auto& [prefix, prefix_kind] : source.map.prefix_kinds) {
    if (!value.starts_with(prefix)) continue;
    kind = prefix_kind;
    break;
  }
  if (source.map.digits && !all_digits(value))
    return refuse(row, target, Refusal::kNumberFormat, "not digits");
  std::uint32_t address = 0;
  if (source.map.padded && parse_ipv4(value, true, address)) {
    word = EntityId::number(kind, address).word;
    return true;
  }
  if (!options_.ids.entity(row.batch, kind, value, word))
    return refuse(row, target, Refusal::kEncoding, "longer than 512 bytes");
  return true;
}

bool RowConverter::convert_parties(Row& row) {
  for (const auto& [target, field] : kEntityTargets)
    if (at(target).present && !convert_party(row, target, row.event.*field)) return false;
  if (swap_column_ != ~std::size_t{0}) {
    const std::string_view value = row.fields[swap_column_];
    if (std::find(mapping_.swap_values.begin(), mapping_.swap_values.end(), value) !=
        mapping_.swap_values.end())
      std::swap(row.event.debtor, row.event.creditor);
  }
  if ((row.event.debtor | row.event.creditor) != 0) return true;
  const Target named = at(Target::kDebtor).present ? Target::kDebtor : Target::kCreditor;
  return refuse(row, named, Refusal::kPartyMissing, "neither debtor nor creditor");
}

bool RowConverter::convert_small_fields(Row& row) {
  const TextIds& ids = options_.ids;
  if (at(Target::kChannel).present &&
      !ids.channel(row.batch, row.event, row.index, text(at(Target::kChannel), row)))
    return refuse(row, Target::kChannel, Refusal::kEncoding, "longer than 512 bytes");
  if (at(Target::kCategory).present &&
      !ids.category(row.batch, row.event, row.index, text(at(Target::kCategory), row)))
    return refuse(row, Target::kCategory, Refusal::kEncoding, "longer than 512 bytes");
  if (at(Target::kDebtorCountry).present)
    row.event.country[0] = country_number(text(at(Target::kDebtorCountry), row));
  if (at(Target::kCreditorCountry).present)
    row.event.country[1] = country_number(text(at(Target::kCreditorCountry), row));
  if (at(Target::kRef).present) {
    const std::string_view ref = text(at(Target::kRef), row);
    if (!ref.empty()) row.event.ref = event_key(ref);
  }
  return true;
}

bool RowConverter::convert_location(Row& row) {
  const Source& source = at(Target::kLocation);
  if (source.columns.size() != 4) return true;
  std::array<double, 4> place{};
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string_view value = row.fields[source.columns[i]];
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), place[i]);
    if (error != std::errc{} || end != value.data() + value.size())
      return refuse(row, Target::kLocation, Refusal::kNumberFormat, "not a coordinate");
  }
  row.batch.add_side(row.event, SideTag::kLocation,
                     {reinterpret_cast<const std::uint8_t*>(place.data()), sizeof place});
  return true;
}

bool RowConverter::convert_side(Row& row) {
  for (const auto& [target, tag] : {std::pair{Target::kMemo, SideTag::kMemo},
                                    {Target::kDebtorName, SideTag::kDebtorName},
                                    {Target::kCreditorName, SideTag::kCreditorName}}) {
    if (!at(target).present) continue;
    const std::string_view value = text(at(target), row);
    if (!value.empty()) row.batch.add_side(row.event, tag, as_bytes(value));
  }
  if (at(Target::kLocation).present && !convert_location(row)) return false;
  if (!attrs_.empty()) {
    json_.clear();
    JsonWriter json(json_);
    json.begin_object();
    for (const auto& [column, name] : attrs_) {
      const std::string_view value = row.fields[column];
      if (value.empty()) continue;
      json.key(name);
      if (is_json_number(value))
        json.raw(value);
      else
        json.string(value);
    }
    json.end_object();
    if (json_.size() > 2) row.batch.add_side(row.event, SideTag::kAttrs, as_bytes(json_));
  }
  return true;
}

void RowConverter::set_id(Row& row) {
  const Source& source = at(Target::kId);
  const std::string_view name = source.present ? text(source, row) : std::string_view{};
  if (!name.empty()) {
    set_event_id(row.batch, row.event, name);
    return;
  }
  std::array<std::uint8_t, 43> seed{'r', 'o', 'w'};
  std::copy(options_.file_head.begin(), options_.file_head.end(), seed.begin() + 3);
  store(seed.data() + 35, row.number);
  const Digest digest = sha256(seed);
  std::copy_n(digest.begin(), row.event.id.size(), row.event.id.begin());
}

void RowConverter::convert_label(Row& row) {
  const Source& source = at(Target::kLabel);
  if (!source.present) return;
  const std::string_view value = text(source, row);
  if (value.empty()) return;
  const auto among = [&](const std::vector<std::string>& values) {
    return std::find(values.begin(), values.end(), value) != values.end();
  };
  const bool fraud =
      mapping_.fraud_values.empty() ? !among(mapping_.normal_values) : among(mapping_.fraud_values);
  row.batch.labels.push_back({row.index, fraud});
}

bool RowConverter::convert(std::span<const std::string_view> fields, std::uint64_t row_number,
                           std::uint64_t line, EventBatch& batch, RowProblem& problem) {
  if (fields.size() != columns_) {
    problem = {Refusal::kFieldMissing, ~std::size_t{0},
               "the row has " + std::to_string(fields.size()) + " fields, the header " +
                   std::to_string(columns_)};
    return false;
  }
  const std::size_t side = batch.side.size();
  const std::size_t patches = batch.patches.size();
  Row row{fields, row_number, static_cast<std::uint32_t>(batch.size()), batch, problem, blank_};
  if (!convert_numbers(row) || !convert_type(row) || !convert_parties(row) ||
      !convert_small_fields(row)) {
    batch.patches.resize(patches);
    return false;
  }
  set_id(row);
  if (!convert_side(row) || row.event.side_len > kSideBytesMax) {
    if (row.event.side_len > kSideBytesMax)
      problem = {Refusal::kSideBounds, ~std::size_t{0}, "more than 64 KiB of texts and attributes"};
    batch.side.resize(side);
    batch.patches.resize(patches);
    return false;
  }
  convert_label(row);
  batch.events.push_back(row.event);
  batch.lines.push_back(line);
  return true;
}

}  // namespace weir::wire
