#include "wire/json_event.hpp"

#include <algorithm>

#include "base/decimal.hpp"
#include "base/json.hpp"
#include "base/time_text.hpp"
#include "wire/csv/mapping.hpp"
#include "wire/iso_code.hpp"
#include "wire/json_text.hpp"

namespace weir::wire {
namespace {

namespace json = simdjson::ondemand;

constexpr std::array<std::string_view, kJsonMembers> kMemberNames = {
    "id",      "time",     "type",     "amount",   "currency", "exponent", "fee",
    "nonce",   "debtor",   "creditor", "merchant", "card",     "device",   "ip",
    "channel", "category", "memo",     "attrs",    "ref",      "flags",    "uetr"};

JsonMember member_of(std::string_view name) {
  for (std::size_t i = 0; i < kMemberNames.size(); ++i)
    if (kMemberNames[i] == name) return static_cast<JsonMember>(i);
  return JsonMember::kNone;
}

constexpr std::array<std::pair<std::string_view, std::uint16_t>, 6> kFlagNames = {{
    {"no_execute", kNoExecute},
    {"reserve", kReserve},
    {"capture", kCapture},
    {"void", kVoid},
    {"text_id", kTextId},
    {"backfill", kBackfill},
}};

std::string_view trimmed(std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' ||
                            token.back() == '\t'))
    token.remove_suffix(1);
  return token;
}

// Returns as much of a text as a message shows.
std::string shortened(std::string_view text) {
  constexpr std::size_t kShown = 64;
  return text.size() <= kShown ? std::string(text) : std::string(text.substr(0, kShown)) + "...";
}

}  // namespace

bool JsonEventReader::refuse(Refusal code, std::string_view field, std::string_view message,
                             std::string_view value) {
  problem_.code = code;
  const Scalar& id = at(JsonMember::kId);
  problem_.event_id = id.given() ? id.text : std::string_view();
  problem_.field = field;
  problem_.message = field.empty() ? "the event" : shortened(field);
  if (!value.empty()) problem_.message += " '" + shortened(value) + "'";
  problem_.message += ' ';
  problem_.message += message;
  return false;
}

bool JsonEventReader::read_scalar(std::string_view name, json::value value, Scalar& out) {
  json::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS)
    return refuse(Refusal::kJsonShape, name, "is not valid JSON");
  switch (type) {
    case json::json_type::string:
      out.kind = Scalar::kText;
      if (value.get_string().get(out.text) != simdjson::SUCCESS)
        return refuse(Refusal::kJsonShape, name, "is not a valid text");
      return true;
    case json::json_type::number:
      out.kind = Scalar::kNumber;
      out.text = trimmed(value.raw_json_token());
      if (!is_json_number(out.text)) return refuse(Refusal::kNumberFormat, name, "is not a number");
      return true;
    case json::json_type::null:
      if (bool null = false; value.is_null().get(null) != simdjson::SUCCESS || !null)
        return refuse(Refusal::kJsonShape, name, "is not valid JSON");
      out.kind = Scalar::kNull;
      return true;
    default:
      return refuse(Refusal::kJsonShape, name, "must be a text or a number");
  }
}

// Returns a value as its JSON text, after a strict check.
bool JsonEventReader::value_text(std::string_view name, json::value value, unsigned depth_max,
                                 std::string_view& out) {
  json::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS)
    return refuse(Refusal::kJsonShape, name, "is not valid JSON");
  if (type == json::json_type::object) {
    json::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS ||
        object.raw_json().get(out) != simdjson::SUCCESS)
      return refuse(Refusal::kJsonShape, name, "is not valid JSON");
  } else if (type == json::json_type::array) {
    json::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS ||
        array.raw_json().get(out) != simdjson::SUCCESS)
      return refuse(Refusal::kJsonShape, name, "is not valid JSON");
  } else {
    out = trimmed(value.raw_json_token());
  }
  const JsonFault fault = check_json(out, depth_max);
  return fault == JsonFault::kNone || refuse(Refusal::kJsonShape, name, json_fault_text(fault));
}

bool JsonEventReader::read_unknown(std::string_view name, json::value value) {
  if (std::find(attr_names_.begin(), attr_names_.end(), name) != attr_names_.end())
    return refuse(Refusal::kJsonShape, name, "is given twice");
  attr_names_.emplace_back(name);
  std::string_view text;
  if (!value_text(name, value, kAttrsDepthMax - 1, text)) return false;
  if (!attrs_.empty()) attrs_ += ',';
  append_json_string(attrs_, name);
  attrs_ += ':';
  attrs_ += text;
  return true;
}

