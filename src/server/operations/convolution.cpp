// convolution: of a series with a kernel.
#include "ops/fft/convolve/convolve.hpp"
#include "server/operations/operation.hpp"

namespace weir::server {
namespace {

constexpr std::string_view kParameters =
    R"({"type":"object","required":["data","kernel"],"properties":{)"
    R"("data":{"description":"a series of numbers"},"kernel":{"description":"numbers"},)"
    R"("mode":{"enum":["full","same","valid"],"default":"full"},)"
    R"("method":{"enum":["auto","direct","fft"],"default":"auto"}}})";
constexpr std::string_view kExample = R"({"data":[1,2,3,4],"kernel":[0.5,0.5]})";
constexpr std::string_view kOps[] = {"fft.convolve"};

Status run(OperationCall& call, JsonWriter& result) {
  WEIR_ASSIGN(const Vector data, call.params.vector({"data"}));
  WEIR_ASSIGN(const Vector kernel, call.params.vector({"kernel"}));
  WEIR_ASSIGN(const std::string mode, call.params.choice_or({"mode"}, "full|same|valid", "full"));
  WEIR_ASSIGN(const std::string method,
              call.params.choice_or({"method"}, "auto|direct|fft", "auto"));
  ops::Convolve::Args args{.x = data.values, .kernel = kernel.values};
  args.part = mode == "same"    ? ops::fft::Part::kSame
              : mode == "valid" ? ops::fft::Part::kValid
                                : ops::fft::Part::kFull;
  args.method = method == "direct" ? ops::fft::Method::kDirect
                : method == "fft"  ? ops::fft::Method::kFft
                                   : ops::fft::Method::kAuto;
  if (const Status checked = ops::Convolve::check(args); !checked.is_ok()) {
    return Status(checked).at("kernel");
  }
  std::vector<double> y(args.size());
  ops::Convolve::Output out{.y = y};
  WEIR_TRY(call.run<ops::Convolve>(args, out));
  if (call.planned) return Status::ok();
  result.begin_object().key("data");
  write_vector(result, y.data(), y.size(), data.base64);
  result.end_object();
  return Status::ok();
}

}  // namespace

extern const Operation kConvolution = {
    "convolution", "convolution of a series with a kernel", kParameters, kExample, kOps, run};

}  // namespace weir::server
