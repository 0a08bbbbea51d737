// matrix_add: alpha A + beta B.
#include <algorithm>

#include "ops/matrix/add/add.hpp"
#include "ops/matrix/scale/scale.hpp"
#include "server/operations/operation.hpp"

namespace weir::server {
namespace {

constexpr std::string_view kParameters =
    R"({"type":"object","required":["a","b"],"properties":{)"
    R"("a":{"description":"matrix [m, n]; alias matrixA"},)"
    R"("b":{"description":"matrix [m, n]; alias matrixB"},)"
    R"("matrixA":{},"matrixB":{},)"
    R"("alpha":{"type":"number","default":1},"beta":{"type":"number","default":1},)"
    R"("options":{"properties":{"precision":{"enum":["fp64","fp32"]}}}}})";
constexpr std::string_view kExample = R"({"a":[[1,2],[3,4]],"b":[[5,6],[7,8]],"beta":2})";
constexpr std::string_view kOps[] = {"matrix.scale_f64", "matrix.scale_f32", "matrix.add_f64",
                                     "matrix.add_f32"};

template <class T>
ops::Matrix<T> converted(const Matrix& from) {
  ops::Matrix<T> to(from.rows, from.columns);
  std::transform(from.values.begin(), from.values.end(), to.data(),
                 [](double value) { return static_cast<T>(value); });
  return to;
}

// Multiplies in place; a factor of 1 changes no bit and is left out.
template <class T>
Status scale(OperationCall& call, ops::Matrix<T>& matrix, double factor) {
  if (factor == 1) return Status::ok();
  typename ops::Scale<T>::Output out{.c = matrix.view()};
  return call.run<ops::Scale<T>>({.a = matrix.view(), .factor = static_cast<T>(factor)}, out);
}

template <class T>
Status add(OperationCall& call, const Matrix& left, const Matrix& right, JsonWriter& result) {
  WEIR_ASSIGN(const double alpha, call.params.f64_or({"alpha"}, 1));
  WEIR_ASSIGN(const double beta, call.params.f64_or({"beta"}, 1));
  ops::Matrix<T> a = converted<T>(left);
  ops::Matrix<T> b = converted<T>(right);
  const typename ops::Add<T>::Args args{.a = a.view(), .b = b.view()};
  WEIR_TRY(call.named(ops::Add<T>::check(args)));  // before anything is scaled
  WEIR_TRY(scale(call, a, alpha));
  WEIR_TRY(scale(call, b, beta));
  typename ops::Add<T>::Output out{.c = a.view()};
  WEIR_TRY(call.run<ops::Add<T>>(args, out));
  if (call.planned) return Status::ok();
  const std::vector<double> values(a.data(), a.data() + a.rows() * a.cols());
  result.begin_object().key("data");
  call.nulled += write_matrix(result, values.data(), a.rows(), a.cols(), left.base64);
  result.key("shape").begin_array().u64(a.rows()).u64(a.cols()).end_array().end_object();
  return Status::ok();
}

constexpr FieldName kFields[] = {{"B", "b"}, {"B", "matrixB"}};

Status run(OperationCall& call, JsonWriter& result) {
  call.fields = kFields;
  WEIR_ASSIGN(const Matrix a, call.params.matrix({"a", "matrixA"}));
  WEIR_ASSIGN(const Matrix b, call.params.matrix({"b", "matrixB"}));
  const bool single = call.options.precision == Precision::kF32;
  return single ? add<float>(call, a, b, result) : add<double>(call, a, b, result);
}

}  // namespace

extern const Operation kMatrixAdd = {
    "matrix_add", "weighted sum of two matrices", kParameters, kExample, kOps, run};

}  // namespace weir::server
