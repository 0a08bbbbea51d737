// matrix_multiply: C = alpha A B in the precision that was asked for.
#include <algorithm>
#include <cmath>

#include "ops/matrix/multiply/multiply.hpp"
#include "server/operations/operation.hpp"

namespace weir::server {
namespace {

constexpr std::string_view kParameters = R"({"type":"object","required":["a","b"],"properties":{)"
                                         R"("a":{"description":"matrix [m, k]; alias matrixA"},)"
                                         R"("b":{"description":"matrix [k, n]; alias matrixB"},)"
                                         R"("matrixA":{},"matrixB":{},)"
                                         R"("alpha":{"type":"number","default":1},)"
                                         R"("options":{"properties":{"precision":{"enum":)"
                                         R"(["fp64","fp32","fp16","mixed","int8"]}}}}})";
constexpr std::string_view kExample = R"({"a":[[1,2],[3,4]],"b":[[5,6],[7,8]]})";
constexpr std::string_view kOps[] = {"matrix.multiply_f64", "matrix.multiply_f32",
                                     "matrix.multiply_bf16", "matrix.multiply_f16",
                                     "matrix.multiply_s8"};

struct Problem {
  Matrix a;
  Matrix b;
  double alpha = 1;
};

// Rounds a value to the type that is multiplied; for bytes it must be whole and in range.
template <class T>
Result<T> element(double value, std::string_view name, std::size_t index) {
  if constexpr (std::is_same_v<T, std::int8_t>) {
    if (value != std::trunc(value) || value < -128 || value > 127) {
      return fail(invalid_argument("number_range", std::string(name) + " element " +
                                                       std::to_string(index) +
                                                       " is no whole number from -128 to 127")
                      .at(name)
                      .hint("quantise the matrix, or use precision fp32"));
    }
    return static_cast<std::int8_t>(value);
  } else if constexpr (std::is_same_v<T, double>) {
    return value;
  } else if constexpr (std::is_same_v<T, ops::BFloat16>) {
    return ops::to_bfloat16(static_cast<float>(value));
  } else if constexpr (std::is_same_v<T, ops::Float16>) {
    return ops::to_float16(static_cast<float>(value));
  } else {
    return static_cast<float>(value);
  }
}

template <class T>
Result<ops::Matrix<T>> converted(const Matrix& from, std::string_view name) {
  ops::Matrix<T> to(from.rows, from.columns);
  for (std::size_t i = 0; i < from.values.size(); ++i) {
    WEIR_ASSIGN(to.data()[i], element<T>(from.values[i], name, i));
  }
  return to;
}

template <class Op>
Status multiply(OperationCall& call, const Problem& problem, JsonWriter& result) {
  using T = typename Op::Left;
  using Sum = typename Op::Sum;
  WEIR_ASSIGN(const ops::Matrix<T> a, converted<T>(problem.a, "a"));
  WEIR_ASSIGN(const ops::Matrix<T> b, converted<T>(problem.b, "b"));
  if (Op::kExact && problem.alpha != 1) {  // before it is cut to a whole number
    return invalid_argument("alpha", "products of whole numbers have alpha 1")
        .at("alpha")
        .hint("leave alpha out, or use precision fp32");
  }
  typename Op::Args args{.a = a.view(), .b = b.view()};
  args.alpha = static_cast<Sum>(problem.alpha);
  WEIR_TRY(Op::check(args));  // before anything is allocated
  WEIR_TRY(call.reserve(a.rows() * b.cols() * (sizeof(Sum) + sizeof(double))));
  ops::Matrix<Sum> c(a.rows(), b.cols());
  typename Op::Output out{.c = c.view()};
  WEIR_TRY(call.run<Op>(args, out));
  if (call.planned) return Status::ok();
  const std::vector<double> values(c.data(), c.data() + c.rows() * c.cols());
  result.begin_object().key("data");
  write_matrix(result, values.data(), c.rows(), c.cols(), problem.a.base64);
  result.key("shape").begin_array().u64(c.rows()).u64(c.cols()).end_array().end_object();
  return Status::ok();
}

Status run(OperationCall& call, JsonWriter& result) {
  Problem problem;
  WEIR_ASSIGN(problem.a, call.params.matrix({"a", "matrixA"}));
  WEIR_ASSIGN(problem.b, call.params.matrix({"b", "matrixB"}));
  WEIR_ASSIGN(problem.alpha, call.params.f64_or({"alpha"}, 1));
  switch (call.options.precision) {
    case Precision::kF64:
      return multiply<ops::MultiplyF64>(call, problem, result);
    case Precision::kF32:
      return multiply<ops::MultiplyF32>(call, problem, result);
    case Precision::kF16:
      return multiply<ops::MultiplyF16>(call, problem, result);
    case Precision::kMixed:
      return multiply<ops::MultiplyBf16>(call, problem, result);
    case Precision::kInt8:
      return multiply<ops::MultiplyS8>(call, problem, result);
  }
  return Status::ok();
}

}  // namespace

extern const Operation kMatrixMultiply = {
    "matrix_multiply", "product of two matrices", kParameters, kExample, kOps, run};

}  // namespace weir::server
