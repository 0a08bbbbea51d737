#include "wire/verdict.hpp"

#include <array>

namespace weir::wire {
namespace {

constexpr std::array<std::string_view, 3> kOutcomeNames = {"pass", "hold", "block"};

constexpr std::array<std::string_view, 16> kLedgerNames = {"not_executed",
                                                           "applied",
                                                           "held",
                                                           "insufficient_funds",
                                                           "nonce_gap",
                                                           "nonce_replayed",
                                                           "currency_mismatch",
                                                           "overflow",
                                                           "account_closed",
                                                           "blocked",
                                                           "captured",
                                                           "voided",
                                                           "expired",
                                                           "ref_unknown",
                                                           "",
                                                           "refused"};

constexpr std::array<std::string_view, 22> kReasonNames = {
    "NONE",         "RULE_HIT",    "AMT_VS_USUAL", "AMT_VS_PAYEE", "VELOCITY",     "SUM_VS_USUAL",
    "NEW_PAYEE",    "NEW_ACCOUNT", "UNUSUAL_HOUR", "DORMANT",      "PASS_THROUGH", "FAN_OUT",
    "FAN_IN",       "PAYEE_RISK",  "PAYER_RISK",   "NEAR_LIMIT",   "DENY_LIST",    "QUARANTINED",
    "BREAKER_OPEN", "DETECTOR",    "NONCE",        "ROUND_AMOUNT"};

constexpr std::array<std::string_view, kRefusals> kRefusalNames = {
    "record_id_zero",   "party_missing", "amount_negative", "amount_precision", "amount_range",
    "time_range",       "future_time",   "type_unknown",    "flag_unknown",     "side_bounds",
    "currency_unknown", "id_conflict",   "frame_version",   "frame_size",       "frame_checksum",
    "frame_tag",        "sequence_gap",  "queue_full",      "dictionary_full",  "line_too_long",
    "encoding",         "field_missing", "number_format",   "date_format",      "date_ambiguous",
    "header_unknown",   "xml_forbidden", "json_shape",      "already_committed"};
static_assert(static_cast<unsigned>(Refusal::kAlreadyCommitted) == 1000 + kRefusals);

template <std::size_t N>
std::string_view name_at(const std::array<std::string_view, N>& names, std::size_t index) {
  return index < N ? names[index] : std::string_view{};
}

}  // namespace

std::string_view outcome_name(Outcome outcome) {
  return name_at(kOutcomeNames, static_cast<std::size_t>(outcome));
}

std::string_view ledger_status_name(LedgerStatus status) {
  return name_at(kLedgerNames, static_cast<std::size_t>(status));
}

std::string_view reason_name(Reason reason) {
  return name_at(kReasonNames, static_cast<std::size_t>(reason));
}

std::string_view refusal_name(Refusal refusal) {
  return name_at(kRefusalNames, static_cast<std::size_t>(refusal) - 1001);
}

}  // namespace weir::wire
