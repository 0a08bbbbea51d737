// VerdictCore: the 32-byte decision kept in blocks and sent in frames.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "wire/event.hpp"

namespace weir::wire {

enum class Outcome : std::uint8_t { kPass = 0, kHold = 1, kBlock = 2 };
std::string_view outcome_name(Outcome outcome);

enum class LedgerStatus : std::uint8_t {
  kNotExecuted = 0,
  kApplied = 1,
  kHeld = 2,
  kInsufficientFunds = 3,
  kNonceGap = 4,
  kNonceReplayed = 5,
  kCurrencyMismatch = 6,
  kOverflow = 7,
  kAccountClosed = 8,
  kBlocked = 9,
  kCaptured = 10,
  kVoided = 11,
  kExpired = 12,
  kRefUnknown = 13,
  kRefused = 15,
};
std::string_view ledger_status_name(LedgerStatus status);

enum VerdictFlags : std::uint8_t {
  kAlert = 1,
  kLate = 2,
  kBreaker = 4,
  kAllowed = 8,
  kQuarantined = 16,
  kWarming = 32,
  kProfileFull = 64,
  kHoldOverflow = 128,
};

enum class Reason : std::uint16_t {
  kNone = 0,
  kRuleHit = 1,
  kAmtVsUsual = 2,
  kAmtVsPayee = 3,
  kVelocity = 4,
  kSumVsUsual = 5,
  kNewPayee = 6,
  kNewAccount = 7,
  kUnusualHour = 8,
  kDormant = 9,
  kPassThrough = 10,
  kFanOut = 11,
  kFanIn = 12,
  kPayeeRisk = 13,
  kPayerRisk = 14,
  kNearLimit = 15,
  kDenyList = 16,
  kQuarantined = 17,
  kBreakerOpen = 18,
  kDetector = 19,
  kNonce = 20,
  kRoundAmount = 21,
};
std::string_view reason_name(Reason reason);  // "AMT_VS_USUAL", ...

struct VerdictCore {
  std::uint32_t tail_e6;       // T: fused tail in millionths, 0..9,000,000
  std::uint32_t threshold_e6;  // of the level reached; pass: the alert threshold
  std::uint8_t outcome;        // Outcome
  std::uint8_t ledger_status;  // LedgerStatus
  std::uint8_t flags;          // VerdictFlags
  std::uint8_t reason_count;   // of all reasons; `reasons` holds the first four
  std::uint16_t reasons[4];    // Reason
  std::uint32_t top_rule;      // rule id + 1 of the first rule hit, 0 if none
  std::uint16_t live_hits;
  std::uint16_t shadow_hits;
  std::uint32_t detector_mask;  // bit d: detector d scored this row
};
static_assert(sizeof(VerdictCore) == 32);

// Refusals carry no sequence number. Codes are numbered from 1001 in this order.
enum class Refusal : std::uint16_t {
  kRecordIdZero = 1001,
  kPartyMissing,
  kAmountNegative,
  kAmountPrecision,
  kAmountRange,
  kTimeRange,
  kFutureTime,
  kTypeUnknown,
  kFlagUnknown,
  kSideBounds,
  kCurrencyUnknown,
  kIdConflict,
  kFrameVersion,
  kFrameSize,
  kFrameChecksum,
  kFrameTag,
  kSequenceGap,
  kQueueFull,
  kDictionaryFull,
  kLineTooLong,
  kEncoding,
  kFieldMissing,
  kNumberFormat,
  kDateFormat,
  kDateAmbiguous,
  kHeaderUnknown,
  kXmlForbidden,
  kJsonShape,
  kAlreadyCommitted,  // decided before, and its verdict cannot be told any more
};
inline constexpr unsigned kRefusals = 29;
std::string_view refusal_name(Refusal refusal);  // "record_id_zero", ...

// One event's answer inside the process; frames carry its first 64 bytes.
struct Verdict {
  EventKey id;
  std::uint64_t seq;     // 0: refused, and core.top_rule holds the Refusal
  std::uint64_t height;  // 0: not committed
  VerdictCore core;
};
static_assert(sizeof(Verdict) == 64);

}  // namespace weir::wire
