#include "decide/rules/fields.hpp"

#include <array>

#include "base/check.hpp"
#include "wire/iso_code.hpp"

namespace weir::decide {
namespace {

using expr::Type;
using wire::EntityKind;
using wire::Event;

constexpr std::array<std::string_view, kRuleFields> kNames = {"id",
                                                              "time",
                                                              "amount",
                                                              "fee",
                                                              "currency",
                                                              "type",
                                                              "channel",
                                                              "debtor",
                                                              "creditor",
                                                              "merchant",
                                                              "card",
                                                              "device",
                                                              "ip",
                                                              "mcc",
                                                              "category",
                                                              "debtor.country",
                                                              "creditor.country",
                                                              "memo",
                                                              "hour",
                                                              "weekday",
                                                              "nonce",
                                                              "late",
                                                              "score",
                                                              "tail",
                                                              "balance"};

constexpr std::array<std::string_view, 10> kKinds = {
    "account", "customer", "merchant", "terminal",  "card",
    "device",  "ip",       "bank",     "validator", "external"};
constexpr std::array<std::string_view, 8> kPartyKinds = {
    "account", "customer", "card", "terminal", "merchant", "bank", "external", "validator"};
constexpr std::array<std::string_view, 2> kMerchantKinds = {"merchant", "terminal"};
constexpr std::array<std::string_view, 1> kCardKinds = {"card"};
constexpr std::array<std::string_view, 1> kDeviceKinds = {"device"};
constexpr std::array<std::string_view, 1> kIpKinds = {"ip"};

std::int64_t signed_word(std::uint64_t word) {
  return static_cast<std::int64_t>(word);
}

}  // namespace

std::string_view rule_field_name(RuleField field) {
  return kNames[static_cast<unsigned>(field)];
}

std::optional<RuleField> find_rule_field(std::string_view name) {
  for (unsigned i = 0; i < kRuleFields; ++i) {
    if (kNames[i] == name) return static_cast<RuleField>(i);
  }
  return std::nullopt;
}

bool is_entity(RuleField field) {
  return (field >= RuleField::kDebtor && field <= RuleField::kIp);
}

bool is_key(RuleField field) {
  switch (field) {
    case RuleField::kCurrency:
    case RuleField::kType:
    case RuleField::kChannel:
    case RuleField::kMcc:
    case RuleField::kCategory:
    case RuleField::kDebtorCountry:
    case RuleField::kCreditorCountry:
      return true;
    default:
      return is_entity(field);
  }
}

std::uint64_t field_word(RuleField field, const Event& event) {
  switch (field) {
    case RuleField::kDebtor:
      return event.debtor;
    case RuleField::kCreditor:
      return event.creditor;
    case RuleField::kMerchant:
      return event.merchant;
    case RuleField::kCard:
      return event.instrument;
    case RuleField::kDevice:
      return event.device;
    case RuleField::kIp:
      return event.ip;
    case RuleField::kCurrency:
      return std::uint64_t{event.currency} + 1;
    case RuleField::kType:
      return std::uint64_t{event.type} + 1;
    case RuleField::kChannel:
      return event.channel;
    case RuleField::kMcc:
    case RuleField::kCategory:
      return event.category;
    case RuleField::kDebtorCountry:
      return event.country[0];
    case RuleField::kCreditorCountry:
      return event.country[1];
    default:
      CHECK(is_key(field));
      return 0;
  }
}

bool is_in_record(RuleField field) {
  switch (field) {
    case RuleField::kId:
    case RuleField::kMemo:
    case RuleField::kHour:
    case RuleField::kWeekday:
    case RuleField::kLate:
    case RuleField::kScore:
    case RuleField::kTail:
    case RuleField::kBalance:
      return false;
    default:
      return true;
  }
}

ColumnView event_column(RuleField field, const Event* e) {
  constexpr std::size_t kStride = sizeof(Event);
  switch (field) {
    case RuleField::kTime:
      return ColumnView::strided(&e->time_us, kStride);
    case RuleField::kAmount:
      return ColumnView::strided(&e->amount, kStride).with_exponents(&e->exponent, kStride);
    case RuleField::kFee:
      return ColumnView::strided(&e->fee, kStride).with_exponents(&e->exponent, kStride);
    case RuleField::kCurrency:
      return ColumnView::strided(&e->currency, kStride);
    case RuleField::kType:
      return ColumnView::strided(&e->type, kStride);
    case RuleField::kChannel:
      return ColumnView::strided(&e->channel, kStride).zero_as_null();
    case RuleField::kDebtor:
      return ColumnView::strided(&e->debtor, kStride).zero_as_null();
    case RuleField::kCreditor:
      return ColumnView::strided(&e->creditor, kStride).zero_as_null();
    case RuleField::kMerchant:
      return ColumnView::strided(&e->merchant, kStride).zero_as_null();
    case RuleField::kCard:
      return ColumnView::strided(&e->instrument, kStride).zero_as_null();
    case RuleField::kDevice:
      return ColumnView::strided(&e->device, kStride).zero_as_null();
    case RuleField::kIp:
      return ColumnView::strided(&e->ip, kStride).zero_as_null();
    case RuleField::kMcc:
    case RuleField::kCategory:
      return ColumnView::strided(&e->category, kStride).zero_as_null();
    case RuleField::kDebtorCountry:
      return ColumnView::strided(&e->country[0], kStride).zero_as_null();
    case RuleField::kCreditorCountry:
      return ColumnView::strided(&e->country[1], kStride).zero_as_null();
    case RuleField::kNonce:
      return ColumnView::strided(&e->nonce, kStride).zero_as_null();
    default:
      CHECK(is_in_record(field));
      return {};
  }
}

std::span<const std::string_view> kinds_of_field(RuleField field) {
  switch (field) {
    case RuleField::kMerchant:
      return kMerchantKinds;
    case RuleField::kCard:
      return kCardKinds;
    case RuleField::kDevice:
      return kDeviceKinds;
    case RuleField::kIp:
      return kIpKinds;
    default:
      return kPartyKinds;
  }
}

std::string_view entity_kind_name(EntityKind kind) {
  const auto index = static_cast<unsigned>(kind);
  return index < kKinds.size() ? kKinds[index] : "user";
}

bool split_kind(std::string_view text, EntityKind& kind, std::string_view& rest) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = text.substr(0, colon);
  rest = text.substr(colon + 1);
  for (unsigned i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i] == name) {
      kind = static_cast<EntityKind>(i);
      return true;
    }
  }
  // Kinds of the user are written by number: "k16:x".
  std::uint64_t number = 0;
  if (!name.starts_with('k') || !wire::canonical_number(name.substr(1), number)) return false;
  if (number < static_cast<unsigned>(EntityKind::kUserFirst) || number > 63) return false;
  kind = static_cast<EntityKind>(number);
  return true;
}

