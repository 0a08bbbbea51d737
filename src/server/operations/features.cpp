// features: ten features of every window of a series.
#include "ops/stats/window_features/window_features.hpp"
#include "server/operations/operation.hpp"

namespace weir::server {
namespace {

constexpr std::string_view kParameters =
    R"({"type":"object","required":["data"],"properties":{)"
    R"("data":{"description":"a series of numbers; alias values"},"values":{},)"
    R"("size":{"type":"integer","minimum":5,"maximum":65536,"default":64},)"
    R"("stride":{"type":"integer","minimum":1,"default":1}}})";
constexpr std::string_view kExample = R"({"data":[1,2,3,4,5,6,7,9],"size":8})";
constexpr std::string_view kOps[] = {"stats.window_features"};

constexpr std::string_view kNames[] = {"mean", "variance", "skewness", "min",  "max",
                                       "bin0", "bin1",     "bin2",     "bin3", "bin4"};
constexpr std::size_t kSizeMax = 65'536;
constexpr std::uint64_t kStrideMax = std::uint64_t{1} << 40;

Status run(OperationCall& call, JsonWriter& result) {
  WEIR_ASSIGN(const Vector data, call.params.vector({"data", "values"}));
  ops::WindowFeatures::Args args{.series = data.values};
  WEIR_ASSIGN(args.size, call.params.u64_or({"size"}, args.size, kSizeMax));
  WEIR_ASSIGN(args.stride, call.params.u64_or({"stride"}, args.stride, kStrideMax));
  WEIR_TRY(ops::WindowFeatures::check(args));
  const std::size_t windows =
      ops::WindowFeatures::windows(data.values.size(), args.size, args.stride);
  WEIR_TRY(call.reserve(windows * std::size(kNames) * sizeof(double)));
  std::vector<double> features(windows * std::size(kNames));
  ops::WindowFeatures::Output out{features};
  WEIR_TRY(call.run<ops::WindowFeatures>(args, out));
  if (call.planned) return Status::ok();
  result.begin_object().key("windows").u64(windows).key("features");
  write_matrix(result, features.data(), windows, std::size(kNames), data.base64);
  result.key("names").begin_array();
  for (const std::string_view name : kNames) result.string(name);
  result.end_array().end_object();
  return Status::ok();
}

}  // namespace

extern const Operation kFeatures = {
    "features", "ten features of every window of a series", kParameters, kExample, kOps, run};

}  // namespace weir::server
