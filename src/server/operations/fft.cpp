// fft: discrete Fourier transforms, forward and back, of real or complex values, or of a matrix of
// them.
#include "ops/fft/fft/fft.hpp"

#include <algorithm>
#include <optional>

#include "ops/fft/fft2/fft2.hpp"
#include "ops/fft/rfft/rfft.hpp"
#include "server/operations/operation.hpp"

namespace weir::server {
namespace {

using ops::Complex;
using simdjson::dom::element;

constexpr std::string_view kParameters =
    R"({"type":"object","required":["data"],"properties":{)"
    R"("data":{"description":"numbers, or pairs [re, im]"},)"
    R"("inverse":{"type":"boolean","default":false},)"
    R"("real":{"type":"boolean","default":false,)"
    R"("description":"forward: real values to bins 0..n/2; inverse: bins to real values"},)"
    R"("n":{"type":"integer","description":"real and inverse: how many values come out"},)"
    R"("shape":{"type":"array","items":{"type":"integer"},"minItems":2,"maxItems":2,)"
    R"("description":"height and width: data is a matrix, row by row, )"
    R"(to be transformed in two dimensions"}}})";
constexpr std::string_view kExample = R"({"data":[1,2,3,4]})";
constexpr std::string_view kOps[] = {"fft.fft", "fft.rfft", "fft.irfft", "fft.fft2"};

constexpr std::uint64_t kLengthMax = std::uint64_t{1} << 26;

// Numbers, or pairs of them.
struct Signal {
  std::vector<Complex> values;
  bool base64 = false;
};

Result<Signal> read_signal(element data) {
  Signal signal;
  if (!is_matrix(data)) {
    WEIR_ASSIGN(const Vector numbers, read_vector(data, "data"));
    signal.values.assign(numbers.values.begin(), numbers.values.end());
    signal.base64 = numbers.base64;
    return signal;
  }
  WEIR_ASSIGN(const Matrix pairs, read_matrix(data, "data", kTall));
  signal.base64 = pairs.base64;
  if (pairs.columns != 2) {
    return fail(invalid_argument("shape", "data[0] has " + std::to_string(pairs.columns) +
                                              " numbers; a complex value has 2")
                    .at("data"));
  }
  signal.values.resize(pairs.rows);
  for (std::size_t i = 0; i < pairs.rows; ++i) {
    signal.values[i] = {pairs.values[2 * i], pairs.values[2 * i + 1]};
  }
  return signal;
}

void write_pairs(OperationCall& call, JsonWriter& result, const std::vector<Complex>& values,
                 bool base64) {
  result.key("data");
  call.nulled += write_matrix(result, ops::fft::parts(values.data()), values.size(), 2, base64);
}

// The sides of a matrix.
struct Shape {
  std::uint64_t height = 0;
  std::uint64_t width = 0;

  static Result<Shape> read(const Params& params) {
    simdjson::dom::array sides;
    Shape shape;
    if (params.find({"shape"})->get_array().get(sides) != simdjson::SUCCESS || sides.size() != 2 ||
        sides.at(0).get_uint64().get(shape.height) != simdjson::SUCCESS ||
        sides.at(1).get_uint64().get(shape.width) != simdjson::SUCCESS ||
        std::min(shape.height, shape.width) == 0 ||
        std::max(shape.height, shape.width) > kMatrixSideMax) {
      return fail(invalid_argument("shape", "shape is not a height and a width of 1 to " +
                                                std::to_string(kMatrixSideMax))
                      .at(params.named({"shape"}))
                      .hint("as in [480, 640]"));
    }
    return shape;
  }
};

// Which transform is asked for.
struct Form {
  bool inverse = false;
  bool real = false;
  std::optional<std::uint64_t> n = {};  // real and inverse
  std::optional<Shape> shape = {};      // in two dimensions

  static Result<Form> read(const Params& params) {
    Form form;
    WEIR_ASSIGN(form.inverse, params.flag_or({"inverse"}, false));
    WEIR_ASSIGN(form.real, params.flag_or({"real"}, false));
    if (params.has("n")) {
      WEIR_ASSIGN(form.n, params.u64_or({"n"}, 0, kLengthMax));
    }
    if (!params.has("shape")) return form;
    WEIR_ASSIGN(form.shape, Shape::read(params));
    if (!form.real) return form;
    return fail(invalid_argument("real_shape", "a matrix is transformed as complex values")
                    .at(params.named({"real"}))
                    .hint("leave out real; numbers are taken as [re, 0]"));
  }
  ops::fft::Direction direction() const {
    return inverse ? ops::fft::Direction::kInverse : ops::fft::Direction::kForward;
  }
};

Status run_complex(OperationCall& call, element data, const Form& form, JsonWriter& result) {
  WEIR_ASSIGN(const Signal signal, read_signal(data));
  std::vector<Complex> y(signal.values.size());
  ops::Fft::Output out{.y = y};
  WEIR_TRY(call.run<ops::Fft>(
      {.x = signal.values, .n = signal.values.size(), .direction = form.direction()}, out));
  if (call.planned) return Status::ok();
  result.begin_object();
  write_pairs(call, result, y, signal.base64);
  result.end_object();
  return Status::ok();
}

