#include "wire/csv/mapping.hpp"

#include "wire/event.hpp"

namespace weir::wire {
namespace {

constexpr std::array<std::string_view, kTargets> kTargetNames = {"id",
                                                                 "time",
                                                                 "amount",
                                                                 "fee",
                                                                 "nonce",
                                                                 "currency",
                                                                 "type",
                                                                 "debtor",
                                                                 "creditor",
                                                                 "merchant",
                                                                 "device",
                                                                 "instrument",
                                                                 "ip",
                                                                 "channel",
                                                                 "category",
                                                                 "debtor_country",
                                                                 "creditor_country",
                                                                 "memo",
                                                                 "debtor_name",
                                                                 "creditor_name",
                                                                 "ref",
                                                                 "location",
                                                                 "label"};

constexpr std::array<std::string_view, 10> kKindNames = {
    "account", "customer", "merchant", "terminal",  "card",
    "device",  "ip",       "bank",     "validator", "external"};
constexpr std::string_view kUserPrefix = "user_";

}  // namespace

std::string_view target_name(Target target) {
  return kTargetNames[static_cast<std::size_t>(target)];
}

bool parse_target(std::string_view name, Target& target) {
  for (std::size_t i = 0; i < kTargets; ++i) {
    if (kTargetNames[i] != name) continue;
    target = static_cast<Target>(i);
    return true;
  }
  return false;
}

std::string entity_kind_name(EntityKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  if (index < kKindNames.size()) return std::string(kKindNames[index]);
  return std::string(kUserPrefix) + std::to_string(index);
}

bool parse_entity_kind(std::string_view name, EntityKind& kind) {
  for (std::size_t i = 0; i < kKindNames.size(); ++i) {
    if (kKindNames[i] != name) continue;
    kind = static_cast<EntityKind>(i);
    return true;
  }
  std::uint64_t number = 0;
  if (!name.starts_with(kUserPrefix) ||
      !canonical_number(name.substr(kUserPrefix.size()), number) || number < 16 || number > 63)
    return false;
  kind = static_cast<EntityKind>(number);
  return true;
}

}  // namespace weir::wire
