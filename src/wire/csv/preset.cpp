#include "wire/csv/preset.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace weir::wire {
namespace {

struct Preset {
  std::string_view name;
  std::string_view required;  // columns, comma separated
  std::string_view toml;
};

constexpr Preset kPresets[] = {
    {"handbook", "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT", R"(
id = {column = "TRANSACTION_ID"}
time = {column = "TX_DATETIME", format = "iso"}
amount = {column = "TX_AMOUNT"}
type = {const = "payment"}
debtor = {column = "CUSTOMER_ID", kind = "customer"}
creditor = {column = "TERMINAL_ID", kind = "terminal"}
label = {column = "TX_FRAUD", fraud = ["1"]}
leaky = ["TX_FRAUD_SCENARIO"]
)"},
    {"paysim",
     "step,type,amount,nameOrig,oldbalanceOrg,newbalanceOrig,nameDest,oldbalanceDest,"
     "newbalanceDest,isFraud,isFlaggedFraud",
     R"(
time = {column = "step", format = "step", step = "1h", start = "2017-01-01"}
amount = {column = "amount"}
debtor = {column = "nameOrig", kind = "account", prefixes = {C = "account", M = "merchant"}}
creditor = {column = "nameDest", kind = "account", prefixes = {C = "account", M = "merchant"}}
label = {column = "isFraud", fraud = ["1"]}
leaky = ["oldbalanceOrg", "newbalanceOrig", "oldbalanceDest", "newbalanceDest", "isFlaggedFraud"]
[type]
column = "type"
[type.values]
CASH_IN = "cash_in"
CASH_OUT = "cash_out"
DEBIT = "debit"
PAYMENT = "payment"
TRANSFER = "transfer"
)"},
    {"amlworld",
     "Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,Amount Paid,"
     "Payment Currency,Payment Format,Is Laundering",
     R"(
time = {column = "#1", format = "YYYY/MM/DD"}
amount = {column = "#8"}
currency = {column = "#9"}
type = {const = "transfer"}
debtor = {columns = ["#2", "#3"], kind = "account"}
creditor = {columns = ["#4", "#5"], kind = "account"}
channel = {column = "#10"}
label = {column = "#11", fraud = ["1"]}
attrs = ["Amount Received", "Receiving Currency"]
)"},
    {"sparkov",
     "trans_date_trans_time,cc_num,merchant,category,amt,trans_num,merch_lat,merch_long,is_fraud",
     R"(
id = {column = "trans_num"}
time = {column = "trans_date_trans_time", format = "iso"}
amount = {column = "amt"}
currency = {const = "USD"}
type = {const = "payment"}
debtor = {column = "cc_num", kind = "card", digits = true}
creditor = {column = "merchant", kind = "merchant"}
merchant = {column = "merchant", kind = "merchant"}
instrument = {column = "cc_num", kind = "card", digits = true}
category = {column = "category"}
location = {columns = ["lat", "long", "merch_lat", "merch_long"]}
label = {column = "is_fraud", fraud = ["1"]}
attrs = ["city_pop"]
personal = ["first", "last", "gender", "street", "city", "state", "zip", "job", "dob"]
)"},
    {"sparkov",
     "ssn,cc_num,trans_num,trans_date,trans_time,category,amt,is_fraud,merchant,merch_lat,"
     "merch_long",
     R"(
delimiter = "|"
id = {column = "trans_num"}
time = {columns = ["trans_date", "trans_time"], join = " ", format = "iso"}
amount = {column = "amt"}
currency = {const = "USD"}
type = {const = "payment"}
debtor = {column = "cc_num", kind = "card", digits = true}
creditor = {column = "merchant", kind = "merchant"}
merchant = {column = "merchant", kind = "merchant"}
instrument = {column = "cc_num", kind = "card", digits = true}
category = {column = "category"}
location = {columns = ["lat", "long", "merch_lat", "merch_long"]}
label = {column = "is_fraud", fraud = ["1"]}
attrs = ["city_pop"]
personal = ["ssn", "first", "last", "gender", "street", "city", "state", "zip", "job", "dob"]
)"},
    {"berka", "trans_id,account_id,date,type,operation,amount,balance,k_symbol,bank,account", R"(
delimiter = ";"
decimal = "."
id = {column = "trans_id"}
time = {column = "date", format = "YYMMDD"}
amount = {column = "amount"}
currency = {const = "CZK"}
debtor = {column = "account_id", kind = "account"}
swap = {column = "type", values = ["PRIJEM"]}
channel = {column = "operation"}
category = {column = "k_symbol"}
leaky = ["balance"]
[creditor]
columns = ["bank", "account"]
kind = "account"
empty = "cash"
empty_kind = "external"
[type]
column = "operation"
otherwise = "other"
[type.values]
"VKLAD" = "cash_in"
"VYBER" = "cash_out"
"VYBER KARTOU" = "cash_out"
"PREVOD NA UCET" = "transfer"
"PREVOD Z UCTU" = "transfer"
)"},
    {"amlsim",
     "TX_ID,SENDER_ACCOUNT_ID,RECEIVER_ACCOUNT_ID,TX_TYPE,TX_AMOUNT,TIMESTAMP,IS_FRAUD,ALERT_ID",
     R"(
id = {column = "TX_ID"}
time = {column = "TIMESTAMP", format = "step", step = "1d", start = "2017-01-01"}
amount = {column = "TX_AMOUNT"}
type = {const = "transfer"}
debtor = {column = "SENDER_ACCOUNT_ID", kind = "account"}
creditor = {column = "RECEIVER_ACCOUNT_ID", kind = "account"}
label = {column = "IS_FRAUD", fraud = ["1", "true", "True", "TRUE"]}
leaky = ["ALERT_ID"]
)"},
    {"amlsim", "tran_id,orig_acct,bene_acct,tx_type,base_amt,tran_timestamp,is_sar,alert_id", R"(
id = {column = "tran_id"}
time = {column = "tran_timestamp", format = "iso"}
amount = {column = "base_amt"}
type = {const = "transfer"}
debtor = {column = "orig_acct", kind = "account"}
creditor = {column = "bene_acct", kind = "account"}
label = {column = "is_sar", fraud = ["1", "true", "True", "TRUE"]}
leaky = ["alert_id"]
)"},
    {"amlsim", "sourceNodeId,targetNodeId,value,time", R"(
time = {column = "time", format = "step", step = "1d", start = "2017-01-01"}
amount = {column = "value"}
type = {const = "transfer"}
debtor = {column = "sourceNodeId", kind = "account"}
creditor = {column = "targetNodeId", kind = "account"}
)"},
};

// Calls use(column, how often it stood there before) for each name of a list.
template <class Use>
void each_required(std::string_view list, Use&& use) {
  std::vector<std::string_view> before;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view name = list.substr(0, comma);
    use(name, static_cast<std::size_t>(std::count(before.begin(), before.end(), name)));
    before.push_back(name);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

bool fits(const Preset& preset, std::span<const std::string> header) {
  bool all = true;
  each_required(preset.required, [&](std::string_view name, std::size_t before) {
    all = all && static_cast<std::size_t>(std::count(header.begin(), header.end(), name)) > before;
  });
  return all;
}

bool has_column(std::span<const std::string> header, std::string_view name) {
  return find_column(header, name).has_value();
}

// A preset's optional columns are dropped where the file has none of them.
Mapping instantiate(const Preset& preset, std::span<const std::string> header) {
  auto parsed = parse_mapping(preset.toml);
  CHECK(parsed.has_value());
  Mapping mapping = std::move(*parsed);
  mapping.preset = preset.name;
  if (header.empty()) return mapping;
  for (const Target target : {Target::kLabel, Target::kLocation}) {
    FieldMap& field = mapping[target];
    const bool complete = std::all_of(field.columns.begin(), field.columns.end(),
                                      [&](const auto& name) { return has_column(header, name); });
    if (complete) continue;
    field = {};
    if (target == Target::kLabel) mapping.fraud_values.clear();
  }
  for (auto* list : {&mapping.attrs, &mapping.leaky, &mapping.personal})
    std::erase_if(*list, [&](const std::string& name) { return !has_column(header, name); });
  return mapping;
}

}  // namespace

std::vector<std::string_view> preset_names() {
  std::vector<std::string_view> names;
  for (const Preset& preset : kPresets)
    if (names.empty() || names.back() != preset.name) names.push_back(preset.name);
  return names;
}

Result<Mapping> preset_mapping(std::string_view name, std::span<const std::string> header) {
  const Preset* first = nullptr;
  for (const Preset& preset : kPresets) {
    if (preset.name != name) continue;
    if (first == nullptr) first = &preset;
    if (!header.empty() && fits(preset, header)) return instantiate(preset, header);
  }
  if (first != nullptr) return instantiate(*first, header);
  std::string known;
  for (const std::string_view preset : preset_names()) known.append(" ").append(preset);
  return fail(not_found("preset_unknown", "there is no preset '" + std::string(name) + "'")
                  .hint("presets:" + known));
}

Result<std::size_t> find_column(std::span<const std::string> header, std::string_view name) {
  for (std::size_t i = 0; i < header.size(); ++i)
    if (header[i] == name) return i;
  const std::size_t hash = name.rfind('#');
  std::uint64_t wanted = 0;
  if (hash != std::string_view::npos && canonical_number(name.substr(hash + 1), wanted) &&
      wanted >= 1) {
    const std::string_view base = name.substr(0, hash);
    for (std::size_t i = 0; i < header.size(); ++i)
      if ((base.empty() || header[i] == base) && --wanted == 0) return i;
  }
  std::string columns;
  for (const std::string& column : header)
    columns.append(columns.empty() ? "" : ", ").append(column);
  return fail(invalid_argument("header_unknown", "no column '" + std::string(name) + "'")
                  .at(name)
                  .hint("columns: " + columns));
}

// Guesses by name; declared here, defined in synonym.cpp.
Result<Mapping> guess_mapping(std::span<const std::string> header);

Result<Mapping> map_header(std::span<const std::string> header) {
  for (const Preset& preset : kPresets)
    if (fits(preset, header)) return instantiate(preset, header);
  return guess_mapping(header);
}

}  // namespace weir::wire
