// matrix_inverse: the inverse of a square matrix with its reciprocal condition number.
#include "ops/matrix/inverse/inverse.hpp"
#include "server/operations/operation.hpp"

namespace weir::server {
namespace {

constexpr std::string_view kParameters =
    R"({"type":"object","required":["matrix"],"properties":{)"
    R"("matrix":{"description":"square matrix; alias a"},"a":{}}})";
constexpr std::string_view kExample = R"({"matrix":[[4,7],[2,6]]})";
constexpr std::string_view kOps[] = {"matrix.inverse"};

constexpr FieldName kFields[] = {{"a", "matrix"}};

Status run(OperationCall& call, JsonWriter& result) {
  call.fields = kFields;
  WEIR_ASSIGN(const Matrix a, call.params.matrix({"matrix", "a"}));
  std::vector<double> inverse(a.values.size());
  ops::Inverse::Output out{.inverse = {inverse.data(), a.rows, a.columns}};
  WEIR_TRY(call.run<ops::Inverse>({.a = {a.values.data(), a.rows, a.columns}}, out));
  if (call.planned) return Status::ok();
  result.begin_object().key("data");
  call.nulled += write_matrix(result, inverse.data(), a.rows, a.columns, a.base64);
  result.key("rcond").f64(out.rcond).end_object();
  return Status::ok();
}

}  // namespace

extern const Operation kMatrixInverse = {
    "matrix_inverse", "inverse of a square matrix", kParameters, kExample, kOps, run};

}  // namespace weir::server
