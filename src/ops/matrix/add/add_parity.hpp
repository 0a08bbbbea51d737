// The cases of matrix.add, for every backend.
#pragma once

#include "ops/matrix/add/add.hpp"
#include "ops/matrix/rows/elementwise_cases.hpp"

namespace weir::ops {

template <class T>
struct Parity<Add<T>> {
  static std::vector<ParityCase<Add<T>>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Add<T>>> all;
    each_two_matrices<T>(seed, [&](std::string name, std::shared_ptr<const TwoMatrices<T>> two) {
      all.push_back({std::move(name), {.a = two->view(two->a), .b = two->view(two->b)}, two});
    });
    return all;
  }
  static typename Add<T>::Output output(const typename Add<T>::Args& args) {
    return {guarded_matrix<T>(args.a.rows, args.a.cols)};
  }
  static std::string compare(const typename Add<T>::Args&, const typename Add<T>::Output& expected,
                             const typename Add<T>::Output& got) {
    return elements_differ(expected.c, got.c);
  }
};

}  // namespace weir::ops
