// convolution: of a series, or a matrix, with a kernel.
#include <algorithm>

#include "ops/fft/convolve/convolve.hpp"
#include "ops/fft/convolve2/convolve2.hpp"
#include "server/operations/operation.hpp"

namespace weir::server {
namespace {

constexpr std::string_view kParameters =
    R"({"type":"object","required":["data","kernel"],"properties":{)"
    R"("data":{"description":"a series of numbers, or a matrix"},)"
    R"("kernel":{"description":"numbers; a matrix if data is one"},)"
    R"("mode":{"enum":["full","same","valid"],"default":"full"},)"
    R"("method":{"enum":["auto","direct","fft"],"default":"auto"}}})";
constexpr std::string_view kExample = R"({"data":[1,2,3,4],"kernel":[0.5,0.5]})";
constexpr std::string_view kOps[] = {"fft.convolve", "fft.convolve2"};

// Reads the part and the method.
Result<ops::Convolve::Args> read_args(const Params& params) {
  WEIR_ASSIGN(const std::string mode, params.choice_or({"mode"}, "full|same|valid", "full"));
  WEIR_ASSIGN(const std::string method, params.choice_or({"method"}, "auto|direct|fft", "auto"));
  ops::Convolve::Args args;
  args.part = mode == "same"    ? ops::fft::Part::kSame
              : mode == "valid" ? ops::fft::Part::kValid
                                : ops::fft::Part::kFull;
  args.method = method == "direct" ? ops::fft::Method::kDirect
                : method == "fft"  ? ops::fft::Method::kFft
                                   : ops::fft::Method::kAuto;
  return args;
}

constexpr FieldName kFields[] = {{"x", "data"}};

Status run_matrix(OperationCall& call, JsonWriter& result) {
  WEIR_ASSIGN(const Matrix data, call.params.matrix({"data"}));
  WEIR_ASSIGN(const Matrix kernel, call.params.matrix({"kernel"}));
  WEIR_ASSIGN(const ops::Convolve::Args series, read_args(call.params));
  const ops::Convolve2::Args args{.x = data.values,
                                  .height = data.rows,
                                  .width = data.columns,
                                  .kernel = kernel.values,
                                  .kernel_height = kernel.rows,
                                  .kernel_width = kernel.columns,
                                  .part = series.part,
                                  .method = series.method};
  WEIR_TRY(call.named(ops::Convolve2::check(args)));  // before anything is allocated
  std::vector<double> y(args.size());
  ops::Convolve2::Output out{.y = y};
  WEIR_TRY(call.run<ops::Convolve2>(args, out));
  if (call.planned) return Status::ok();
  result.begin_object().key("data");
  call.nulled += write_matrix(result, y.data(), args.out_height(), args.out_width(), data.base64);
  result.end_object();
  return Status::ok();
}

Status run(OperationCall& call, JsonWriter& result) {
  call.fields = kFields;
  if (const auto data = call.params.find({"data"}); data && is_matrix(*data)) {
    return run_matrix(call, result);
  }
  WEIR_ASSIGN(const Vector data, call.params.vector({"data"}));
  WEIR_ASSIGN(const Vector kernel, call.params.vector({"kernel"}));
  WEIR_ASSIGN(ops::Convolve::Args args, read_args(call.params));
  args.x = data.values;
  args.kernel = kernel.values;
  WEIR_TRY(call.named(ops::Convolve::check(args)));  // before anything is allocated
  std::vector<double> y(args.size());
  ops::Convolve::Output out{.y = y};
  WEIR_TRY(call.run<ops::Convolve>(args, out));
  if (call.planned) return Status::ok();
  result.begin_object().key("data");
  call.nulled += write_vector(result, y.data(), y.size(), data.base64);
  result.end_object();
  return Status::ok();
}

// The convolution of a series as it comes. What is held begins where a block of the whole does, a
// block or the kernel's length before the values to come, so that each block is what it is there.
class SeriesStream final : public OperationStream {
 public:
  static Result<std::unique_ptr<OperationStream>> open(OperationCall& call,
                                                       const StreamLimits& limits) {
    WEIR_ASSIGN(Vector kernel, call.params.vector({"kernel"}));
    WEIR_ASSIGN(ops::Convolve::Args args, read_args(call.params));
    auto stream = std::make_unique<SeriesStream>(call, args, std::move(kernel.values));
    ops::Convolve::Args full = stream->args_;
    full.part = ops::fft::Part::kFull;
    WEIR_TRY(ops::Convolve::check(full));
    if (kBlocksHeld * sizeof(double) * stream->hop_ > limits.held_bytes_max) {
      return fail(held_too_much("a kernel of this length", limits.held_bytes_max));
    }
    return std::unique_ptr<OperationStream>(std::move(stream));
  }
  SeriesStream(OperationCall& call, const ops::Convolve::Args& args, std::vector<double> kernel)
      : call_(call), kernel_(std::move(kernel)), args_(args) {
    call_.fields = kFields;
    args_.kernel = kernel_;
    const std::size_t m = kernel_.size();
    hop_ = ops::fft::choose(args.method, m) == ops::fft::Method::kFft
               ? ops::fft::block_length(m) - m + 1
               : 1;
    before_ = (std::max<std::size_t>(m, 1) - 1 + hop_ - 1) / hop_ * hop_;
    dropped_ = ops::fft::part_begin(m, args.part);
  }

