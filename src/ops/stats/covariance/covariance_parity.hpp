// The parity cases of stats.covariance and stats.correlation.
#pragma once

#include "base/rng.hpp"
#include "ops/parity/case.hpp"
#include "ops/stats/covariance/covariance.hpp"
#include "ops/stats/parity_columns.hpp"

namespace weir::ops {

template <bool kNormalised>
struct Parity<CovarianceOf<kNormalised>> {
  using Op = CovarianceOf<kNormalised>;

  static std::vector<ParityCase<Op>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Op>> cases;
    const auto add = [&](std::size_t rows, std::size_t cols, ParityContent content) {
      const std::string name = "rows=" + std::to_string(rows) + " cols=" + std::to_string(cols);
      const std::size_t stride = cols + cases.size() % 3;
      const ParityColumn values =
          parity_column(name, seed + cases.size(), rows * stride, 0, content, false, 0.0);
      cases.push_back({name,
                       {.x = MatrixView<double>(values.x.f64.data(), rows, cols, stride),
                        .ddof = static_cast<unsigned>(cases.size() % 2)},
                       values.data});
    };
    for (std::size_t n = 0; n <= 40; ++n) add(n, 1 + n % 7, ParityContent::kUsual);
    for (const std::size_t cols : {0U, 1U, 7U, 8U, 9U, 23U, 31U, 40U}) {
      add(65, cols, ParityContent::kUsual);
      add(1100, cols, ParityContent::kFarFromZero);
    }
    add(5000, 5, ParityContent::kUsual);
    add(67'000, 3, ParityContent::kUsual);
    add(3000, 4, ParityContent::kWithNan);
    add(3000, 6, ParityContent::kWithInfinities);
    add(2000, 6, ParityContent::kWide);
    Philox rng(seed, 9);
    for (int i = 0; i < 8; ++i) {
      add(rng.next_below(3000), 1 + rng.next_below(20), ParityContent::kUsual);
    }
    auto constant = std::make_shared<std::vector<double>>(3000, 0.1);
    for (std::size_t r = 0; r < 1500; ++r) (*constant)[2 * r] = static_cast<double>(r % 13);
    cases.push_back(
        {"a constant column", {.x = MatrixView<double>(constant->data(), 1500, 2)}, constant});
    cases.push_back(
        {"ddof", {.x = MatrixView<double>(constant->data(), 1500, 2), .ddof = 2}, constant});
    return cases;
  }
  static typename Op::Output output(const typename Op::Args& args) {
    const std::size_t cols = args.x.cols;
    return {MutableMatrixView<double>(parity::guarded<double>(cols * cols).data(), cols, cols)};
  }
  static std::string compare(const typename Op::Args&, const typename Op::Output& expected,
                             const typename Op::Output& got) {
    return parity::bits_differ(
        std::span<const double>(expected.matrix.data, expected.matrix.size()),
        std::span<const double>(got.matrix.data, got.matrix.size()), "matrix");
  }
};

}  // namespace weir::ops
