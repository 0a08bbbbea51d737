// Matrices for the tests of add, scale and transpose: one list of shapes for all three.
#pragma once

#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops {

// What the arguments of a case view: two matrices of one shape.
template <class T>
struct TwoMatrices {
  std::vector<T> a, b;
  std::size_t rows, cols, offset, gap;

  MatrixView<T> view(const std::vector<T>& values) const {
    return {values.data() + offset, rows, cols, cols + gap};
  }
};

template <class T>
std::shared_ptr<const TwoMatrices<T>> two_matrices(std::size_t rows, std::size_t cols,
                                                   std::size_t offset, std::size_t gap,
                                                   std::uint64_t seed) {
  using Limits = std::numeric_limits<T>;
  const T specials[] = {Limits::quiet_NaN(),  Limits::infinity(),    -Limits::infinity(),
                        Limits::denorm_min(), -Limits::denorm_min(), Limits::max(),
                        Limits::lowest(),     Limits::min(),         T(-0.0)};
  auto made = std::make_shared<TwoMatrices<T>>();
  Philox rng(seed, 3);
  const auto fill = [&](std::vector<T>& values) {
    values.resize(offset + rows * (cols + gap));
    for (T& value : values) {
      value = rng.next_below(5) == 0 ? specials[rng.next_below(9)]
                                     : static_cast<T>(rng.next_unit() * 2 - 1);
    }
  };
  fill(made->a);
  fill(made->b);
  made->rows = rows;
  made->cols = cols;
  made->offset = offset;
  made->gap = gap;
  return made;
}

// add(name, matrices) for every shape that the ops are tested on.
template <class T>
void each_two_matrices(
    std::uint64_t seed,
    const std::function<void(std::string, std::shared_ptr<const TwoMatrices<T>>)>& add) {
  const auto one = [&](std::size_t rows, std::size_t cols, std::size_t offset, std::size_t gap) {
    add("rows=" + std::to_string(rows) + " cols=" + std::to_string(cols) +
            " offset=" + std::to_string(offset) + " gap=" + std::to_string(gap),
        two_matrices<T>(rows, cols, offset, gap, seed++));
  };
  for (const std::size_t rows : {0, 1, 31, 32, 33, 65}) {
    one(rows, 7, 0, 0);
    one(rows, 33, 1, 2);
  }
  for (std::size_t length = 1; length < 64; ++length) {
    one(1, length, length % 5, 0);
    one(length, 2, 0, length % 3);
  }
  one(5, 0, 0, 0);
  one(70, 130, 3, 1);
  one(130, 257, 0, 0);
  Philox rng(seed, 4);
  for (int i = 0; i < 8; ++i) {
    one(rng.next_below(150), rng.next_below(150), rng.next_below(4), rng.next_below(3));
  }
}

// Returns "" if all elements have the same bits; NaN equals NaN, whichever.
template <class T>
std::string elements_differ(const MutableMatrixView<T>& expected, const MutableMatrixView<T>& got) {
  for (std::size_t r = 0; r < expected.rows; ++r) {
    for (std::size_t c = 0; c < expected.cols; ++c) {
      const T& wanted = expected(r, c);
      if (wanted != wanted && got(r, c) != got(r, c)) continue;
      if (std::memcmp(&wanted, &got(r, c), sizeof(T)) == 0) continue;
      return parity::bits_differ(wanted, got(r, c),
                                 "(" + std::to_string(r) + ", " + std::to_string(c) + ")");
    }
  }
  return {};
}

// Guarded memory for a result with a gap between its rows.
template <class T>
MutableMatrixView<T> guarded_matrix(std::size_t rows, std::size_t cols) {
  return {parity::guarded<T>(rows * (cols + 1)).data(), rows, cols, cols + 1};
}

}  // namespace weir::ops
