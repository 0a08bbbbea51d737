#include "wire/check.hpp"

#include <array>

#include "base/check.hpp"
#include "wire/iso_code.hpp"

namespace weir::wire {
namespace {

constexpr unsigned kExponentMax = 12;
static_assert(kEventTypes == 16 && kEventFlagsKnown == 63);
static_assert(offsetof(Event, creditor) == offsetof(Event, debtor) + 8 &&
              offsetof(Event, ip) == offsetof(Event, merchant) + 24);

// One bit per ISO number.
struct KnownCurrencies {
  std::array<std::uint64_t, 16> bits{};
  KnownCurrencies() {
    for (std::uint16_t number = 0; number < 1'000; ++number)
      if (find_currency(number) != nullptr) bits[number / 64] |= std::uint64_t{1} << number % 64;
  }
};

const KnownCurrencies& known_currencies() {
  static const KnownCurrencies known;
  return known;
}

// Returns true if the word cannot be an entity: it is tag absent with a value, beyond the last word
// allowed, or interned as number 0.
inline bool bad_word(std::uint64_t word, std::uint64_t last_word) {
  constexpr std::uint64_t kTagMask = std::uint64_t{3} << 62;
  constexpr std::uint64_t kFirstWord = std::uint64_t{1} << 62;
  const bool absent = word - 1 < kFirstWord - 1;
  const bool unnamed = (word & (kTagMask | EntityId::kValueMask)) == std::uint64_t{2} << 62;
  return absent | (word > last_word) | unnamed;
}

inline bool bad_party(const Event& event, bool pending_allowed) {
  const std::uint64_t last = pending_allowed ? ~std::uint64_t{0} : (std::uint64_t{3} << 62) - 1;
  return ((event.debtor | event.creditor) == 0) | bad_word(event.debtor, last) |
         bad_word(event.creditor, last) | bad_word(event.merchant, last) |
         bad_word(event.device, last) | bad_word(event.instrument, last) | bad_word(event.ip, last);
}

bool bad_id(const Event& event) {
  return (load<std::uint64_t>(event.id.data()) | load<std::uint64_t>(event.id.data() + 8)) == 0;
}

bool bad_time(const Event& event) {
  return static_cast<std::uint64_t>(event.time_us) >= static_cast<std::uint64_t>(kTimeMax);
}

bool bad_side(const Event& event, std::uint64_t side_bytes, std::uint32_t bytes_max) {
  return ((event.side_off | event.side_len) & 7) != 0 || event.side_len > bytes_max ||
         std::uint64_t{event.side_off} + event.side_len > side_bytes;
}

bool bad_currency(const Event& event, const KnownCurrencies& known, std::uint32_t assets) {
  if (event.currency < kAssetFirst)
    return (known.bits[event.currency / 64] >> event.currency % 64 & 1) == 0;
  return event.currency - std::uint32_t{kAssetFirst} >= assets;
}

// Returns the first refusal in the order of their numbers, 0 if there is none.
std::uint16_t name_fault(const Event& event, std::uint64_t side_bytes, const CheckLimits& limits,
                         std::int64_t latest_us, const KnownCurrencies& known) {
  const auto code = [](Refusal refusal) { return static_cast<std::uint16_t>(refusal); };
  if (bad_id(event)) return code(Refusal::kRecordIdZero);
  if (bad_party(event, limits.pending_allowed)) return code(Refusal::kPartyMissing);
  if (event.amount < 0) return code(Refusal::kAmountNegative);
  if (event.exponent > kExponentMax) return code(Refusal::kAmountPrecision);
  if (bad_time(event)) return code(Refusal::kTimeRange);
  if (event.time_us > latest_us) return code(Refusal::kFutureTime);
  if (event.type >= kEventTypes) return code(Refusal::kTypeUnknown);
  if ((event.flags & ~kEventFlagsKnown) != 0) return code(Refusal::kFlagUnknown);
  if (bad_side(event, side_bytes, limits.side_bytes_max)) return code(Refusal::kSideBounds);
  return bad_currency(event, known, limits.assets) ? code(Refusal::kCurrencyUnknown)
                                                   : std::uint16_t{0};
}

// Two entity words at a time; the compiler has 64-bit compares for them from SSE4.2 on.
typedef std::int64_t WordPair __attribute__((vector_size(16)));

// Returns a pair that is not zero if one of the words may be wrong: present, and not of tag number
// or interned, or of value 0 (which is right for numbers: the exact check decides).
inline WordPair suspicious(const std::uint64_t* words) {
  constexpr std::int64_t kQuarter = std::int64_t{1} << 62;
  const auto pair = load<WordPair>(words);
  const WordPair named = (pair >= kQuarter) | (pair < -kQuarter);
  return (pair != 0) & (~named | ((pair << 8) == 0));
}

// Sound records take no branch but the last: every check is a bit of one word.
std::uint16_t check_one(const Event& event, std::uint64_t side_bytes, const CheckLimits& limits,
                        std::int64_t latest_us, const KnownCurrencies& known) {
  const WordPair words =
      suspicious(&event.debtor) | suspicious(&event.merchant) | suspicious(&event.instrument);
  std::uint64_t bad = static_cast<std::uint64_t>(words[0] | words[1]);
  bad |= static_cast<std::uint64_t>(bad_id(event));
  bad |= static_cast<std::uint64_t>((event.debtor | event.creditor) == 0);
  bad |= static_cast<std::uint64_t>(event.amount) >> 63;
  bad |= static_cast<std::uint64_t>(event.exponent > kExponentMax);
  bad |= static_cast<std::uint64_t>(bad_time(event));
  bad |= static_cast<std::uint64_t>(event.time_us > latest_us);
  bad |= static_cast<std::uint64_t>(event.type) >> 4;
  bad |= static_cast<std::uint64_t>(event.flags) >> 6;
  bad |= (event.side_off | event.side_len) & 7U;
  bad |= static_cast<std::uint64_t>(event.side_len > limits.side_bytes_max);
  bad |= static_cast<std::uint64_t>(std::uint64_t{event.side_off} + event.side_len > side_bytes);
  bad |= static_cast<std::uint64_t>(bad_currency(event, known, limits.assets));
  if (bad == 0) [[likely]]
    return 0;
  return name_fault(event, side_bytes, limits, latest_us, known);
}

std::int64_t latest_time(const CheckLimits& limits) {
  return limits.wall_us == 0 ? kTimeMax : limits.wall_us + limits.future_us;
}

}  // namespace

std::uint16_t check_event(const Event& event, std::uint64_t side_bytes, const CheckLimits& limits) {
  return check_one(event, side_bytes, limits, latest_time(limits), known_currencies());
}

std::size_t check_events(std::span<const Event> events, std::uint64_t side_bytes,
                         const CheckLimits& limits, std::span<std::uint16_t> refusals) {
  CHECK_EQ(refusals.size(), events.size());
  const KnownCurrencies& known = known_currencies();
  const std::int64_t latest_us = latest_time(limits);
  std::size_t refused = 0;
  for (std::size_t row = 0; row < events.size(); ++row) {
    refusals[row] = check_one(events[row], side_bytes, limits, latest_us, known);
    refused += refusals[row] != 0 ? 1 : 0;
  }
  return refused;
}

bool side_is_sound(Bytes side) {
  if (side.size() % 8 != 0) return false;
  while (!side.empty()) {
    // A multiple of 8 that is not empty holds at least one header.
    const std::uint64_t step = align_up(8 + std::uint64_t{load<std::uint32_t>(side.data() + 4)}, 8);
    if (step > side.size() || load<std::uint16_t>(side.data() + 2) != 0) return false;
    side = side.subspan(step);
  }
  return true;
}

}  // namespace weir::wire
