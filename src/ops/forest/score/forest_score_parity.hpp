// Cases of forest.score: forests of few and many nodes, rows with every special value.
#pragma once

#include <limits>
#include <memory>

#include "ops/forest/forest_sample.hpp"
#include "ops/forest/score/forest_score.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops {

template <>
struct Parity<ForestScore> {
  struct Data {
    Data(std::size_t trees, std::size_t count, std::uint64_t seed)
        : rows(bell_rows(count, 6, seed)),
          forest(*train_forest(
              bell_rows(600, 6, seed + 1).view(),
              {.trees = static_cast<std::uint32_t>(trees), .psi = 128, .seed = seed})),
          scorer(forest) {}
    SampleRows rows;
    Forest forest;
    ForestScorer scorer;
  };

  static void spoil(SampleRows& rows) {
    const float infinity = std::numeric_limits<float>::infinity();
    const float special[] = {
        std::numeric_limits<float>::quiet_NaN(), infinity, -infinity, -0.0F, 1e-45F, 3e38F, -3e38F};
    for (std::size_t i = 0; i < rows.rows; ++i) rows.at(i, i % 6) = special[i % 7];
  }

  static std::vector<ParityCase<ForestScore>> cases(std::uint64_t seed) {
    std::vector<ParityCase<ForestScore>> all;
    const auto add = [&](std::size_t trees, std::size_t count, bool wild, std::size_t from) {
      auto data = std::make_shared<Data>(trees, count + from, seed + all.size());
      if (wild) spoil(data->rows);
      ForestScore::Args args{&data->forest, &data->scorer, data->rows.view().slice(from, count)};
      all.push_back({"trees=" + std::to_string(trees) + " rows=" + std::to_string(count) +
                         (wild ? " special" : "") + (from != 0 ? " slice" : ""),
                     args, data});
    };
    for (const std::size_t rows : {0U, 1U, 31U, 32U, 33U, 65U, 2049U, 5000U}) {
      add(20, rows, false, 0);
    }
    for (std::size_t rows = 2; rows < 64; ++rows) add(3, rows, true, rows % 5);
    Philox rng(seed, 0xF0);
    for (int i = 0; i < 8; ++i) {
      add(1 + rng.next_below(100), rng.next_below(700), i % 2 == 0, rng.next_below(9));
    }
    return all;
  }
  static ForestScore::Output output(const ForestScore::Args& args) {
    return {parity::guarded<float>(args.rows.rows)};
  }
  static std::string compare(const ForestScore::Args&, const ForestScore::Output& expected,
                             const ForestScore::Output& got) {
    return parity::bits_differ<float>(expected.raw, got.raw, "raw");
  }
};

}  // namespace weir::ops
