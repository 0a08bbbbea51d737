// The names that rules may use, their types, and where their values come from.
//
//   Literals literals{.dictionary = &dictionary};
//   expr::Schema schema = make_schema(literals);
//   ColumnView view = event_column(RuleField::kAmount, events);     // read in place
//   std::uint64_t word = field_word(RuleField::kCard, event);       // 0: absent
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/column.hpp"
#include "ops/expr/type.hpp"
#include "profile/columns.hpp"
#include "wire/event.hpp"
#include "wire/text_id.hpp"

namespace weir::decide {

// The fields of an event and of the pass, in the order of their inputs; features, then
// inputs that a rule set asks for (windows, lists, attrs, detectors) follow.
enum class RuleField : std::uint8_t {
  kId,
  kTime,
  kAmount,
  kFee,
  kCurrency,
  kType,
  kChannel,
  kDebtor,
  kCreditor,
  kMerchant,
  kCard,
  kDevice,
  kIp,
  kMcc,
  kCategory,
  kDebtorCountry,
  kCreditorCountry,
  kMemo,
  kHour,
  kWeekday,
  kNonce,
  kLate,
  kScore,
  kTail,
  kBalance,
};
inline constexpr unsigned kRuleFields = 25;
inline constexpr expr::InputId kFirstFeatureInput = kRuleFields;
inline constexpr expr::InputId kFirstHiddenInput = kRuleFields + profile::kFeatures;

std::string_view rule_field_name(RuleField field);  // "debtor.country", ...
std::optional<RuleField> find_rule_field(std::string_view name);
bool is_entity(RuleField field);
// True for fields that may stand in a window's key or in front of `in @list`.
bool is_key(RuleField field);

// Returns the column of a field that lies in the record; CHECKs that it does (see is_in_record).
ColumnView event_column(RuleField field, const wire::Event* events);
bool is_in_record(RuleField field);
// Returns a word that equal values share and 0 for an absent value; is_key(field) must hold.
std::uint64_t field_word(RuleField field, const wire::Event& event);

// A text of a rule that has no number yet: no event can carry it until the dictionary knows it.
struct UnknownText {
  std::uint8_t space = 0;
  std::string text;
};

// Turns the texts of rules into the numbers of records. Not thread-safe.
struct Literals {
  const wire::Dictionary* dictionary = nullptr;  // null: nothing is known
  const wire::Masking* masking = nullptr;
  std::vector<UnknownText> unknown;

  // "account:a-1", "card:tok_8", "ip:203.0.113.9"; without a kind: an account.
  Result<std::int64_t> entity(std::string_view text);
  Result<std::int64_t> currency(std::string_view text);
  Result<std::int64_t> channel(std::string_view text);
  Result<std::int64_t> category(std::string_view text);

 private:
  std::uint64_t number(std::uint8_t space, std::string_view text);
};

// Returns the names of the entity kinds that `field` may hold, most usual first.
std::span<const std::string_view> kinds_of_field(RuleField field);
// Splits "card:tok_8" into kind and text; false if the part before the colon names no kind.
bool split_kind(std::string_view text, wire::EntityKind& kind, std::string_view& rest);
std::string_view entity_kind_name(wire::EntityKind kind);

// Returns the schema of all fields; `literals` must outlive it.
expr::Schema make_schema(Literals& literals);

}  // namespace weir::decide
