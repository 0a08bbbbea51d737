// Elements of products in the wide type that references sum in: long double for f64, double for
// f32, bf16 and f16, 64-bit integers for bytes.
#pragma once

#include <cstdint>
#include <type_traits>

#include "ops/matrix/float16.hpp"
#include "ops/matrix/multiply/multiply.hpp"

namespace weir::ops {

template <class Sum>
using Wide =
    std::conditional_t<std::is_same_v<Sum, double>, long double,
                       std::conditional_t<std::is_same_v<Sum, float>, double, std::int64_t>>;

template <class Sum, class T>
Wide<Sum> wide(T value) {
  if constexpr (std::is_same_v<T, BFloat16> || std::is_same_v<T, Float16>) {
    return to_float(value);
  } else {
    return value;
  }
}

// Returns element (i, k) of op(A) of a matrix of the batch.
template <class Args>
auto left(const Args& args, std::size_t matrix, std::size_t i, std::size_t k) {
  const auto* a = args.a.data + matrix * args.a_step;
  return args.a_form == Form::kPlain ? a[i * args.a.stride + k] : a[k * args.a.stride + i];
}

// Returns element (k, j) of op(B) of a matrix of the batch.
template <class Args>
auto right(const Args& args, std::size_t matrix, std::size_t k, std::size_t j) {
  const auto* b = args.b.data + matrix * args.b_step;
  return args.b_form == Form::kPlain ? b[k * args.b.stride + j] : b[j * args.b.stride + k];
}

}  // namespace weir::ops