Status run_matrix(OperationCall& call, element data, const Form& form, JsonWriter& result) {
  WEIR_ASSIGN(const Signal signal, read_signal(data));
  const auto [height, width] = *form.shape;
  if (signal.values.size() != height * width) {
    return invalid_argument("shape", std::to_string(height) + " x " + std::to_string(width) +
                                         " are " + std::to_string(height * width) +
                                         " values; data has " +
                                         std::to_string(signal.values.size()))
        .at("shape");
  }
  std::vector<Complex> y(signal.values.size());
  ops::Fft2::Output out{.y = y};
  WEIR_TRY(call.run<ops::Fft2>(
      {.x = signal.values, .height = height, .width = width, .direction = form.direction()}, out));
  if (call.planned) return Status::ok();
  result.begin_object();
  write_pairs(call, result, y, signal.base64);
  result.key("shape").begin_array().u64(height).u64(width).end_array().end_object();
  return Status::ok();
}

Status run_real(OperationCall& call, element data, JsonWriter& result) {
  WEIR_ASSIGN(const Vector numbers, read_vector(data, "data"));
  const ops::Rfft::Args args{.x = numbers.values, .n = numbers.values.size()};
  std::vector<Complex> y(args.bins());
  ops::Rfft::Output out{.y = y};
  WEIR_TRY(call.run<ops::Rfft>(args, out));
  if (call.planned) return Status::ok();
  result.begin_object();
  write_pairs(call, result, y, numbers.base64);
  result.end_object();
  return Status::ok();
}

Status run_real_inverse(OperationCall& call, element data, const Form& form, JsonWriter& result) {
  WEIR_ASSIGN(const Signal bins, read_signal(data));
  const std::size_t even = bins.values.size() < 2 ? 1 : 2 * (bins.values.size() - 1);
  const std::uint64_t n = form.n.value_or(even);
  if (n / 2 + 1 != bins.values.size()) {
    return invalid_argument("shape", "n = " + std::to_string(n) + " values have " +
                                         std::to_string(n / 2 + 1) + " bins; data has " +
                                         std::to_string(bins.values.size()))
        .at(form.n ? "n" : "data");
  }
  std::vector<double> y(n);
  ops::Irfft::Output out{.y = y};
  WEIR_TRY(call.run<ops::Irfft>({.x = bins.values, .n = n}, out));
  if (call.planned) return Status::ok();
  result.begin_object().key("data");
  call.nulled += write_vector(result, y.data(), y.size(), bins.base64);
  result.end_object();
  return Status::ok();
}

constexpr FieldName kFields[] = {{"n", "data"}, {"x", "data"}};

Status transform(OperationCall& call, element data, const Form& form, JsonWriter& result) {
  call.fields = kFields;
  if (form.shape) return run_matrix(call, data, form, result);
  if (!form.real) return run_complex(call, data, form, result);
  return form.inverse ? run_real_inverse(call, data, form, result) : run_real(call, data, result);
}

Status run(OperationCall& call, JsonWriter& result) {
  WEIR_ASSIGN(const Form form, Form::read(call.params));
  const auto data = call.params.find({"data"});
  if (!data) return call.params.vector({"data"}).error();
  return transform(call, *data, form, result);
}

// A signal a line, transformed as it comes; the answers of a chunk wait for the others.
class SignalStream final : public OperationStream {
 public:
  SignalStream(OperationCall& call, const Form& form) : call_(call), form_(form) {}

  Status take(simdjson::dom::element line) override {
    std::string one;
    JsonWriter json(one);
    WEIR_TRY(transform(call_, line, form_, json));
    if (rows_++ != 0) answers_ += ',';
    answers_ += one;
    return Status::ok();
  }
  std::size_t rows_ready() const override { return rows_; }
  std::size_t held_bytes() const override { return answers_.size(); }
  Result<std::size_t> chunk(bool, JsonWriter& result) override {
    const std::size_t rows = rows_;
    if (rows != 0 && !call_.planned) result.raw('[' + answers_ + ']');
    answers_.clear();
    total_ += rows;
    rows_ = 0;
    return rows;
  }
  Status finish(JsonWriter& result) override {
    result.begin_object().key("signals").u64(total_).end_object();
    return Status::ok();
  }

 private:
  OperationCall& call_;
  const Form form_;
  std::string answers_;
  std::size_t rows_ = 0;
  std::uint64_t total_ = 0;
};

Result<std::unique_ptr<OperationStream>> open(OperationCall& call, const StreamLimits&) {
  WEIR_ASSIGN(const Form form, Form::read(call.params));
  return std::unique_ptr<OperationStream>(std::make_unique<SignalStream>(call, form));
}

}  // namespace

extern const Operation kFft = {"fft",
                               "discrete Fourier transforms",
                               kParameters,
                               kExample,
                               kOps,
                               run,
                               {"a signal: an array of numbers, or of pairs [re, im]", open}};

}  // namespace weir::server
