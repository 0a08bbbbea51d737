#include "wire/check.hpp"

#include <array>

#include "base/check.hpp"
#include "wire/iso_code.hpp"

namespace weir::wire {
namespace {

constexpr unsigned kExponentMax = 12;

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

// Returns true if the word cannot be an entity: it is tag absent with a value, beyond the last word allowed,
// or interned as number 0.
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

// Returns the first refusal in the order of their numbers; something is known to be wrong.
std::uint16_t name_fault(const Event& event, std::uint64_t side_bytes, const CheckLimits& limits,
                         std::int64_t latest_us) {
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
  return code(Refusal::kCurrencyUnknown);
}

// Sound records take no branch but the last: every check is a bit of one word.
std::uint16_t check_one(const Event& event, std::uint64_t side_bytes, const CheckLimits& limits,
                        std::int64_t latest_us, const KnownCurrencies& known) {
  unsigned bad = bad_id(event) ? 1U : 0U;
  bad |= static_cast<unsigned>(bad_party(event, limits.pending_allowed));
  bad |= static_cast<unsigned>(event.amount < 0);
  bad |= static_cast<unsigned>(event.exponent > kExponentMax);
  bad |= static_cast<unsigned>(bad_time(event));
  bad |= static_cast<unsigned>(event.time_us > latest_us);
  bad |= static_cast<unsigned>(event.type >= kEventTypes);
  bad |= static_cast<unsigned>((event.flags & ~kEventFlagsKnown) != 0);
  bad |= static_cast<unsigned>(((event.side_off | event.side_len) & 7) != 0);
  bad |= static_cast<unsigned>(event.side_len > limits.side_bytes_max);
  bad |= static_cast<unsigned>(std::uint64_t{event.side_off} + event.side_len > side_bytes);
  bad |= static_cast<unsigned>(bad_currency(event, known, limits.assets));
  return bad == 0 ? std::uint16_t{0} : name_fault(event, side_bytes, limits, latest_us);
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
