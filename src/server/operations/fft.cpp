// fft: discrete Fourier transforms, forward and back, of real or complex values.
#include "ops/fft/fft/fft.hpp"

#include "ops/fft/rfft/rfft.hpp"
#include "server/operations/operation.hpp"

namespace weir::server {
namespace {

using ops::Complex;

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

// Whether the data are rows of numbers, or in base64 a matrix.
bool holds_pairs(const Params& params) {
  const auto data = params.find({"data"});
  simdjson::dom::array items;
  if (!data || (data->get_array().get(items) != simdjson::SUCCESS &&
                data->at_key("shape").get_array().get(items) != simdjson::SUCCESS)) {
    return false;
  }
  if (!data->is_array()) return items.size() == 2;
  return items.size() != 0 && items.at(0).is_array();
}

// Numbers, or pairs of them.
struct Signal {
  std::vector<Complex> values;
  bool base64 = false;

  static Result<Signal> read(const Params& params);
};

Result<Signal> Signal::read(const Params& params) {
  Signal signal;
  if (!holds_pairs(params)) {
    WEIR_ASSIGN(const Vector numbers, params.vector({"data"}));
    signal.values.assign(numbers.values.begin(), numbers.values.end());
    signal.base64 = numbers.base64;
    return signal;
  }
  WEIR_ASSIGN(const Matrix pairs, params.matrix({"data"}, kTall));
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

void write_pairs(JsonWriter& result, const std::vector<Complex>& values, bool base64) {
  result.begin_object().key("data");
  write_matrix(result, ops::fft::parts(values.data()), values.size(), 2, base64);
  result.end_object();
}

Status run_complex(OperationCall& call, bool inverse, JsonWriter& result) {
  WEIR_ASSIGN(const Signal signal, Signal::read(call.params));
  std::vector<Complex> y(signal.values.size());
  ops::Fft::Output out{.y = y};
  WEIR_TRY(call.run<ops::Fft>(
      {.x = signal.values,
       .n = signal.values.size(),
       .direction = inverse ? ops::fft::Direction::kInverse : ops::fft::Direction::kForward},
      out));
  if (!call.planned) write_pairs(result, y, signal.base64);
  return Status::ok();
}

Status run_real(OperationCall& call, JsonWriter& result) {
  WEIR_ASSIGN(const Vector numbers, call.params.vector({"data"}));
  const ops::Rfft::Args args{.x = numbers.values, .n = numbers.values.size()};
  std::vector<Complex> y(args.bins());
  ops::Rfft::Output out{.y = y};
  WEIR_TRY(call.run<ops::Rfft>(args, out));
  if (!call.planned) write_pairs(result, y, numbers.base64);
  return Status::ok();
}

Status run_real_inverse(OperationCall& call, JsonWriter& result) {
  WEIR_ASSIGN(const Signal bins, Signal::read(call.params));
  const std::size_t even = bins.values.size() < 2 ? 1 : 2 * (bins.values.size() - 1);
  WEIR_ASSIGN(const std::uint64_t n, call.params.u64_or({"n"}, even, kLengthMax));
  if (n / 2 + 1 != bins.values.size()) {
    return invalid_argument("shape", "n = " + std::to_string(n) + " values have " +
                                         std::to_string(n / 2 + 1) + " bins; data has " +
                                         std::to_string(bins.values.size()))
        .at("n");
  }
  std::vector<double> y(n);
  ops::Irfft::Output out{.y = y};
  WEIR_TRY(call.run<ops::Irfft>({.x = bins.values, .n = n}, out));
  if (call.planned) return Status::ok();
  result.begin_object().key("data");
  write_vector(result, y.data(), y.size(), bins.base64);
  result.end_object();
  return Status::ok();
}

Status run(OperationCall& call, JsonWriter& result) {
  WEIR_ASSIGN(const bool inverse, call.params.flag_or({"inverse"}, false));
  WEIR_ASSIGN(const bool real, call.params.flag_or({"real"}, false));
  if (!real) return run_complex(call, inverse, result);
  return inverse ? run_real_inverse(call, result) : run_real(call, result);
}

}  // namespace

extern const Operation kFft = {"fft", "discrete Fourier transforms", kParameters, kExample, kOps,
                               run};

}  // namespace weir::server
