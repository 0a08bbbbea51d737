#include "main/bench/ranking.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace weir::main {
namespace {

using Scores = std::vector<std::uint32_t>;
using Frauds = std::vector<std::uint8_t>;

TEST(Ranking, GivesTheValuesWorkedOutByHand) {
  // Ranked 9 F, 8 -, 7 F, 6 -: three of four pairs are in order; precision 1 and 2/3 at the frauds.
  const Scores scores = {6, 7, 8, 9};
  const Frauds fraud = {0, 1, 0, 1};
  EXPECT_DOUBLE_EQ(ranking_auc(scores, fraud), 0.75);
  EXPECT_DOUBLE_EQ(average_precision(scores, fraud), 0.5 * 1 + 0.5 * 2.0 / 3);
}

TEST(Ranking, CountsTiesAsOneStep) {
  const Scores scores = {5, 5, 5, 5};
  const Frauds fraud = {1, 0, 0, 0};
  EXPECT_DOUBLE_EQ(ranking_auc(scores, fraud), 0.5);
  EXPECT_DOUBLE_EQ(average_precision(scores, fraud), 0.25);
}

TEST(Ranking, AgreesWithAllPairs) {
  constexpr std::uint64_t kSeed = 11;
  Philox rng(kSeed, 0);
  Scores scores(400);
  Frauds fraud(400);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    scores[i] = rng.next_below(50);
    fraud[i] = rng.next_below(10) == 0;
  }
  double in_order = 0;
  double pairs = 0;
  for (std::size_t a = 0; a < scores.size(); ++a) {
    for (std::size_t b = 0; b < scores.size(); ++b) {
      if (fraud[a] == 0 || fraud[b] != 0) continue;
      pairs += 1;
      in_order += scores[a] > scores[b] ? 1 : scores[a] == scores[b] ? 0.5 : 0;
    }
  }
  EXPECT_NEAR(ranking_auc(scores, fraud), in_order / pairs, 1e-12) << "seed " << kSeed;
}

TEST(Ranking, IsNeutralWithoutFrauds) {
  EXPECT_DOUBLE_EQ(ranking_auc(Scores{1, 2}, Frauds{0, 0}), 0.5);
  EXPECT_DOUBLE_EQ(average_precision(Scores{1, 2}, Frauds{0, 0}), 0);
}

TEST(CardReview, TakesDailyMaximaAndForgetsCardsOnceFound) {
  const std::vector<std::uint64_t> cards = {1, 1, 2, 3};
  const Scores scores = {1, 9, 8, 7};
  CardReview review(2);
  review.day(cards, scores,
             Frauds{1, 0, 0, 1});  // reviews 1 (compromised, by its other payment), 2
  EXPECT_DOUBLE_EQ(review.precision(), 0.5);
  review.day(cards, scores, Frauds{1, 1, 0, 1});  // 1 is gone: 2 and 3
  EXPECT_DOUBLE_EQ(review.precision(), 0.5);
  review.day(cards, scores, Frauds{0, 0, 0, 1});  // 1 and 3 are gone: 2 alone
  EXPECT_DOUBLE_EQ(review.precision(), (0.5 + 0.5 + 0) / 3);
}

TEST(CardReview, CountsTiesAgainstUs) {
  CardReview review(1);
  review.day(std::vector<std::uint64_t>{1, 2}, Scores{5, 5}, Frauds{1, 0});
  EXPECT_DOUBLE_EQ(review.precision(), 0);
}

}  // namespace
}  // namespace weir::main
