// The stream's message about one verdict: what a list of alerts shows without asking again.
//
//   if (hub.wanted(Topic::kVerdict, false)) hub.publish(verdict_message(notice));
#pragma once

#include <cstdint>
#include <string>

#include "server/sse/hub.hpp"
#include "wire/verdict.hpp"

namespace weir::server {

struct VerdictNotice {
  std::uint64_t seq = 0;
  std::string event_id{};
  std::int64_t time_us = 0;  // of the event
  wire::Outcome outcome = wire::Outcome::kPass;
  bool alert = false;
  std::uint32_t tail_e6 = 0;
  std::uint32_t threshold_e6 = 0;
  std::string debtor_kind{};  // "customer", or empty if there is none
  std::string debtor{};
  std::string creditor_kind{};
  std::string creditor{};
  std::string amount{};    // exact decimal text
  std::string currency{};  // "USD"
  std::string reason_code{};
  std::string reason_text{};
};

// Renders {"seq","event_id","at","outcome","alert","score","tail","threshold","entity",
// "counterparty","amount","currency","reason"}; the sequence number and the amount
// are texts.
StreamMessage verdict_message(const VerdictNotice& notice);

}  // namespace weir::server
