// The JSON of a verdict, from plain data.
//
//   std::string text;
//   JsonWriter json(text);
//   write_verdict(json, view);      // {"event_id":"t-1","seq":123456,"outcome":"hold",...}
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/json.hpp"
#include "decide/explain.hpp"
#include "wire/verdict.hpp"

namespace weir::decide {

struct RuleHitView {
  std::string_view name;
  std::uint32_t version = 0;
  RuleAction action = RuleAction::kAlert;
  bool shadow = false;
};

struct ModelView {
  std::string_view name;
  std::uint32_t version = 0;
  double tail = 0;
  std::string_view variant = "stable";
};

// Views stay the caller's.
struct VerdictView {
  std::string_view event_id;
  std::uint64_t seq = 0;  // 0: not in the log; then no alert has an id
  wire::VerdictCore core{};
  std::span<const FullReason> reasons;
  std::span<const std::string_view> tags;
  std::span<const RuleHitView> rules;
  std::span<const ModelView> models;
  std::uint32_t rules_version = 0, models_version = 0, config_version = 0, lists_version = 0;
  std::uint64_t height = 0;
  bool committed = false;
  std::string_view ack = "committed";
  bool duplicate = false;
  std::string_view mode = "live";
  std::optional<std::uint64_t> latency_us;  // absent when the verdict is read again later
  // With ?explain=features: the row, else null.
  const wire::Event* event = nullptr;
  const float* features = nullptr;  // [kFeatures]
};

// Writes one object. Allocates only what the writer's string needs.
void write_verdict(JsonWriter& json, const VerdictView& view);
// Writes the array of reasons, as verdicts and alerts show it.
void write_reasons(JsonWriter& json, std::span<const FullReason> reasons);

}  // namespace weir::decide