bool JsonEventReader::read_attrs(json::value value) {
  json::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS)
    return refuse(Refusal::kJsonShape, "attrs", "must be an object");
  for (auto field : object) {
    std::string_view name;
    json::value member;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS ||
        field.value().get(member) != simdjson::SUCCESS)
      return refuse(Refusal::kJsonShape, "attrs", "is not valid JSON");
    if (!read_unknown(name, member)) return false;
  }
  return true;
}

bool JsonEventReader::read_party(std::string_view name, json::value value, Party& out) {
  json::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS)
    return refuse(Refusal::kJsonShape, name, "is not valid JSON");
  if (type != json::json_type::object) return read_scalar(name, value, out.bare);
  json::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS)
    return refuse(Refusal::kJsonShape, name, "is not valid JSON");
  static constexpr std::array<std::pair<std::string_view, Scalar Party::*>, 7> kParts = {{
      {"account", &Party::account},
      {"id", &Party::id},
      {"name", &Party::name},
      {"country", &Party::country},
      {"mcc", &Party::mcc},
      {"ip", &Party::ip},
      {"kind", &Party::kind},
  }};
  for (auto field : object) {
    std::string_view key;
    json::value member;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(member) != simdjson::SUCCESS)
      return refuse(Refusal::kJsonShape, name, "is not valid JSON");
    Scalar* part = nullptr;
    for (const auto& [known, where] : kParts)
      if (known == key) part = &(out.*where);
    if (part == nullptr) {
      // Kept under a name that says where it stood.
      if (!read_unknown(std::string(name) + "." + std::string(key), member)) return false;
      continue;
    }
    if (part->kind != Scalar::kAbsent) return refuse(Refusal::kJsonShape, key, "is given twice");
    if (!read_scalar(key, member, *part)) return false;
  }
  return true;
}

bool JsonEventReader::read_known(JsonMember member, json::value value) {
  const std::string_view name = kMemberNames[static_cast<std::size_t>(member)];
  switch (member) {
    case JsonMember::kDebtor:
      return read_party(name, value, debtor_);
    case JsonMember::kCreditor:
      return read_party(name, value, creditor_);
    case JsonMember::kMerchant:
      return read_party(name, value, merchant_);
    case JsonMember::kDevice:
      return read_party(name, value, device_);
    case JsonMember::kAttrs:
      return read_attrs(value);
    default:
      return read_scalar(name, value, scalars_[static_cast<std::size_t>(member)]);
  }
}

bool JsonEventReader::read_member(std::string_view name, json::value value) {
  const JsonMember member = member_of(name);
  if (member == JsonMember::kNone) return read_unknown(name, value);
  const std::uint32_t bit = 1U << static_cast<unsigned>(member);
  if ((seen_ & bit) != 0) return refuse(Refusal::kJsonShape, name, "is given twice");
  seen_ |= bit;
  return read_known(member, value);
}

bool JsonEventReader::build_amount(const Scalar& scalar, std::string_view name,
                                   std::int64_t& units) {
  const Decimal parsed = parse_decimal(scalar.text, event_.exponent);
  switch (parsed.error) {
    case DecimalError::kFormat:
      return refuse(Refusal::kNumberFormat, name, "is not a decimal number", scalar.text);
    case DecimalError::kPrecision:
      return refuse(Refusal::kAmountPrecision, name, "has more decimals than the currency",
                    scalar.text);
    case DecimalError::kRange:
      return refuse(Refusal::kAmountRange, name, "is too large", scalar.text);
    case DecimalError::kNone:
      break;
  }
  if (parsed.units < 0) return refuse(Refusal::kAmountNegative, name, "is below zero", scalar.text);
  units = parsed.units;
  return true;
}

