// matrix_multiply: C = alpha A B in the precision that was asked for.
#include <algorithm>
#include <cmath>

#include "ops/kept_arrays.hpp"
#include "ops/matrix/device_rows.hpp"
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

// One product with an element type.
template <class Op>
Status multiply(OperationCall& call, const Matrix& left, const ops::Matrix<typename Op::Right>& b,
                double alpha, JsonWriter& result) {
  using Sum = typename Op::Sum;
  WEIR_ASSIGN(const auto a,
              converted<typename Op::Left>(left, call.params.named({"a", "matrixA"})));
  if (Op::kExact && alpha != 1) {  // before it is cut to a whole number
    return invalid_argument("alpha", "products of whole numbers have alpha 1")
        .at("alpha")
        .hint("leave alpha out, or use precision fp32");
  }
  typename Op::Args args{.a = a.view(), .b = b.view()};
  args.alpha = static_cast<Sum>(alpha);
  WEIR_TRY(call.named(Op::check(args)));  // before anything is allocated
  WEIR_TRY(call.reserve(a.rows() * b.cols() * (sizeof(Sum) + sizeof(double))));
  ops::Matrix<Sum> c(a.rows(), b.cols());
  typename Op::Output out{.c = c.view()};
  WEIR_TRY(call.run<Op>(args, out));
  if (call.planned) return Status::ok();
  const std::vector<double> values(c.data(), c.data() + c.rows() * c.cols());
  result.begin_object().key("data");
  call.nulled += write_matrix(result, values.data(), c.rows(), c.cols(), left.base64);
  result.key("shape").begin_array().u64(c.rows()).u64(c.cols()).end_array().end_object();
  return Status::ok();
}

template <class Op>
struct Type {};

// Returns use(Type<Op>) of the product in a precision.
template <class Use>
auto with_precision(Precision precision, Use use) {
  switch (precision) {
    case Precision::kF32:
      return use(Type<ops::MultiplyF32>{});
    case Precision::kF16:
      return use(Type<ops::MultiplyF16>{});
    case Precision::kMixed:
      return use(Type<ops::MultiplyBf16>{});
    case Precision::kInt8:
      return use(Type<ops::MultiplyS8>{});
    case Precision::kF64:
      break;
  }
  return use(Type<ops::MultiplyF64>{});
}

constexpr FieldName kFields[] = {{"a", "matrixA"}, {"b", "matrixB"}};

Status run(OperationCall& call, JsonWriter& result) {
  call.fields = kFields;
  WEIR_ASSIGN(const Matrix a, call.params.matrix({"a", "matrixA"}));
  WEIR_ASSIGN(const Matrix b, call.params.matrix({"b", "matrixB"}));
  WEIR_ASSIGN(const double alpha, call.params.f64_or({"alpha"}, 1));
  return with_precision(call.options.precision, [&]<class Op>(Type<Op>) -> Status {
    WEIR_ASSIGN(const auto right,
                converted<typename Op::Right>(b, call.params.named({"b", "matrixB"})));
    return multiply<Op>(call, a, right, alpha, result);
  });
}

// The rows of A as they come, against a B that stays, also on the device.
template <class Op>
class RowsStream final : public OperationStream {
 public:
  RowsStream(OperationCall& call, ops::Matrix<typename Op::Right> b, double alpha)
      : call_(call), b_(std::move(b)), alpha_(alpha) {
    a_.columns = b_.rows();
    if (ops::KeptArrays* const arrays = call.context.kept_arrays()) {
      kept_ =
          arrays->keep("right matrix of a stream",
                       std::as_bytes(ops::rows_of(b_.view(), 0, b_.rows())), device::Tag::kColumns);
    }
  }

  Status take(simdjson::dom::element line) override {
    WEIR_ASSIGN(const Vector row, read_vector(line, "a row"));
    if (row.values.size() != a_.columns) {
      return invalid_argument("shape", "a row has " + std::to_string(row.values.size()) +
                                           " numbers; b has " + std::to_string(a_.columns) +
                                           " rows")
          .at("a");
    }
    a_.base64 |= row.base64;
    a_.values.insert(a_.values.end(), row.values.begin(), row.values.end());
    ++a_.rows;
    return Status::ok();
  }
  std::size_t rows_ready() const override {
    return a_.rows / Op::kInfo.quantum_rows * Op::kInfo.quantum_rows;
  }
  std::size_t held_bytes() const override {
    return std::max(sizeof(double) * a_.values.size(), kNumberText * a_.rows * b_.cols());
  }

  // Lines that hold one row each are answered together once a quantum is full.
  Result<std::size_t> chunk(bool last, JsonWriter& result) override {
    const std::size_t rows = last ? a_.rows : rows_ready();
    if (rows == 0 && total_ != 0) return rows;
    Matrix now{rows, a_.columns, {}, a_.base64};
    const auto end = a_.values.begin() + static_cast<std::ptrdiff_t>(rows * a_.columns);
    now.values.assign(a_.values.begin(), end);
    WEIR_TRY(multiply<Op>(call_, now, b_, alpha_, result));
    a_.values.erase(a_.values.begin(), end);
    a_.rows -= rows;
    total_ += rows;
    return rows;
  }
  Status finish(JsonWriter& result) override {
    result.begin_object().key("shape").begin_array().u64(total_).u64(b_.cols()).end_array();
    result.end_object();
    return Status::ok();
  }

 private:
  static constexpr std::size_t kNumberText = 20;
  OperationCall& call_;
  const ops::Matrix<typename Op::Right> b_;
  ops::KeptArray kept_;  // B goes to the device once
  const double alpha_;
  Matrix a_;
  std::uint64_t total_ = 0;
};

Result<std::unique_ptr<OperationStream>> open(OperationCall& call, const StreamLimits&) {
  WEIR_ASSIGN(const Matrix b, call.params.matrix({"b", "matrixB"}));
  WEIR_ASSIGN(const double alpha, call.params.f64_or({"alpha"}, 1));
  using Opened = Result<std::unique_ptr<OperationStream>>;
  return with_precision(call.options.precision, [&]<class Op>(Type<Op>) -> Opened {
    WEIR_ASSIGN(auto right, converted<typename Op::Right>(b, call.params.named({"b", "matrixB"})));
    return std::unique_ptr<OperationStream>(
        std::make_unique<RowsStream<Op>>(call, std::move(right), alpha));
  });
}

}  // namespace

extern const Operation kMatrixMultiply = {"matrix_multiply",
                                          "product of two matrices",
                                          kParameters,
                                          kExample,
                                          kOps,
                                          run,
                                          {"a row of a: an array of numbers", open}};

}  // namespace weir::server
