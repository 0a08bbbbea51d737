#include "profile/columns.hpp"

#include <array>
#include <string>

namespace weir::profile {
namespace {

constexpr std::array<std::string_view, kFeatures> kNames = {
    "amount_log",
    "amount_z",
    "amount_vs_usual",
    "amount_vs_payee",
    "amount_round",
    "near_limit",
    "out_count_1m",
    "out_count_1h",
    "out_count_1d",
    "out_burst",
    "out_week",
    "out_sum_1d",
    "out_sum_vs_usual",
    "out_gap",
    "dwell",
    "flow_1h",
    "out_share_1d",
    "hour_surprise",
    "hour",
    "weekday",
    "debtor_age",
    "creditor_age",
    "new_edge",
    "edge_count",
    "reciprocal",
    "fan_out",
    "fan_in",
    "in_count_1h",
    "in_sum_vs_usual",
    "payee_flow_1d",
    "payee_risk",
    "debtor_risk",
};

}  // namespace

std::string_view feature_name(Feature feature) {
  return kNames[static_cast<std::size_t>(feature)];
}

Result<Feature> parse_feature(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Feature>(i);
  }
  return fail(invalid_argument("feature_unknown", "no feature \"" + std::string(name) + "\""));
}

}  // namespace weir::profile
