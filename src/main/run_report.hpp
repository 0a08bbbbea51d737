// RunReport: what `weir run` tells at the end: counts, outcomes, alerts per thousand, top rules, a
// histogram of tails, and precision at a budget where the file has labels.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "decide/rules/rule_set.hpp"
#include "wire/verdict.hpp"

namespace weir::main {

class RunReport {
 public:
  // Adds verdicts of one batch; `fraud` has an entry a row, or is empty if the file has no labels:
  // 0 legit, 1 fraud, 2 unlabelled.
  void add(const std::vector<wire::Verdict>& verdicts, const std::vector<std::uint8_t>& duplicate,
           const std::vector<std::uint8_t>& fraud);
  // Prints the report; `rules` may be null.
  void print(const decide::RuleSet* rules, double seconds) const;

  std::uint64_t accepted() const { return accepted_; }
  std::uint64_t refused() const { return refused_; }
  std::uint64_t duplicates() const { return duplicates_; }

 private:
  void print_labels() const;

  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t duplicates_ = 0;
  std::uint64_t alerts_ = 0;
  std::array<std::uint64_t, 3> outcomes_{};
  std::array<std::uint64_t, 10> tails_{};
  std::array<std::uint64_t, 32> reasons_{};
  std::map<std::uint32_t, std::uint64_t> top_rules_;
  std::map<std::uint32_t, std::uint64_t> refusals_;
  std::vector<std::pair<std::uint32_t, std::uint8_t>> labelled_;  // tail, fraud
};

}  // namespace weir::main