// Returns the text's number, or 0 and remembers it as unknown.
std::uint64_t Literals::number(std::uint8_t space, std::string_view text) {
  const std::uint64_t known = dictionary != nullptr ? dictionary->find(space, text) : 0;
  if (known == 0) unknown.push_back({space, std::string(text)});
  return known;
}

Result<std::int64_t> Literals::entity(std::string_view text) {
  EntityKind kind = EntityKind::kAccount;
  std::string_view rest = text;
  if (!split_kind(text, kind, rest)) rest = text;
  if (rest.empty() || rest.size() > wire::kDictionaryTextMax) {
    return fail(invalid_argument("literal_range", "an entity has 1 to 512 bytes of text"));
  }
  const bool masked = masking != nullptr && masking->masks(kind);
  std::uint32_t address = 0;
  if (!masked && kind == EntityKind::kIp && wire::parse_ipv4(rest, false, address)) {
    return signed_word(wire::EntityId::number(kind, address).word);
  }
  std::uint64_t number_value = 0;
  if (!masked && wire::canonical_number(rest, number_value)) {
    return signed_word(wire::EntityId::number(kind, number_value).word);
  }
  const std::string mask = masked ? masking->mask(rest) : std::string();
  const std::string_view key = masked ? std::string_view(mask) : rest;
  const std::uint64_t value = number(static_cast<std::uint8_t>(kind), key);
  // The placeholder tag never occurs in an admitted event.
  const wire::EntityId id = value != 0 ? wire::EntityId::interned(kind, value)
                                       : wire::EntityId::pending(kind, unknown.size());
  return signed_word(id.word);
}

Result<std::int64_t> Literals::currency(std::string_view text) {
  if (const wire::Currency* known = wire::find_currency(text)) return known->number;
  std::uint64_t number_value = 0;
  if (wire::canonical_number(text, number_value) && number_value < wire::kAssetFirst) {
    return static_cast<std::int64_t>(number_value);
  }
  const std::uint64_t asset = number(static_cast<std::uint8_t>(wire::Namespace::kAsset), text);
  if (asset == 0) return -static_cast<std::int64_t>(unknown.size());
  return static_cast<std::int64_t>(wire::kAssetFirst + asset - 1);
}

Result<std::int64_t> Literals::channel(std::string_view text) {
  const std::uint64_t known = number(static_cast<std::uint8_t>(wire::Namespace::kChannel), text);
  return known != 0 ? static_cast<std::int64_t>(known) : -static_cast<std::int64_t>(unknown.size());
}

