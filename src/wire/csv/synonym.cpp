// The guess for a header that no preset knows: by what people call such columns.
#include <algorithm>

#include "wire/csv/preset.hpp"

namespace weir::wire {

Result<Mapping> guess_mapping(std::span<const std::string> header);

namespace {

struct Synonyms {
  Target target;
  EntityKind kind;
  std::string_view names;  // normalised, blank separated
};

constexpr EntityKind kNoKind = EntityKind::kAccount;
constexpr Synonyms kSynonyms[] = {
    {Target::kId, kNoKind,
     "id transactionid txid txnid tranid transid paymentid eventid uuid uetr"},
    {Target::kTime, kNoKind,
     "time timestamp datetime date ts txdatetime txtime transactiontime transactiondate "
     "transactiondatetime eventtime createdat bookingdate valuedate occurredat"},
    {Target::kAmount, kNoKind, "amount amt value txamount transactionamount sum total amountpaid"},
    {Target::kFee, kNoKind, "fee fees commission"},
    {Target::kNonce, kNoKind, "nonce"},
    {Target::kCurrency, kNoKind, "currency ccy currencycode iso4217"},
    {Target::kType, kNoKind, "type txtype transactiontype"},
    {Target::kDebtor, EntityKind::kAccount,
     "debtor payer sender from fromaccount fromaddress sourceaccount senderaccount "
     "senderaccountid originator orig account accountid debtoraccount source nameorig iban"},
    {Target::kDebtor, EntityKind::kCustomer, "customer customerid userid user clientid client"},
    {Target::kCreditor, EntityKind::kAccount,
     "creditor payee receiver to toaccount toaddress targetaccount destinationaccount "
     "receiveraccount receiveraccountid beneficiary bene destination creditoraccount target "
     "namedest recipient"},
    {Target::kCreditor, EntityKind::kTerminal, "terminal terminalid"},
    {Target::kMerchant, EntityKind::kMerchant, "merchant merchantid merchantname"},
    {Target::kDevice, EntityKind::kDevice, "device deviceid"},
    {Target::kInstrument, EntityKind::kCard, "card cardid cardnumber ccnum pan cardtoken"},
    {Target::kIp, EntityKind::kIp, "ip ipaddress sourceip clientip"},
    {Target::kChannel, kNoKind, "channel"},
    {Target::kCategory, kNoKind, "category mcc merchantcategory purpose purposecode"},
    {Target::kDebtorCountry, kNoKind, "debtorcountry sendercountry fromcountry country"},
    {Target::kCreditorCountry, kNoKind, "creditorcountry receivercountry tocountry"},
    {Target::kMemo, kNoKind, "memo description reference remittance narrative"},
    {Target::kLabel, kNoKind, "isfraud fraud label fraudlabel islaundering issar class"},
};

// Lower case, letters and digits only.
std::string normalised(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') out += static_cast<char>(c + 32);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

bool lists(std::string_view names, const std::string& name) {
  while (!names.empty()) {
    const std::size_t blank = std::min(names.find(' '), names.size());
    if (names.substr(0, blank) == name) return true;
    names.remove_prefix(std::min(blank + 1, names.size()));
  }
  return false;
}

struct Candidate {
  std::size_t column;
  EntityKind kind;
};

std::vector<Candidate> candidates(std::span<const std::string> header, Target target) {
  std::vector<Candidate> found;
  for (std::size_t i = 0; i < header.size(); ++i)
    for (const Synonyms& synonyms : kSynonyms)
      if (synonyms.target == target && lists(synonyms.names, normalised(header[i])))
        found.push_back({i, synonyms.kind});
  return found;
}

std::string column_names(std::span<const std::string> header,
                         const std::vector<Candidate>& chosen) {
  std::string names;
  for (const Candidate& candidate : chosen)
    names.append(names.empty() ? "" : ", ").append(header[candidate.column]);
  return names;
}

Status unmatched(std::span<const std::string> header, std::string_view what,
                 const std::vector<Candidate>& found) {
  std::vector<Candidate> all;
  for (std::size_t i = 0; i < header.size(); ++i) all.push_back({i, kNoKind});
  return invalid_argument("header_unknown",
                          found.empty() ? "no column is known as the " + std::string(what) +
                                              " among " + column_names(header, all)
                                        : "several columns could be the " + std::string(what) +
                                              ": " + column_names(header, found))
      .at(what)
      .hint("write a mapping and give it with --map");
}

}  // namespace

Result<Mapping> guess_mapping(std::span<const std::string> header) {
  Mapping mapping;
  std::vector<bool> used(header.size(), false);
  std::array<std::vector<Candidate>, kTargets> found;
  for (std::size_t i = 0; i < kTargets; ++i) {
    found[i] = candidates(header, static_cast<Target>(i));
    if (found[i].size() != 1) continue;
    const Candidate& only = found[i][0];
    mapping.fields[i].columns = {"#" + std::to_string(only.column + 1)};
    if (std::count(header.begin(), header.end(), header[only.column]) == 1 &&
        !header[only.column].empty())
      mapping.fields[i].columns = {header[only.column]};
    mapping.fields[i].kind = only.kind;
    used[only.column] = true;
  }
  const auto at = [&](Target target) -> const std::vector<Candidate>& {
    return found[static_cast<std::size_t>(target)];
  };
  for (const Target needed : {Target::kTime, Target::kAmount})
    if (at(needed).size() != 1) return fail(unmatched(header, target_name(needed), at(needed)));
  for (const Target party : {Target::kDebtor, Target::kCreditor})
    if (at(party).size() > 1) return fail(unmatched(header, target_name(party), at(party)));
  // A card pays where nobody else does, a merchant is paid.
  if (!mapping[Target::kDebtor].present()) mapping[Target::kDebtor] = mapping[Target::kInstrument];
  if (!mapping[Target::kCreditor].present())
    mapping[Target::kCreditor] = mapping[Target::kMerchant];
  if (!mapping[Target::kDebtor].present() && !mapping[Target::kCreditor].present())
    return fail(unmatched(header, "debtor or creditor", {}));
  if (mapping[Target::kType].present()) {
    for (unsigned i = 0; i < kEventTypes; ++i) {
      const auto type = static_cast<EventType>(i);
      mapping.types.emplace_back(event_type_name(type), type);
    }
  }
  if (mapping[Target::kLabel].present())
    mapping.fraud_values = {"1", "true", "True", "TRUE", "yes", "fraud"};
  for (std::size_t i = 0; i < header.size(); ++i)
    if (!used[i] && !header[i].empty()) mapping.attrs.push_back(header[i]);
  return mapping;
}

}  // namespace weir::wire
