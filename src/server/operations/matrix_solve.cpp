// matrix_solve: X with A X = B.
#include "ops/matrix/lu_solve/lu_solve.hpp"
#include "server/operations/operation.hpp"

namespace weir::server {
namespace {

constexpr std::string_view kParameters =
    R"({"type":"object","required":["matrix","b"],"properties":{)"
    R"("matrix":{"description":"square matrix [n, n]; alias a"},"a":{},)"
    R"("b":{"description":"right sides, [n, columns], or a vector of n"}}})";
constexpr std::string_view kExample = R"({"matrix":[[3,1],[1,2]],"b":[9,8]})";
constexpr std::string_view kOps[] = {"matrix.lu_solve"};

// A vector is one column.
Result<Matrix> right_sides(const Params& params, bool& is_vector) {
  const auto value = params.find({"b"});
  if (value) {
    const auto vector = read_vector(*value, "b");
    is_vector = vector.has_value();
    if (is_vector) return Matrix{vector->values.size(), 1, vector->values, vector->base64};
  }
  return params.matrix({"b"});
}

constexpr FieldName kFields[] = {{"a", "matrix"}};

Status run(OperationCall& call, JsonWriter& result) {
  call.fields = kFields;
  WEIR_ASSIGN(const Matrix a, call.params.matrix({"matrix", "a"}));
  bool is_vector = false;
  WEIR_ASSIGN(const Matrix b, right_sides(call.params, is_vector));
  std::vector<double> x(b.values.size());
  ops::LuSolve::Output out{.x = {x.data(), b.rows, b.columns}};
  WEIR_TRY(call.run<ops::LuSolve>(
      {.a = {a.values.data(), a.rows, a.columns}, .b = {b.values.data(), b.rows, b.columns}}, out));
  if (call.planned) return Status::ok();
  result.begin_object().key("data");
  if (is_vector) {
    call.nulled += write_vector(result, x.data(), x.size(), b.base64);
  } else {
    call.nulled += write_matrix(result, x.data(), b.rows, b.columns, b.base64);
  }
  result.key("rcond").f64(out.rcond).key("backward_error").f64(out.backward_error).end_object();
  return Status::ok();
}

}  // namespace

extern const Operation kMatrixSolve = {
    "matrix_solve", "solution of linear equations", kParameters, kExample, kOps, run};

}  // namespace weir::server
