#include "server/sse/verdict_message.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/time_text.hpp"

namespace weir::server {
namespace {

constexpr std::uint32_t kScoreTop_e6 = 6'000'000;  // the tail at which the score is 1

void write_party(JsonWriter& json, std::string_view name, const std::string& kind,
                 const std::string& id) {
  if (id.empty()) return;
  json.key(name).begin_object().key("kind").string(kind).key("id").string(id).end_object();
}

}  // namespace

StreamMessage verdict_message(const VerdictNotice& notice) {
  StreamMessage message{.topic = Topic::kVerdict,
                        .pass = notice.outcome == wire::Outcome::kPass && !notice.alert,
                        .seq = notice.seq,
                        .data = {}};
  JsonWriter json(message.data);
  json.begin_object().key("seq").u64_string(notice.seq).key("event_id").string(notice.event_id);
  json.key("at").string(format_time(notice.time_us));
  json.key("outcome").string(wire::outcome_name(notice.outcome));
  json.key("alert").boolean(notice.alert);
  json.key("score").f64(static_cast<double>(std::min(notice.tail_e6, kScoreTop_e6)) / 6e6);
  json.key("tail").f64(static_cast<double>(notice.tail_e6) / 1e6);
  json.key("threshold").f64(static_cast<double>(notice.threshold_e6) / 1e6);
  write_party(json, "entity", notice.debtor_kind, notice.debtor);
  write_party(json, "counterparty", notice.creditor_kind, notice.creditor);
  json.key("amount").string(notice.amount).key("currency").string(notice.currency);
  if (!notice.reason_code.empty())
    json.key("reason")
        .begin_object()
        .key("code")
        .string(notice.reason_code)
        .key("text")
        .string(notice.reason_text)
        .end_object();
  json.end_object();
  return message;
}

}  // namespace weir::server
