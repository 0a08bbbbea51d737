// Control records: everything from outside that changes later verdicts, in the block where it takes
// effect.
//
//   ControlWriter out;
//   out.add(ControlType::kRules, payload);
//   ControlReader in(out.bytes());
//   while (const auto record = in.next()) apply(record->type, record->payload);
//   if (!in.ok()) ...   // a record was cut or misses its padding
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "wire/event.hpp"

namespace weir::ledger {

enum class ControlType : std::uint16_t {
  kDictionary = 1,
  kRules = 2,
  kLists = 3,
  kLabel = 4,
  kRelease = 5,  // Resolution of a held event
  kQuarantine = 6,
  kConfig = 7,
  kModels = 8,
  kSnapshot = 9,
  kValidators = 10,
  kEvidence = 11,
  kCheckpoint = 12,
  kDetectorsUnavailable = 13,
  kAccount = 14,   // AccountChange: opening balance, close, external
  kRuleHits = 15,  // derived: which rules fired on which rows
};
std::string_view control_type_name(ControlType type);  // "dictionary", ..., "unknown"

struct ControlRecord {
  ControlType type;
  std::uint16_t flags;
  Bytes payload;
};

inline constexpr std::size_t kControlHeadBytes = 8;  // u16 type, u16 flags, u32 payload bytes

// Gathers records; each is padded with zeros to a multiple of 8 bytes.
class ControlWriter {
 public:
  void add(ControlType type, Bytes payload, std::uint16_t flags = 0);
  void clear();
  Bytes bytes() const { return bytes_; }
  std::uint32_t count() const { return count_; }

 private:
  std::vector<std::uint8_t> bytes_;
  std::uint32_t count_ = 0;
};

// Walks records without copying. Stops for good at the first malformed one.
class ControlReader {
 public:
  explicit ControlReader(Bytes bytes) : rest_(bytes) {}
  // Returns the next record, or nothing at the end or at damage (then ok() is false).
  std::optional<ControlRecord> next();
  bool ok() const { return ok_; }
  // Returns the bytes not yet walked.
  std::size_t left() const { return rest_.size(); }

 private:
  Bytes rest_;
  bool ok_ = true;
};

// Payload of kRelease: what the review decided about one held event.
enum class Resolution : std::uint8_t { kRelease = 1, kReject = 2, kExpire = 3 };
struct ReleasePayload {
  wire::EventKey id;
  std::uint8_t resolution;  // Resolution
  std::uint8_t zero[7];
};
static_assert(sizeof(ReleasePayload) == 24);

// Payload of kAccount: sets what cannot follow from events. Bits of `set` say which members count.
enum AccountChangeBits : std::uint8_t { kSetBalance = 1, kSetFlags = 2 };
struct AccountChangePayload {
  std::uint64_t entity;
  std::int64_t balance;  // minor units; the difference to the old balance is booked as external
  std::uint16_t currency;
  std::uint8_t exponent;
  std::uint8_t flags;  // AccountFlags
  std::uint8_t set;    // AccountChangeBits
  std::uint8_t zero[3];
};
static_assert(sizeof(AccountChangePayload) == 24);

}  // namespace weir::ledger