bool JsonEventReader::build_numbers(EventBatch& batch, std::uint32_t row) {
  const Scalar& time = at(JsonMember::kTime);
  if (!time.given()) return refuse(Refusal::kFieldMissing, "time", "is missing");
  std::uint64_t micros = 0;
  if (time.kind == Scalar::kNumber && canonical_number(time.text, micros))
    event_.time_us = static_cast<std::int64_t>(micros);
  else if (!parse_time(time.text, event_.time_us))
    return refuse(Refusal::kDateFormat, "time", "must be RFC 3339 or microseconds since 1970",
                  time.text);
  if (event_.time_us < kTimeMin || event_.time_us >= kTimeMax)
    return refuse(Refusal::kTimeRange, "time", "is outside 1970 to 2200", time.text);

  const Scalar& currency = at(JsonMember::kCurrency);
  const Currency* usual = find_currency(options_.currency);
  event_.currency = options_.currency;
  event_.exponent = usual == nullptr ? 2 : usual->exponent;
  if (currency.given() &&
      (currency.text.empty() || !options_.ids.currency(batch, event_, row, currency.text)))
    return refuse(Refusal::kCurrencyUnknown, "currency", "is empty or too long", currency.text);
  const Scalar& exponent = at(JsonMember::kExponent);
  std::uint64_t value = 0;
  if (exponent.given()) {
    if (!canonical_number(exponent.text, value) || value > 12)
      return refuse(Refusal::kNumberFormat, "exponent", "must be 0 to 12", exponent.text);
    event_.exponent = static_cast<std::uint8_t>(value);
  }
  const Scalar& amount = at(JsonMember::kAmount);
  if (!amount.given()) return refuse(Refusal::kFieldMissing, "amount", "is missing");
  if (!build_amount(amount, "amount", event_.amount)) return false;
  if (at(JsonMember::kFee).given()) {
    std::int64_t fee = 0;
    if (!build_amount(at(JsonMember::kFee), "fee", fee)) return false;
    if (fee > 0xFFFFFFFFLL)
      return refuse(Refusal::kAmountRange, "fee", "is too large", at(JsonMember::kFee).text);
    event_.fee = static_cast<std::uint32_t>(fee);
  }
  if (at(JsonMember::kNonce).given()) {
    if (!canonical_number(at(JsonMember::kNonce).text, value) || value > 0xFFFFFFFFU)
      return refuse(Refusal::kNumberFormat, "nonce", "must be a whole number below 2^32",
                    at(JsonMember::kNonce).text);
    event_.nonce = static_cast<std::uint32_t>(value);
  }
  return true;
}

bool JsonEventReader::entity(EventBatch& batch, std::string_view name, EntityKind kind,
                             const Scalar& scalar, std::uint64_t& word) {
  if (!scalar.given()) return true;
  return options_.ids.entity(batch, kind, scalar.text, word) ||
         refuse(Refusal::kEncoding, name, "is longer than 512 bytes");
}

bool JsonEventReader::party(EventBatch& batch, std::string_view name, const Party& from,
                            std::uint64_t& word) {
  if (from.account.given()) return entity(batch, name, EntityKind::kAccount, from.account, word);
  if (!from.id.given()) return entity(batch, name, EntityKind::kAccount, from.bare, word);
  EntityKind kind = EntityKind::kCustomer;
  if (from.kind.given() && !parse_entity_kind(from.kind.text, kind)) {
    return refuse(Refusal::kJsonShape, name, "is of a kind that nobody knows", from.kind.text);
  }
  return entity(batch, name, kind, from.id, word);
}

bool JsonEventReader::build_parties(EventBatch& batch, std::uint32_t) {
  const auto object = [&](std::string_view name, EntityKind kind, const Party& from,
                          std::uint64_t& word) {
    return entity(batch, name, kind, from.id.given() ? from.id : from.bare, word);
  };
  if (!party(batch, "debtor", debtor_, event_.debtor) ||
      !party(batch, "creditor", creditor_, event_.creditor) ||
      !object("merchant", EntityKind::kMerchant, merchant_, event_.merchant) ||
      !object("device", EntityKind::kDevice, device_, event_.device) ||
      !entity(batch, "card", EntityKind::kCard, at(JsonMember::kCard), event_.instrument) ||
      !entity(batch, "ip", EntityKind::kIp, device_.ip.given() ? device_.ip : at(JsonMember::kIp),
              event_.ip))
    return false;
  if (event_.debtor == 0) event_.debtor = event_.instrument;
  if (event_.creditor == 0) event_.creditor = event_.merchant;
  return (event_.debtor | event_.creditor) != 0 ||
         refuse(Refusal::kPartyMissing, "debtor", "and creditor are both missing");
}

bool JsonEventReader::build_flags() {
  const Scalar& flags = at(JsonMember::kFlags);
  if (!flags.given()) return true;
  std::uint64_t value = 0;
  if (flags.kind == Scalar::kNumber) {
    if (!canonical_number(flags.text, value) || (value & ~std::uint64_t{kEventFlagsKnown}) != 0)
      return refuse(Refusal::kFlagUnknown, "flags", "holds an unknown bit", flags.text);
    event_.flags = static_cast<std::uint16_t>(value & ~std::uint64_t{kTextId});
    return true;
  }
  for (const auto& [name, bit] : kFlagNames) {
    if (name != flags.text || bit == kTextId) continue;
    event_.flags = bit;
    return true;
  }
  return refuse(Refusal::kFlagUnknown, "flags", "is no known flag", flags.text);
}

