// features: ten features of every window of a series.
#include <algorithm>

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

void write_features(OperationCall& call, JsonWriter& result, std::span<const double> features,
                    bool base64) {
  const std::size_t windows = features.size() / std::size(kNames);
  result.begin_object().key("windows").u64(windows).key("features");
  call.nulled += write_matrix(result, features.data(), windows, std::size(kNames), base64);
  result.key("names").begin_array();
  for (const std::string_view name : kNames) result.string(name);
  result.end_array().end_object();
}

Result<ops::WindowFeatures::Args> read_args(const Params& params) {
  ops::WindowFeatures::Args args;
  WEIR_ASSIGN(args.size, params.u64_or({"size"}, args.size, kSizeMax));
  WEIR_ASSIGN(args.stride, params.u64_or({"stride"}, args.stride, kStrideMax));
  WEIR_TRY(ops::WindowFeatures::check(args));
  return args;
}

Status run(OperationCall& call, JsonWriter& result) {
  WEIR_ASSIGN(const Vector data, call.params.vector({"data", "values"}));
  WEIR_ASSIGN(ops::WindowFeatures::Args args, read_args(call.params));
  args.series = data.values;
  const std::size_t windows =
      ops::WindowFeatures::windows(data.values.size(), args.size, args.stride);
  WEIR_TRY(call.reserve(windows * std::size(kNames) * sizeof(double)));
  std::vector<double> features(windows * std::size(kNames));
  ops::WindowFeatures::Output out{features};
  WEIR_TRY(call.run<ops::WindowFeatures>(args, out));
  if (!call.planned) write_features(call, result, features, data.base64);
  return Status::ok();
}

// The windows of a series as they complete. What is held begins at a place where the op itself may
// begin: a multiple of the plan's block, or of the stride where windows share nothing.
class WindowStream final : public OperationStream {
 public:
  static Result<std::unique_ptr<OperationStream>> open(OperationCall& call, const StreamLimits&) {
    WEIR_ASSIGN(const ops::WindowFeatures::Args args, read_args(call.params));
    return std::unique_ptr<OperationStream>(std::make_unique<WindowStream>(call, args));
  }
  WindowStream(OperationCall& call, const ops::WindowFeatures::Args& args)
      : call_(call), args_(args) {
    args_.workspace = &workspace_;
    const ops::WindowPlan& plan = workspace_.plan(args.size, args.stride);
    unit_ = plan.direct ? plan.stride : plan.block;
  }

  Status take(simdjson::dom::element line) override {
    base64_ |= line.is_object();
    const std::size_t before = held_.size();
    WEIR_TRY(read_number_line(line, held_));
    total_ += held_.size() - before;
    const std::size_t gap = std::min<std::uint64_t>(skip_, held_.size());
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(gap));
    skip_ -= gap;
    return Status::ok();
  }
  std::size_t rows_ready() const override {
    return windows_ready() == 0 ? 0 : static_cast<std::size_t>(total_ - answered_);
  }
  std::size_t held_bytes() const override {
    return std::max(held_.size() * sizeof(double), kWindowText * windows_ready());
  }

  Result<std::size_t> chunk(bool last, JsonWriter& result) override {
    const std::size_t rows = last || windows_ready() != 0 ? total_ - answered_ : 0;
    if (rows == 0 && total_ != 0) return rows;
    const std::size_t all = windows_held();
    std::vector<double> features(all * std::size(kNames));
    ops::WindowFeatures::Output out{features};
    args_.series = held_;
    WEIR_TRY(call_.run<ops::WindowFeatures>(args_, out));
    answered_ = total_;
    if (call_.planned) return rows;
    write_features(call_, result, std::span(features).subspan(again_ * std::size(kNames)), base64_);
    windows_ += all - again_;
    advance(all);
    return rows;
  }
  Status finish(JsonWriter& result) override {
    result.begin_object().key("windows").u64(windows_).end_object();
    return Status::ok();
  }

 private:
  static constexpr std::size_t kWindowText = 200;

  std::size_t windows_held() const {
    return ops::WindowFeatures::windows(held_.size(), args_.size, args_.stride);
  }
  std::size_t windows_ready() const {
    const std::size_t all = windows_held();
    return all > again_ ? all - again_ : 0;
  }
  // Lets go of what comes before the next window's block.
  void advance(std::size_t windows) {
    const std::uint64_t next = std::uint64_t{windows} * args_.stride;
    const std::uint64_t gone = next / unit_ * unit_;
    again_ = static_cast<std::size_t>((next - gone) / args_.stride);
    const std::size_t here = std::min<std::uint64_t>(gone, held_.size());
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(here));
    skip_ = gone - here;
  }

  OperationCall& call_;
  ops::WindowFeatures::Args args_;
  ops::WindowWorkspace workspace_;
  std::uint64_t unit_ = 1;
  bool base64_ = false;  // how numbers came, and how features go back
  std::vector<double> held_;
  std::uint64_t skip_ = 0;  // values to come that no window holds
  std::size_t again_ = 0;   // windows of held_ that are answered
  std::uint64_t total_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t windows_ = 0;
};

}  // namespace

extern const Operation kFeatures = {
    "features", "ten features of every window of a series",           kParameters, kExample, kOps,
    run,        {"a number, or an array of them", WindowStream::open}};

}  // namespace weir::server
