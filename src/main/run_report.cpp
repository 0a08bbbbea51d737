#include "main/run_report.hpp"

#include <algorithm>
#include <cstdio>

namespace weir::main {
namespace {

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void RunReport::add(const std::vector<wire::Verdict>& verdicts,
                    const std::vector<std::uint8_t>& duplicate,
                    const std::vector<std::uint8_t>& fraud) {
  for (std::size_t row = 0; row < verdicts.size(); ++row) {
    const wire::VerdictCore& core = verdicts[row].core;
    if (verdicts[row].seq == 0) {
      ++refused_;
      ++refusals_[core.top_rule];
      continue;
    }
    if (!duplicate.empty() && duplicate[row] != 0) {
      ++duplicates_;
      continue;
    }
    ++accepted_;
    ++outcomes_[core.outcome];
    alerts_ += (core.flags & wire::kAlert) != 0;
    ++tails_[std::min<std::uint32_t>(9, core.tail_e6 / 1'000'000)];
    for (unsigned i = 0; i < core.reason_count && i < 4; ++i) ++reasons_[core.reasons[i] & 31];
    if (core.top_rule != 0) ++top_rules_[core.top_rule - 1];
    if (!fraud.empty() && fraud[row] != 2) labelled_.emplace_back(core.tail_e6, fraud[row]);
  }
}

void RunReport::print(const decide::RuleSet* rules, double seconds) const {
  std::printf("\n%llu events in %.2f s: %.0f per second\n",
              static_cast<unsigned long long>(accepted_), seconds,
              static_cast<double>(accepted_) / std::max(seconds, 1e-9));
  std::printf("  pass %llu (%.2f %%), hold %llu (%.2f %%), block %llu (%.2f %%)\n",
              static_cast<unsigned long long>(outcomes_[0]), percent(outcomes_[0], accepted_),
              static_cast<unsigned long long>(outcomes_[1]), percent(outcomes_[1], accepted_),
              static_cast<unsigned long long>(outcomes_[2]), percent(outcomes_[2], accepted_));
  std::printf("  alerts %llu, %.2f per 1,000 events; repeated %llu, refused %llu\n",
              static_cast<unsigned long long>(alerts_), percent(alerts_, accepted_) * 10,
              static_cast<unsigned long long>(duplicates_),
              static_cast<unsigned long long>(refused_));
  for (const auto& [code, count] : refusals_) {
    std::printf("    %-20s %llu\n",
                std::string(wire::refusal_name(static_cast<wire::Refusal>(code))).c_str(),
                static_cast<unsigned long long>(count));
  }
  std::printf("  tail histogram (-log10 p):");
  for (std::size_t t = 0; t < tails_.size(); ++t) {
    std::printf(" %zu:%llu", t, static_cast<unsigned long long>(tails_[t]));
  }
  std::printf("\n  reasons:");
  for (std::size_t code = 1; code < reasons_.size(); ++code) {
    if (reasons_[code] == 0) continue;
    std::printf(" %s %llu", std::string(wire::reason_name(static_cast<wire::Reason>(code))).c_str(),
                static_cast<unsigned long long>(reasons_[code]));
  }
  std::printf("\n  top rules:");
  std::vector<std::pair<std::uint64_t, std::uint32_t>> ranked;
  for (const auto& [rule, count] : top_rules_) ranked.emplace_back(count, rule);
  std::sort(ranked.rbegin(), ranked.rend());
  for (std::size_t i = 0; i < ranked.size() && i < 8; ++i) {
    const auto [count, rule] = ranked[i];
    const std::string name = rules != nullptr && rule < rules->rules.size()
                                 ? rules->rules[rule].name
                                 : std::to_string(rule);
    std::printf(" %s %llu", name.c_str(), static_cast<unsigned long long>(count));
  }
  std::printf("%s\n", ranked.empty() ? " none fired" : "");
  print_labels();
}

// The precision a team sees that reviews the highest-scored events first.
void RunReport::print_labels() const {
  if (labelled_.empty()) return;
  std::vector<std::pair<std::uint32_t, std::uint8_t>> ranked = labelled_;
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::uint64_t frauds = 0;
  for (const auto& [tail, fraud] : ranked) frauds += fraud;
  std::printf("  labels: %zu labelled, %llu fraud (%.3f %%); ties counted against us\n",
              ranked.size(), static_cast<unsigned long long>(frauds),
              percent(frauds, ranked.size()));
  std::uint64_t caught = 0;
  std::size_t at = 0;
  for (const double budget : {0.001, 0.005, 0.01, 0.05}) {
    const auto rows = static_cast<std::size_t>(budget * static_cast<double>(ranked.size()));
    for (; at < rows; ++at) caught += ranked[at].second;
    std::printf("    reviewing the top %.1f %%: precision %.1f %%, recall %.1f %%\n", budget * 100,
                percent(caught, rows), percent(caught, frauds));
  }
}

}  // namespace weir::main
