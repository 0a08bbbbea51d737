// Event: the 128-byte record every transaction becomes, and EntityId, the word that names a party.
// Little-endian, no pointers, used in place from frames, memory and the log.
//
//   Event e{};
//   e.debtor = EntityId::number(EntityKind::kCustomer, 596).word;   // 0x4100000000000254
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::wire {

enum class EntityKind : std::uint8_t {
  kAccount = 0,
  kCustomer = 1,
  kMerchant = 2,
  kTerminal = 3,
  kCard = 4,
  kDevice = 5,
  kIp = 6,
  kBank = 7,
  kValidator = 8,
  kExternal = 9,
  kUserFirst = 16,  // 16..63 are the user's
};

// bits 63-62 tag, 61-56 kind, 55-0 value. The zero word is "absent".
struct EntityId {
  enum Tag : std::uint8_t { kAbsent = 0, kNumber = 1, kInterned = 2, kPending = 3 };
  static constexpr std::uint64_t kValueMask = (std::uint64_t{1} << 56) - 1;

  std::uint64_t word = 0;

  static constexpr EntityId make(Tag tag, EntityKind kind, std::uint64_t value) {
    return {static_cast<std::uint64_t>(tag) << 62 | static_cast<std::uint64_t>(kind) << 56 |
            (value & kValueMask)};
  }
  static constexpr EntityId number(EntityKind kind, std::uint64_t value) {
    return make(kNumber, kind, value);
  }
  static constexpr EntityId interned(EntityKind kind, std::uint64_t value) {
    return make(kInterned, kind, value);
  }
  // A reader's placeholder: `value` indexes EventBatch::texts. Never leaves the admission stage; on
  // the wire the tag is refused.
  static constexpr EntityId pending(EntityKind kind, std::uint64_t text_index) {
    return make(kPending, kind, text_index);
  }
  constexpr bool present() const { return word != 0; }
  constexpr Tag tag() const { return static_cast<Tag>(word >> 62); }
  constexpr EntityKind kind() const { return static_cast<EntityKind>(word >> 56 & 63); }
  constexpr std::uint64_t value() const { return word & kValueMask; }
  constexpr bool operator==(const EntityId&) const = default;
};

// Returns true, and the number, for canonical decimal text: digits only, no leading zero except
// "0", < 2^56.
bool canonical_number(std::string_view text, std::uint64_t& value);

enum class EventType : std::uint8_t {
  kOther = 0,
  kTransfer = 1,
  kPayment = 2,
  kCashOut = 3,
  kCashIn = 4,
  kDebit = 5,
  kRefund = 6,
  kReversal = 7,
  kFee = 8,
  kOrder = 9,
  kTrade = 10,
  kCancel = 11,
  kLogin = 12,
  kStatus = 13,
  kStake = 14,
  kCall = 15,
};
inline constexpr unsigned kEventTypes = 16;
std::string_view event_type_name(EventType type);  // "transfer", "cash_out", ...
bool parse_event_type(std::string_view name, EventType& type);

enum EventFlags : std::uint16_t {
  kNoExecute = 1,
  kReserve = 2,
  kCapture = 4,
  kVoid = 8,
  kTextId = 16,    // the id is a hash; the text is TLV 1 of the side payload
  kBackfill = 32,  // history: no alerts
  kEventFlagsKnown = 63,
};

inline constexpr std::uint16_t kUnknownCurrency = 999;
inline constexpr std::uint16_t kAssetFirst = 1000;  // currencies from here on are interned assets
inline constexpr std::uint32_t kCategoryTextFirst =
    65536;  // categories from here on are interned texts

using EventKey = std::array<std::uint8_t, 16>;

struct alignas(8) Event {
  EventKey id;
  std::int64_t time_us;  // event time, microseconds since 1970 UTC
  std::uint64_t debtor;  // EntityId words
  std::uint64_t creditor;
  std::int64_t amount;     // minor units, >= 0
  std::uint32_t fee;       // minor units
  std::uint32_t nonce;     // per-debtor sequence from 1; 0 = none
  std::uint16_t currency;  // ISO 4217 numeric
  std::uint8_t exponent;   // decimals of the minor unit, 0..12
  std::uint8_t type;       // EventType
  std::uint16_t channel;   // interned; 0 = none
  std::uint16_t flags;     // EventFlags
  std::uint64_t merchant;
  std::uint64_t device;
  std::uint64_t instrument;
  std::uint64_t ip;
  std::uint32_t category;
  std::uint16_t country[2];  // ISO 3166 numeric of debtor, creditor; 0 unknown
  EventKey ref;              // id of the earlier event, or zero
  std::uint32_t side_off;    // in the batch's side area, multiple of 8
  std::uint32_t side_len;

  EventType event_type() const { return static_cast<EventType>(type); }
};
static_assert(sizeof(Event) == 128);
static_assert(offsetof(Event, amount) == 40 && offsetof(Event, currency) == 56);
static_assert(offsetof(Event, merchant) == 64 && offsetof(Event, category) == 96);
static_assert(offsetof(Event, ref) == 104 && offsetof(Event, side_off) == 120);

// Tags of the side payload's TLVs {u16 tag, u16 0, u32 len, bytes, padding to 8}.
enum class SideTag : std::uint16_t {
  kTextId = 1,
  kMemo = 2,
  kAttrs = 3,  // JSON
  kDebtorName = 4,
  kCreditorName = 5,
  kLocation = 6,
  kSignature = 7,
  kMessageHash = 8,
  kLabel = 9,  // import only: stripped before the pass
  kUetr = 10,
};

inline constexpr std::uint32_t kBatchEventsMax = 65'536;
inline constexpr std::uint32_t kSideBytesMax = 64 * 1024;
inline constexpr std::int64_t kTimeMin = 0;                      // 1970
inline constexpr std::int64_t kTimeMax = 7'289'654'400'000'000;  // 2201-01-01, exclusive

}  // namespace weir::wire