bool JsonEventReader::build_small(EventBatch& batch, std::uint32_t row) {
  event_.type = static_cast<std::uint8_t>(EventType::kTransfer);
  if (at(JsonMember::kType).given()) {
    EventType type{};
    if (!parse_event_type(at(JsonMember::kType).text, type))
      return refuse(Refusal::kTypeUnknown, "type", "is no known type", at(JsonMember::kType).text);
    event_.type = static_cast<std::uint8_t>(type);
  }
  if (!build_flags()) return false;
  const Scalar& category = merchant_.mcc.given() ? merchant_.mcc : at(JsonMember::kCategory);
  if ((at(JsonMember::kChannel).given() &&
       !options_.ids.channel(batch, event_, row, at(JsonMember::kChannel).text)) ||
      (category.given() && !options_.ids.category(batch, event_, row, category.text)))
    return refuse(Refusal::kEncoding, "channel", "or category is longer than 512 bytes");
  event_.country[0] = country_number(debtor_.country.text);
  event_.country[1] =
      country_number(creditor_.country.given() ? creditor_.country.text : merchant_.country.text);
  if (at(JsonMember::kRef).given()) event_.ref = event_key(at(JsonMember::kRef).text);
  return true;
}

bool JsonEventReader::build_side(EventBatch& batch, std::uint64_t index) {
  const Scalar& id = at(JsonMember::kId);
  if (id.given() && !id.text.empty()) {
    if (id.text.size() > kDictionaryTextMax)
      return refuse(Refusal::kEncoding, "id", "is longer than 512 bytes");
    set_event_id(batch, event_, id.text);
  } else if (!options_.id_prefix.empty()) {
    set_event_id(batch, event_, options_.id_prefix + "#" + std::to_string(index));
  } else {
    return refuse(Refusal::kFieldMissing, "id", "is missing");
  }
  const Scalar* creditor_name = creditor_.name.given() ? &creditor_.name : &merchant_.name;
  for (const auto& [scalar, tag] : {std::pair{&at(JsonMember::kMemo), SideTag::kMemo},
                                    {&debtor_.name, SideTag::kDebtorName},
                                    {creditor_name, SideTag::kCreditorName},
                                    {&at(JsonMember::kUetr), SideTag::kUetr}})
    if (scalar->given() && !scalar->text.empty())
      batch.add_side(event_, tag, as_bytes(scalar->text));
  if (!attrs_.empty()) {
    attrs_.insert(attrs_.begin(), '{');
    attrs_ += '}';
    batch.add_side(event_, SideTag::kAttrs, as_bytes(attrs_));
  }
  return event_.side_len <= kSideBytesMax ||
         refuse(Refusal::kSideBounds, "attrs", "and texts are more than 64 KiB");
}

bool JsonEventReader::build(std::uint64_t index, EventBatch& batch) {
  const std::size_t side = batch.side.size();
  const std::size_t patches = batch.patches.size();
  const auto row = static_cast<std::uint32_t>(batch.size());
  event_ = {};
  if (build_numbers(batch, row) && build_parties(batch, row) && build_small(batch, row) &&
      build_side(batch, index)) {
    batch.events.push_back(event_);
    return true;
  }
  batch.side.resize(side);
  batch.patches.resize(patches);
  return false;
}

bool JsonEventReader::read_document(std::string_view text, std::size_t behind, std::uint64_t index,
                                    EventBatch& batch) {
  // The parser looks a little behind the text; near the end of what can be read it works on a copy.
  if (behind < simdjson::SIMDJSON_PADDING) {
    padded_.assign(text);
    padded_.resize(text.size() + simdjson::SIMDJSON_PADDING);
    text = std::string_view(padded_).substr(0, text.size());
  }
  json::document document;
  const simdjson::error_code error =
      parser_.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING)
          .get(document);
  if (error == simdjson::UTF8_ERROR) return refuse(Refusal::kEncoding, "", "is not UTF-8");
  json::object object;
  if (error != simdjson::SUCCESS || document.get_object().get(object) != simdjson::SUCCESS)
    return refuse(Refusal::kJsonShape, "", "is not a JSON object");
  for (auto field : object) {
    std::string_view name;
    json::value value;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS)
      return refuse(Refusal::kJsonShape, "", "is not valid JSON");
    if (!read_member(name, value)) return false;
  }
  const char* location = nullptr;
  if (document.current_location().get(location) != simdjson::OUT_OF_BOUNDS)
    return refuse(Refusal::kJsonShape, "", "has something behind its object");
  return build(index, batch);
}

bool JsonEventReader::read(std::string_view text, std::size_t behind, std::uint64_t index,
                           EventBatch& batch) {
  scalars_ = {};
  debtor_ = creditor_ = merchant_ = device_ = {};
  seen_ = 0;
  attrs_.clear();
  attr_names_.clear();
  if (text.size() > kJsonLineMax) return refuse(Refusal::kLineTooLong, "", "is longer than 1 MiB");
  return read_document(text, behind, index, batch);
}

}  // namespace weir::wire
