// matrix_decompose: a matrix as a product of simpler ones, by the kind that is asked for.
#include <algorithm>

#include "ops/matrix/cholesky/cholesky.hpp"
#include "ops/matrix/eigen_symmetric/eigen_symmetric.hpp"
#include "ops/matrix/qr/qr.hpp"
#include "ops/matrix/randomized_svd/randomized_svd.hpp"
#include "ops/matrix/svd/svd.hpp"
#include "server/operations/operation.hpp"

namespace weir::server {
namespace {

constexpr std::string_view kParameters =
    R"({"type":"object","required":["matrix","kind"],"properties":{)"
    R"("matrix":{"description":"alias a"},"a":{},)"
    R"("kind":{"enum":["cholesky","qr","eigenvalues","svd","randomized_svd"]},)"
    R"("rank":{"type":"integer","default":100},"oversample":{"type":"integer","default":10},)"
    R"("power":{"type":"integer","default":2},"seed":{"type":"integer","default":0}}})";
constexpr std::string_view kExample = R"({"matrix":[[2,1],[1,2]],"kind":"eigenvalues"})";
constexpr std::string_view kOps[] = {"matrix.cholesky", "matrix.qr", "matrix.eigen_symmetric",
                                     "matrix.svd", "matrix.randomized_svd"};

constexpr std::uint64_t kRankMax = 16'384;
constexpr std::uint64_t kPowerMax = 16;

// A matrix of the answer, in the form that the question came in.
struct Answer {
  Answer(const Matrix& asked, std::size_t row_count, std::size_t column_count)
      : rows(row_count), columns(column_count), values(rows * columns), base64(asked.base64) {}
  ops::MutableMatrixView<double> view() { return {values.data(), rows, columns}; }
  void write(OperationCall& call, JsonWriter& result, std::string_view name) const {
    result.key(name);
    call.nulled += write_matrix(result, values.data(), rows, columns, base64);
  }

  std::size_t rows;
  std::size_t columns;
  std::vector<double> values;
  bool base64;
};

ops::MatrixView<double> view_of(const Matrix& a) {
  return {a.values.data(), a.rows, a.columns};
}

void write_values(OperationCall& call, JsonWriter& result, const Matrix& asked,
                  const std::vector<double>& values) {
  result.key("values");
  call.nulled += write_vector(result, values.data(), values.size(), asked.base64);
}

Status cholesky(OperationCall& call, const Matrix& a, JsonWriter& result) {
  Answer lower(a, a.rows, a.columns);
  ops::Cholesky::Output out{.lower = lower.view()};
  WEIR_TRY(call.run<ops::Cholesky>({.a = view_of(a)}, out));
  if (call.planned) return Status::ok();
  result.begin_object();
  lower.write(call, result, "lower");
  result.end_object();
  return Status::ok();
}

Status qr(OperationCall& call, const Matrix& a, JsonWriter& result) {
  const std::size_t k = std::min(a.rows, a.columns);
  Answer q(a, a.rows, k), r(a, k, a.columns);
  ops::Qr::Output out{.q = q.view(), .r = r.view()};
  WEIR_TRY(call.run<ops::Qr>({.a = view_of(a)}, out));
  if (call.planned) return Status::ok();
  result.begin_object();
  q.write(call, result, "q");
  r.write(call, result, "r");
  result.end_object();
  return Status::ok();
}

Status eigenvalues(OperationCall& call, const Matrix& a, JsonWriter& result) {
  const ops::EigenSymmetric::Args args{.a = view_of(a)};
  WEIR_TRY(call.named(ops::EigenSymmetric::check(args)));  // before anything is allocated
  WEIR_TRY(call.reserve(a.rows * a.rows * sizeof(double)));
  std::vector<double> values(a.rows);
  Answer vectors(a, a.rows, a.rows);
  ops::EigenSymmetric::Output out{.values = values, .vectors = vectors.view()};
  WEIR_TRY(call.run<ops::EigenSymmetric>(args, out));
  if (call.planned) return Status::ok();
  result.begin_object();
  write_values(call, result, a, values);
  vectors.write(call, result, "vectors");
  result.end_object();
  return Status::ok();
}

Status svd(OperationCall& call, const Matrix& a, JsonWriter& result) {
  const std::size_t k = std::min(a.rows, a.columns);
  std::vector<double> values(k);
  Answer u(a, a.rows, k), vt(a, k, a.columns);
  ops::Svd::Output out{.u = u.view(), .values = values, .vt = vt.view()};
  WEIR_TRY(call.run<ops::Svd>({.a = view_of(a)}, out));
  if (call.planned) return Status::ok();
  result.begin_object();
  write_values(call, result, a, values);
  u.write(call, result, "u");
  vt.write(call, result, "vt");
  result.end_object();
  return Status::ok();
}

Status randomized_svd(OperationCall& call, const Matrix& a, JsonWriter& result) {
  ops::RandomizedSvd::Args args{.a = view_of(a)};
  WEIR_ASSIGN(args.rank, call.params.u64_or({"rank"}, args.rank, kRankMax));
  WEIR_ASSIGN(args.oversample, call.params.u64_or({"oversample"}, args.oversample, kRankMax));
  WEIR_ASSIGN(args.power, call.params.u64_or({"power"}, args.power, kPowerMax));
  WEIR_ASSIGN(args.seed, call.params.u64_or({"seed"}, args.seed, ~std::uint64_t{0}));
  const std::size_t k = ops::RandomizedSvd::rank_of(args);
  std::vector<double> values(k);
  Answer u(a, a.rows, k), vt(a, k, a.columns);
  ops::RandomizedSvd::Output out{.u = u.view(), .values = values, .vt = vt.view()};
  WEIR_TRY(call.run<ops::RandomizedSvd>(args, out));
  if (call.planned) return Status::ok();
  result.begin_object();
  write_values(call, result, a, values);
  u.write(call, result, "u");
  vt.write(call, result, "vt");
  result.key("error_bound").f64(out.error_bound).end_object();
  return Status::ok();
}

constexpr FieldName kFields[] = {{"a", "matrix"}};

Status run(OperationCall& call, JsonWriter& result) {
  call.fields = kFields;
  WEIR_ASSIGN(const Matrix a, call.params.matrix({"matrix", "a"}));
  WEIR_TRY(call.params.text({"kind"}));  // there is no kind that goes without saying
  const Result<std::string> chosen =
      call.params.choice_or({"kind"}, "cholesky|qr|eigenvalues|svd|randomized_svd", "svd");
  if (!chosen) return chosen.error();
  const std::string_view kind = *chosen;
  if (kind == "cholesky") return cholesky(call, a, result);
  if (kind == "qr") return qr(call, a, result);
  if (kind == "eigenvalues") return eigenvalues(call, a, result);
  if (kind == "svd") return svd(call, a, result);
  return randomized_svd(call, a, result);
}

}  // namespace

extern const Operation kMatrixDecompose = {"matrix_decompose",
                                           "Cholesky, QR, eigenvalues or SVD of a matrix",
                                           kParameters,
                                           kExample,
                                           kOps,
                                           run};

}  // namespace weir::server
