// What the pass computes with: windows, features, profiles.
#include <array>
#include <cmath>

#include "base/time_text.hpp"
#include "gate/profile_history.hpp"
#include "main/service/live_pass.hpp"

namespace weir::main {
namespace {

// In the order of profile::Feature.
constexpr std::array<std::string_view, profile::kFeatures> kMeanings = {
    "size of the amount, on a log scale",
    "amount in standard deviations from what the payer usually pays",
    "amount against the payer's average payment",
    "amount against what the payee usually receives",
    "trailing zeros of the amount",
    "how close the amount lies under a reporting limit",
    "payments of the payer in the last minute",
    "payments of the payer in the last hour",
    "payments of the payer in the last day",
    "the payer's last hour against a usual hour",
    "the payer's last week against a usual week",
    "sum paid by the payer in the last day",
    "the payer's last day against a usual day, by sum",
    "time since the payer last paid",
    "time since the payer last received",
    "share of the last hour's money that passed through the payer",
    "share of the last day's turnover of the payer that was paid out",
    "how unusual the hour is for the payer",
    "local hour of day",
    "local day of the week, Monday 0",
    "days since the payer was first seen",
    "days since the payee was first seen",
    "1 if the payer is not known to have paid this payee",
    "payments from the payer to the payee in 30 days",
    "payments from the payee to the payer in 30 days",
    "distinct payees of the payer, today and yesterday",
    "distinct payers of the payee, today and yesterday",
    "receipts of the payee in the last hour",
    "sum received by the payee in the last day against a usual day",
    "share of the last day's money that passed through the payee",
    "fraud labels of the payee in 7 days against its receipts",
    "fraud labels of the payer in 30 days against its payments",
};

template <std::size_t N>
void write_spans(JsonWriter& json, std::string_view name,
                 const std::array<std::string_view, N>& spans, const std::array<float, N>& values) {
  json.key(name).begin_object();
  for (std::size_t i = 0; i < N; ++i) json.key(spans[i]).f32(values[i]);
  json.end_object();
}

void write_flags(JsonWriter& json, std::uint16_t flags) {
  constexpr std::pair<std::uint16_t, std::string_view> kNames[] = {
      {profile::kQuarantined, "quarantined"},
      {profile::kWatch, "watch"},
      {profile::kDeny, "deny"},
      {profile::kAllow, "allow"},
      {profile::kExternal, "external"},
      {profile::kQuarantineBlocks, "quarantine_blocks"}};
  json.key("flags").begin_array();
  for (const auto& [bit, name] : kNames) {
    if ((flags & bit) != 0) json.string(name);
  }
  json.end_array();
}

void write_gap(JsonWriter& json, std::string_view name, std::uint64_t gap_ms) {
  json.key(name);
  gap_ms == UINT64_MAX ? json.null() : json.u64(gap_ms);
}

void write_profile(JsonWriter& json, const profile::ProfileView& view) {
  constexpr std::array<std::string_view, 5> kOutCounts = {"1m", "1h", "1d", "7d", "30d"};
  constexpr std::array<std::string_view, 4> kInCounts = {"1h", "1d", "7d", "30d"};
  constexpr std::array<std::string_view, 3> kSums = {"1h", "1d", "30d"};
  json.begin_object().key("last_event").string(format_time(view.last_us));
  json.key("first_day").string(format_time(view.first_day * kMicrosPerDay).substr(0, 10));
  json.key("shared").boolean(view.overflow);
  json.key("payments").u64(view.events_out).key("receipts").u64(view.events_in);
  write_spans(json, "payments_recent", kOutCounts, view.out_count);
  write_spans(json, "receipts_recent", kInCounts, view.in_count);
  write_spans(json, "paid", kSums, view.out_sum);
  write_spans(json, "received", kSums, view.in_sum);
  json.key("amount_log_mean").f32(view.amount_log_mean);
  json.key("amount_log_variance").f32(view.amount_log_variance);
  json.key("payees").f32(view.fan_out).key("payers").f32(view.fan_in);
  json.key("fraud_as_payee").f32(view.fraud_in).key("fraud_as_payer").f32(view.fraud_out);
  write_gap(json, "ms_since_paid", view.out_gap_ms);
  write_gap(json, "ms_since_received", view.in_gap_ms);
  json.key("hours").begin_array();
  for (const std::uint8_t count : view.hours) json.u64(count);
  json.end_array().end_object();
}

std::string entity_json(const std::string& kind, const std::string& id, std::int64_t time_us,
                        std::optional<std::uint64_t> seq, const profile::ProfileView& view) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("kind").string(kind).key("id").string(id);
  json.key("as_of").string(format_time(time_us));
  if (seq) json.key("seq").u64(*seq);
  write_flags(json, view.flags);
  json.key("profile");
  if (view.has_profile) {
    write_profile(json, view);
  } else {
    json.null();
  }
  json.end_object();
  return text;
}

}  // namespace

Result<std::string> LivePass::windows() {
  std::vector<decide::Decider::WindowStats> stats;
  WEIR_TRY(at_rest([&] { stats = gate_->pass().decider().window_stats(); }));
  std::string text;
  JsonWriter json(text);
  json.begin_array();
  for (const auto& window : stats) {
    json.begin_object().key("name").string(window.name).key("text").string(window.text);
    json.key("coverage").string(window.coverage).key("keys").u64(window.keys);
    json.key("bytes").u64(window.bytes).key("bytes_per_key").u64(window.bytes_per_key);
    json.key("rejected").u64(window.rejected).key("warm").boolean(window.warm).end_object();
  }
  json.end_array();
  return text;
}

Result<std::string> LivePass::features() {
  std::string text;
  JsonWriter json(text);
  json.begin_array();
  for (unsigned f = 0; f < profile::kFeatures; ++f) {
    json.begin_object().key("number").u64(f);
    json.key("name").string(profile::feature_name(static_cast<profile::Feature>(f)));
    json.key("meaning").string(kMeanings[f]).end_object();
  }
  json.end_array();
  return text;
}

// A profile is shown decayed to the newest event of the log: the pass knows no other time.
std::int64_t LivePass::newest_event_us() const {
  const ledger::BlockLog* log = gate_->log();
  if (log == nullptr) return 0;
  constexpr ledger::Height kLooks = 64;
  ledger::Block block;
  ledger::Height height = log->durable_height();
  for (ledger::Height look = 0; look < kLooks && height >= log->first_height(); ++look, --height) {
    if (height == 0 || !log->read(height, block).is_ok()) break;
    if (block.view().header().count != 0) return block.view().header().t_max_us;
  }
  return 0;
}

Result<std::string> LivePass::entity(const std::string& kind, const std::string& id,
                                     std::optional<std::uint64_t> as_of) {
  WEIR_ASSIGN(const wire::EntityId word, entity_id(kind, id));
  if (as_of) {
    WEIR_ASSIGN(const ledger::BlockLog* log, stored_log());
    WEIR_ASSIGN(
        const gate::ProfileAsOf then,
        gate::profile_as_of(*log, gate_->options().pass, gate_->pass().dictionary(), word, *as_of));
    return entity_json(kind, id, then.time_us, as_of, then.view);
  }
  const std::int64_t now_us = newest_event_us();
  Result<profile::ProfileView> view;
  WEIR_TRY(at_rest([&] { view = gate_->pass().profiles().view(word, now_us); }));
  WEIR_TRY(view);
  const std::int64_t time_us = std::max(now_us, std::max<std::int64_t>(view->last_us, 0));
  return entity_json(kind, id, time_us, as_of, *view);
}

}  // namespace weir::main
