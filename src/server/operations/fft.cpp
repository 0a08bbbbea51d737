// fft: discrete Fourier transforms, forward and back, of real or complex values.
#include "ops/fft/fft/fft.hpp"

#include <optional>

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
    R"("n":{"type":"integer","description":"real and inverse: how many values come out"}}})";
constexpr std::string_view kExample = R"({"data":[1,2,3,4]})";
constexpr std::string_view kOps[] = {"fft.fft", "fft.rfft", "fft.irfft"};

constexpr std::uint64_t kLengthMax = std::uint64_t{1} << 26;

// Numbers, or pairs of them.
struct Signal {
  std::vector<Complex> values;
  bool base64 = false;
};

// Whether the data are rows of numbers, or in base64 a matrix.
bool holds_pairs(element data) {
  simdjson::dom::array items;
  if (data.get_array().get(items) == simdjson::SUCCESS) {
    return items.size() != 0 && items.at(0).is_array();
  }
  return data.at_key("shape").get_array().get(items) == simdjson::SUCCESS && items.size() == 2;
}

Result<Signal> read_signal(element data) {
  Signal signal;
  if (!holds_pairs(data)) {
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
  result.begin_object().key("data");
  call.nulled += write_matrix(result, ops::fft::parts(values.data()), values.size(), 2, base64);
  result.end_object();
}

// Which transform is asked for.
struct Form {
  bool inverse = false;
  bool real = false;
  std::optional<std::uint64_t> n = {};  // real and inverse

  static Result<Form> read(const Params& params) {
    Form form;
    WEIR_ASSIGN(form.inverse, params.flag_or({"inverse"}, false));
    WEIR_ASSIGN(form.real, params.flag_or({"real"}, false));
    if (!params.has("n")) return form;
    WEIR_ASSIGN(form.n, params.u64_or({"n"}, 0, kLengthMax));
    return form;
  }
};

Status run_complex(OperationCall& call, element data, bool inverse, JsonWriter& result) {
  WEIR_ASSIGN(const Signal signal, read_signal(data));
  std::vector<Complex> y(signal.values.size());
  ops::Fft::Output out{.y = y};
  WEIR_TRY(call.run<ops::Fft>(
      {.x = signal.values,
       .n = signal.values.size(),
       .direction = inverse ? ops::fft::Direction::kInverse : ops::fft::Direction::kForward},
      out));
  if (!call.planned) write_pairs(call, result, y, signal.base64);
  return Status::ok();
}

Status run_real(OperationCall& call, element data, JsonWriter& result) {
  WEIR_ASSIGN(const Vector numbers, read_vector(data, "data"));
  const ops::Rfft::Args args{.x = numbers.values, .n = numbers.values.size()};
  std::vector<Complex> y(args.bins());
  ops::Rfft::Output out{.y = y};
  WEIR_TRY(call.run<ops::Rfft>(args, out));
  if (!call.planned) write_pairs(call, result, y, numbers.base64);
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
  if (!form.real) return run_complex(call, data, form.inverse, result);
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
