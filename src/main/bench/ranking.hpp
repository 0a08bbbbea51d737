// How well scores rank frauds: area under the ROC curve, average precision, and the precision of a
// team that reviews the highest-scored cards of each day.
//
//   ranking_auc(scores, fraud);                      // ties count one half
//   average_precision(scores, fraud);                // tied scores are one step
//   CardReview review(100);
//   review.day(cards, scores, fraud);                // day after day
//   review.precision();
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <vector>

namespace weir::main {

// Shapes: [rows] each. Without a fraud, or with nothing else, AUC is 0.5 and average precision 0.
double ranking_auc(std::span<const std::uint32_t> scores, std::span<const std::uint8_t> fraud);
double average_precision(std::span<const std::uint32_t> scores,
                         std::span<const std::uint8_t> fraud);

// Card precision at k a day: each card's score is the highest of its payments of the day; a card
// found compromised is not reviewed again. Ties count against us.
class CardReview {
 public:
  explicit CardReview(std::size_t cards_a_day) : cards_a_day_(cards_a_day) {}
  // Reviews a day. Shapes: [rows] each.
  void day(std::span<const std::uint64_t> cards, std::span<const std::uint32_t> scores,
           std::span<const std::uint8_t> fraud);
  // Returns the mean over the days, 0 without any.
  double precision() const;

 private:
  std::size_t cards_a_day_;
  std::set<std::uint64_t> found_;
  std::vector<double> daily_;
};

}  // namespace weir::main
