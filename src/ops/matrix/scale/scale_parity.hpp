// The cases of matrix.scale, for every backend.
#pragma once

#include "ops/matrix/rows/elementwise_cases.hpp"
#include "ops/matrix/scale/scale.hpp"

namespace weir::ops {

template <class T>
struct Parity<Scale<T>> {
  static std::vector<ParityCase<Scale<T>>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Scale<T>>> all;
    each_two_matrices<T>(seed, [&](std::string name, std::shared_ptr<const TwoMatrices<T>> two) {
      all.push_back(
          {std::move(name), {.a = two->view(two->a), .factor = T(two->rows % 7) - T(2.5)}, two});
    });
    return all;
  }
  static typename Scale<T>::Output output(const typename Scale<T>::Args& args) {
    return {guarded_matrix<T>(args.a.rows, args.a.cols)};
  }
  static std::string compare(const typename Scale<T>::Args&,
                             const typename Scale<T>::Output& expected,
                             const typename Scale<T>::Output& got) {
    return elements_differ(expected.c, got.c);
  }
};

}  // namespace weir::ops
