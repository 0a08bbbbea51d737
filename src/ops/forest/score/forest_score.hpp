// forest.score: the raw anomaly score of each row against an isolation forest.
//
//   ForestScorer scorer(forest);                                // once a forest
//   ForestScore::Output out{raw};
//   WEIR_TRY(ForestScore::cpu(run, {.forest = &forest, .scorer = &scorer, .rows = rows}, out));
//
// rows [n, columns] of f32, column by column; raw [n] f32 = -(sum of path lengths), which are
// multiples of 2^-scale_bits and summed as integers, so that the one rounding is that to f32. NaN
// goes right at every test. Class fixed. Errors: invalid_argument for fewer columns than the forest
// reads. Cost: a byte compare and a blend for each node, or a walk down each tree. There is no form
// for a GPU: at live rates the copies alone take longer.
#pragma once

#include <span>

#include "ops/cpu_run.hpp"
#include "ops/forest/scorer.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct ForestScore {
  static constexpr OpInfo kInfo{.name = "forest.score",
                                .numeric = NumericClass::kFixed,
                                .quantum_rows = 64,
                                .summary = "raw score of rows against an isolation forest"};
  struct Args {
    const Forest* forest = nullptr;
    const ForestScorer* scorer = nullptr;  // of that forest
    ColumnsView rows = {};
  };
  struct Output {
    std::span<float> raw;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
