#include "wire/event.hpp"

namespace weir::wire {
namespace {

constexpr std::array<std::string_view, kEventTypes> kTypeNames = {
    "other", "transfer", "payment", "cash_out", "cash_in", "debit",  "refund", "reversal",
    "fee",   "order",    "trade",   "cancel",   "login",   "status", "stake",  "call"};

}  // namespace

bool canonical_number(std::string_view text, std::uint64_t& value) {
  constexpr std::size_t kDigitsMax = 17;  // 2^56 - 1 has 17 digits
  if (text.empty() || text.size() > kDigitsMax || (text[0] == '0' && text.size() > 1)) return false;
  std::uint64_t number = 0;
  for (const char c : text) {
    const auto digit = static_cast<unsigned char>(c - '0');
    if (digit > 9) return false;
    number = number * 10 + digit;
  }
  if (number > EntityId::kValueMask) return false;
  value = number;
  return true;
}

std::string_view event_type_name(EventType type) {
  const auto index = static_cast<std::size_t>(type);
  return index < kTypeNames.size() ? kTypeNames[index] : std::string_view{};
}

bool parse_event_type(std::string_view name, EventType& type) {
  for (std::size_t i = 0; i < kTypeNames.size(); ++i) {
    if (kTypeNames[i] != name) continue;
    type = static_cast<EventType>(i);
    return true;
  }
  return false;
}

}  // namespace weir::wire
