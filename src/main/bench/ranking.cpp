#include "main/bench/ranking.hpp"

#include <algorithm>
#include <map>

namespace weir::main {
namespace {

struct Step {
  double frauds = 0;
  double others = 0;
};

// Counts per distinct score, highest first.
std::vector<Step> steps_of(std::span<const std::uint32_t> scores,
                           std::span<const std::uint8_t> fraud) {
  std::map<std::uint32_t, Step, std::greater<>> by_score;
  for (std::size_t row = 0; row < scores.size(); ++row) {
    Step& step = by_score[scores[row]];
    (fraud[row] != 0 ? step.frauds : step.others) += 1;
  }
  std::vector<Step> steps;
  for (const auto& [score, step] : by_score) steps.push_back(step);
  return steps;
}

Step sum_of(const std::vector<Step>& steps) {
  Step sum;
  for (const Step& step : steps) {
    sum.frauds += step.frauds;
    sum.others += step.others;
  }
  return sum;
}

}  // namespace

double ranking_auc(std::span<const std::uint32_t> scores, std::span<const std::uint8_t> fraud) {
  const std::vector<Step> steps = steps_of(scores, fraud);
  const Step sum = sum_of(steps);
  if (sum.frauds == 0 || sum.others == 0) return 0.5;
  double above = 0;  // frauds with a higher score
  double pairs = 0;
  for (const Step& step : steps) {
    pairs += step.others * (above + step.frauds / 2);
    above += step.frauds;
  }
  return pairs / (sum.frauds * sum.others);
}

double average_precision(std::span<const std::uint32_t> scores,
                         std::span<const std::uint8_t> fraud) {
  const std::vector<Step> steps = steps_of(scores, fraud);
  const Step sum = sum_of(steps);
  if (sum.frauds == 0) return 0;
  double frauds = 0;
  double rows = 0;
  double average = 0;
  for (const Step& step : steps) {
    frauds += step.frauds;
    rows += step.frauds + step.others;
    average += step.frauds / sum.frauds * (frauds / rows);
  }
  return average;
}

void CardReview::day(std::span<const std::uint64_t> cards, std::span<const std::uint32_t> scores,
                     std::span<const std::uint8_t> fraud) {
  struct Card {
    std::uint32_t score = 0;
    bool compromised = false;
  };
  std::map<std::uint64_t, Card> of_day;
  for (std::size_t row = 0; row < cards.size(); ++row) {
    if (found_.contains(cards[row])) continue;
    Card& card = of_day[cards[row]];
    card.score = std::max(card.score, scores[row]);
    card.compromised = card.compromised || fraud[row] != 0;
  }
  std::vector<std::pair<std::uint64_t, Card>> ranked(of_day.begin(), of_day.end());
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    if (a.second.score != b.second.score) return a.second.score > b.second.score;
    return a.second.compromised < b.second.compromised;
  });
  if (ranked.size() > cards_a_day_) ranked.resize(cards_a_day_);
  std::size_t compromised = 0;
  for (const auto& [number, card] : ranked) {
    if (!card.compromised) continue;
    ++compromised;
    found_.insert(number);
  }
  daily_.push_back(static_cast<double>(compromised) / static_cast<double>(cards_a_day_));
}

double CardReview::precision() const {
  double sum = 0;
  for (const double day : daily_) sum += day;
  return daily_.empty() ? 0 : sum / static_cast<double>(daily_.size());
}

}  // namespace weir::main
