// The parity cases of sparse.build.
#pragma once

#include <numeric>

#include "ops/sparse/build/build.hpp"
#include "ops/sparse/parity_matrices.hpp"

namespace weir::ops {

template <>
struct Parity<CsrBuild> {
  struct Data {
    std::vector<std::uint32_t> row;
    std::vector<std::uint32_t> column;
    std::vector<double> value;
  };

  // Shuffled triples with many duplicates; in every fourth case one lies outside.
  static std::vector<ParityCase<CsrBuild>> cases(std::uint64_t seed) {
    Philox rng(seed, 55);
    std::vector<ParityCase<CsrBuild>> cases;
    std::vector<std::size_t> counts(64);
    std::iota(counts.begin(), counts.end(), std::size_t{0});
    counts.insert(counts.end(), {65, 500, 6000});
    for (int i = 0; i < 8; ++i) counts.push_back(rng.next_below(900));
    for (const std::size_t count : counts) {
      for (const bool prune : {false, true}) {
        const auto data = std::make_shared<Data>();
        const std::uint32_t rows = 1 + rng.next_below(90);
        const std::uint32_t cols = 1 + rng.next_below(40);
        for (std::size_t i = 0; i < count; ++i) {
          data->row.push_back(rng.next_below(rows));
          data->column.push_back(rng.next_below(cols));
          data->value.push_back(rng.next_below(5) == 0 ? 0.0 : parity_value(rng));
        }
        if (count != 0 && cases.size() % 4 == 3) data->column.back() = cols;
        cases.push_back({"triples=" + std::to_string(count) + (prune ? " prune" : ""),
                         {rows, cols, data->row, data->column, data->value, prune},
                         data});
      }
    }
    return cases;
  }
  static CsrBuild::Output output(const CsrBuild::Args&) { return {}; }
  static std::string compare(const CsrBuild::Args&, const CsrBuild::Output& expected,
                             const CsrBuild::Output& got) {
    return csr_differs(expected.matrix, got.matrix);
  }
};

}  // namespace weir::ops