Result<std::int64_t> Literals::category(std::string_view text) {
  std::uint64_t number_value = 0;
  if (wire::canonical_number(text, number_value) && number_value < wire::kCategoryTextFirst) {
    return static_cast<std::int64_t>(number_value);
  }
  const std::uint64_t known = number(static_cast<std::uint8_t>(wire::Namespace::kCategory), text);
  if (known == 0) return -static_cast<std::int64_t>(unknown.size());
  return static_cast<std::int64_t>(wire::kCategoryTextFirst + known - 1);
}

namespace {

Result<std::int64_t> type_code(std::string_view text) {
  wire::EventType type{};
  if (wire::parse_event_type(text, type)) return static_cast<std::int64_t>(type);
  std::array<std::string_view, wire::kEventTypes> names;
  for (unsigned i = 0; i < wire::kEventTypes; ++i) {
    names[i] = wire::event_type_name(static_cast<wire::EventType>(i));
  }
  const std::string_view near = expr::nearest_name(text, names);
  Status status = invalid_argument("name_unknown", "there is no type '" + std::string(text) + "'");
  if (near.empty()) return fail(std::move(status));
  return fail(std::move(status).at(near).hint("did you mean '" + std::string(near) + "'?"));
}

Result<std::int64_t> country_code_of(std::string_view text) {
  if (const std::uint16_t number = wire::country_number(text)) return number;
  std::uint64_t number_value = 0;
  if (wire::canonical_number(text, number_value) && number_value < 1000) {
    return static_cast<std::int64_t>(number_value);
  }
  return fail(invalid_argument("name_unknown", "there is no country '" + std::string(text) + "'")
                  .hint("write two letters, for example 'DE'"));
}

struct Domains {
  expr::DomainId type, currency, channel, category, country, entity;
};

Domains add_domains(expr::Schema& schema, Literals& literals) {
  Literals* l = &literals;
  return {schema.add_domain("type", type_code),
          schema.add_domain("currency", [l](std::string_view t) { return l->currency(t); }),
          schema.add_domain("channel", [l](std::string_view t) { return l->channel(t); }),
          schema.add_domain("category", [l](std::string_view t) { return l->category(t); }),
          schema.add_domain("country", country_code_of),
          schema.add_domain("entity", [l](std::string_view t) { return l->entity(t); })};
}

struct FieldType {
  Type type;
  Storage storage;
};

FieldType field_type(RuleField field, const Domains& d) {
  if (is_entity(field)) return {Type::symbol(d.entity), Storage::kU64};
  switch (field) {
    case RuleField::kId:
    case RuleField::kMemo:
      return {Type::string(), Storage::kText};
    case RuleField::kTime:
      return {Type::timestamp(), Storage::kI64};
    case RuleField::kAmount:
    case RuleField::kBalance:
      return {Type::decimal_per_row(), Storage::kI64};
    case RuleField::kFee:
      return {Type::decimal_per_row(), Storage::kU32};
    case RuleField::kCurrency:
      return {Type::symbol(d.currency), Storage::kU16};
    case RuleField::kType:
      return {Type::symbol(d.type), Storage::kU8};
    case RuleField::kChannel:
      return {Type::symbol(d.channel), Storage::kU16};
    case RuleField::kMcc:
      return {Type::i64(), Storage::kU32};
    case RuleField::kCategory:
      return {Type::symbol(d.category), Storage::kU32};
    case RuleField::kDebtorCountry:
    case RuleField::kCreditorCountry:
      return {Type::symbol(d.country), Storage::kU16};
    case RuleField::kHour:
    case RuleField::kWeekday:
      return {Type::i64(), Storage::kU8};
    case RuleField::kNonce:
      return {Type::i64(), Storage::kU32};
    case RuleField::kLate:
      return {Type::boolean(), Storage::kU8};
    default:
      return {Type::f64(), Storage::kF64};  // score, tail
  }
}

}  // namespace

expr::Schema make_schema(Literals& literals) {
  expr::Schema schema;
  const Domains domains = add_domains(schema, literals);
  for (unsigned i = 0; i < kRuleFields; ++i) {
    const FieldType t = field_type(static_cast<RuleField>(i), domains);
    CHECK_EQ(schema.add(kNames[i], t.type, t.storage), i);
  }
  for (unsigned i = 0; i < profile::kFeatures; ++i) {
    const auto feature = static_cast<profile::Feature>(i);
    schema.add("feature." + std::string(profile::feature_name(feature)), Type::f64(),
               Storage::kF32);
  }
  return schema;
}

}  // namespace weir::decide