  Status take(simdjson::dom::element line) override {
    base64_ |= line.is_object();
    const std::size_t size = held_.size();
    WEIR_TRY(read_number_line(line, held_));
    total_ += held_.size() - size;
    return Status::ok();
  }
  std::size_t rows_ready() const override { return (held_.size() - done_) / hop_ * hop_; }
  std::size_t held_bytes() const override { return kNumberText * (held_.size() - done_); }
  std::size_t kept_bytes() const override { return sizeof(double) * held_.size(); }

  Result<std::size_t> chunk(bool last, JsonWriter& result) override {
    if (last) WEIR_TRY(check_whole());
    const std::size_t rows = last ? held_.size() - done_ : rows_ready();
    if (total_ == 0 || (rows == 0 && !last)) return rows;
    ops::Convolve::Args args = args_;
    args.part = ops::fft::Part::kFull;
    args.x = std::span(held_).first(done_ + rows);
    std::vector<double> y(args.size());
    ops::Convolve::Output out{.y = y};
    WEIR_TRY(call_.run<ops::Convolve>(args, out));
    if (call_.planned) return rows;
    // Of a part in the middle the last values still want what follows.
    std::size_t end = last ? y.size() : done_ + rows;
    if (last && args_.part != ops::fft::Part::kFull) end = part_end();
    const std::size_t begin = std::min(end, done_ + skipped(end - std::min(end, done_)));
    result.begin_object().key("data");
    call_.nulled += write_vector(result, y.data() + begin, end - begin, base64_);
    result.end_object();
    values_ += end - begin;
    advance(rows);
    return rows;
  }
  Status finish(JsonWriter& result) override {
    if (total_ == 0) WEIR_TRY(check_whole());
    result.begin_object().key("values").u64(values_).end_object();
    return Status::ok();
  }

 private:
  static constexpr std::size_t kBlocksHeld = 4;
  static constexpr std::size_t kNumberText = 20;

  // What the plain call would refuse can be told only at the end.
  Status check_whole() const {
    if (total_ >= kernel_.size() && total_ != 0) return Status::ok();
    ops::Convolve::Args args = args_;
    args.x = held_;
    return call_.named(ops::Convolve::check(args));
  }
  // Takes up to `count` from the results that come before the part.
  std::size_t skipped(std::size_t count) {
    const std::size_t now = std::min(dropped_, count);
    dropped_ -= now;
    return now;
  }
  // Where in the results of held_ the part ends.
  std::size_t part_end() const {
    const std::uint64_t first = total_ - held_.size();  // of held_ in the series
    const std::uint64_t size = ops::fft::part_size(total_, kernel_.size(), args_.part);
    return ops::fft::part_begin(kernel_.size(), args_.part) + size - first;
  }
  void advance(std::size_t rows) {
    done_ += rows;
    const std::size_t gone = done_ > before_ ? (done_ - before_) / hop_ * hop_ : 0;
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(gone));
    done_ -= gone;
  }

  OperationCall& call_;
  const std::vector<double> kernel_;
  ops::Convolve::Args args_;
  std::size_t hop_ = 1;      // results of a block
  std::size_t before_ = 0;   // values that a block needs of those before it, in whole blocks
  std::size_t dropped_ = 0;  // results that come before the part
  bool base64_ = false;      // how values came, and how results go back
  std::vector<double> held_;
  std::size_t done_ = 0;  // of held_, those whose results are answered
  std::uint64_t total_ = 0;
  std::uint64_t values_ = 0;
};

}  // namespace

extern const Operation kConvolution = {"convolution",
                                       "convolution of a series, or a matrix, with a kernel",
                                       kParameters,
                                       kExample,
                                       kOps,
                                       run,
                                       {"a number, or an array of them", SeriesStream::open}};

}  // namespace weir::server
