// Mapping: which column of a file becomes which field of the event. Presets, guesses from a header
// and files given with --map are all this one thing; it prints as TOML that parses to the same
// mapping.
//
//   WEIR_ASSIGN(Mapping mapping, parse_mapping(text));
//   print_mapping(mapping);
//
//   time     = {column = "TX_DATETIME"}
//   amount   = {column = "TX_AMOUNT"}
//   debtor   = {column = "CUSTOMER_ID", kind = "customer"}
//   creditor = {columns = ["bank", "account"], join = "/", empty = "cash", empty_kind = "external"}
//   label    = {column = "TX_FRAUD", fraud = ["1"]}
//
// docs/guide/csv.md lists every key.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "wire/csv/time_format.hpp"
#include "wire/event.hpp"

namespace weir::wire {

enum class Target : std::uint8_t {
  kId,
  kTime,
  kAmount,
  kFee,
  kNonce,
  kCurrency,
  kType,
  kDebtor,
  kCreditor,
  kMerchant,
  kDevice,
  kInstrument,
  kIp,
  kChannel,
  kCategory,
  kDebtorCountry,
  kCreditorCountry,
  kMemo,
  kDebtorName,
  kCreditorName,
  kRef,
  kLocation,
  kLabel,
};
inline constexpr std::size_t kTargets = 23;
std::string_view target_name(Target target);  // "id", "debtor", "debtor_country", ...
bool parse_target(std::string_view name, Target& target);

// Returns "account", "customer", ..., "user_16" ... "user_63".
std::string entity_kind_name(EntityKind kind);
bool parse_entity_kind(std::string_view name, EntityKind& kind);

// Where a field comes from. A column is named as in the header; the k-th of several that share a
// name is `NAME#k`, and the k-th column of all is `#k`.
struct FieldMap {
  std::vector<std::string> columns;
  std::string constant;  // without columns: every row's value
  std::string join = "/";
  EntityKind kind = EntityKind::kAccount;
  std::string empty;  // the party's text where all columns are empty
  EntityKind empty_kind = EntityKind::kExternal;
  std::vector<std::pair<std::string, EntityKind>> prefix_kinds;  // kind by how the text begins
  bool padded = false;  // kind ip: octets may have leading zeros
  bool digits = false;  // the text must be digits: 4.1e15 in a card column is number_format

  bool present() const { return !columns.empty() || !constant.empty(); }
};

struct Mapping {
  std::string preset;      // its name, or empty
  char delimiter = 0;      // 0: sniffed
  char decimal_point = 0;  // 0: a comma if the delimiter is `;` and the values say so, else a point
  int exponent = -1;       // decimals of the minor unit; -1: the currency's, 2 for the unknown one
  TimeRule time;
  std::array<FieldMap, kTargets> fields;
  std::vector<std::pair<std::string, EventType>> types;  // value of the type column -> type
  EventType type_otherwise = EventType::kOther;
  std::string swap_column;                // debtor and creditor change places where this column ...
  std::vector<std::string> swap_values;   // ... has one of these values
  std::vector<std::string> fraud_values;  // labels: these are fraud, or, if there are none,
  std::vector<std::string> normal_values;  // everything but these
  std::vector<std::string> attrs;          // columns kept as attributes
  std::vector<std::string> leaky;          // attributes that give the label away: only if asked for
  std::vector<std::string> personal;       // attributes about people: only if asked for

  FieldMap& operator[](Target target) { return fields[static_cast<std::size_t>(target)]; }
  const FieldMap& operator[](Target target) const {
    return fields[static_cast<std::size_t>(target)];
  }
};

// Parses TOML. Errors: invalid_argument/mapping with line and key; unknown keys are refused by
// name.
Result<Mapping> parse_mapping(std::string_view toml);
// Returns TOML that parse_mapping reads back.
std::string print_mapping(const Mapping& mapping);

}  // namespace weir::wire
