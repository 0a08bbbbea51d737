// The cases of matrix.transpose, for every backend.
#pragma once

#include "ops/matrix/rows/elementwise_cases.hpp"
#include "ops/matrix/transpose/transpose.hpp"

namespace weir::ops {

template <class T>
struct Parity<Transpose<T>> {
  static std::vector<ParityCase<Transpose<T>>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Transpose<T>>> all;
    each_two_matrices<T>(seed, [&](std::string name, std::shared_ptr<const TwoMatrices<T>> two) {
      all.push_back({std::move(name), {.a = two->view(two->a)}, two});
    });
    return all;
  }
  static typename Transpose<T>::Output output(const typename Transpose<T>::Args& args) {
    return {guarded_matrix<T>(args.a.cols, args.a.rows)};
  }
  static std::string compare(const typename Transpose<T>::Args&,
                             const typename Transpose<T>::Output& expected,
                             const typename Transpose<T>::Output& got) {
    return elements_differ(expected.c, got.c);
  }
};

}  // namespace weir::ops
