// statistics: what a column of numbers comes to, or how the columns of a matrix go together.
#include <algorithm>

#include "ops/stats/covariance/covariance.hpp"
#include "ops/stats/histogram/histogram.hpp"
#include "ops/stats/moments/moments.hpp"
#include "ops/stats/quantile/quantile.hpp"
#include "ops/stats/sum/sum.hpp"
#include "server/operations/column_total.hpp"
#include "server/operations/number_column.hpp"
#include "server/operations/operation.hpp"

namespace weir::server {
namespace {

constexpr std::string_view kParameters =
    R"({"type":"object","required":["data"],"properties":{)"
    R"("data":{"description":"numbers and nulls, or a matrix; alias values"},"values":{},)"
    R"("ddof":{"enum":[0,1]},"bias":{"type":"boolean","default":true},)"
    R"("nan":{"enum":["propagate","omit","raise"],"default":"propagate"},)"
    R"("sum":{"enum":["canonical","neumaier"],"default":"canonical"},)"
    R"("quantiles":{"type":"array","items":{"type":"number","minimum":0,"maximum":1}},)"
    R"("method":{"enum":["linear","lower","higher","nearest","midpoint"],"default":"linear"},)"
    R"("histogram":{"type":"object","properties":{)"
    R"("edges":{"type":"array","items":{"type":"number"}},"lo":{"type":"number"},)"
    R"("hi":{"type":"number"},"bins":{"type":"integer","minimum":1}}},)"
    R"("covariance":{"type":"boolean","description":"of a matrix; ddof is 1 unless given"},)"
    R"("correlation":{"type":"boolean","description":"of a matrix"}}})";
constexpr std::string_view kExample =
    R"({"data":[1,2,3,10],"quantiles":[0.5],"histogram":{"lo":0,"hi":10,"bins":2}})";
constexpr std::string_view kOps[] = {"stats.moments",   "stats.sum",        "stats.quantile",
                                     "stats.histogram", "stats.covariance", "stats.correlation"};

void write_optional(JsonWriter& result, std::string_view key, const std::optional<double>& value) {
  result.key(key);
  if (value) {
    result.f64(*value);
  } else {
    result.null();
  }
}

struct Quantiles {
  std::vector<double> q = {};
  ops::Quantile::Args args = {};
  std::vector<double> values = {};
  ops::Quantile::Output out = {};
};

Result<ops::NanPolicy> read_nan(const Params& params) {
  WEIR_ASSIGN(const std::string nan,
              params.choice_or({"nan"}, "propagate|omit|raise", "propagate"));
  return nan == "omit"    ? ops::NanPolicy::kOmit
         : nan == "raise" ? ops::NanPolicy::kRaise
                          : ops::NanPolicy::kPropagate;
}

Result<ops::Interpolation> read_method(const Params& params) {
  WEIR_ASSIGN(const std::string method,
              params.choice_or({"method"}, "linear|lower|higher|nearest|midpoint", "linear"));
  return method == "lower"      ? ops::Interpolation::kLower
         : method == "higher"   ? ops::Interpolation::kHigher
         : method == "nearest"  ? ops::Interpolation::kNearest
         : method == "midpoint" ? ops::Interpolation::kMidpoint
                                : ops::Interpolation::kLinear;
}

// Reads what is asked of values to come.
Status read_quantiles(const Params& params, ops::NanPolicy nan, Quantiles& quantiles) {
  WEIR_ASSIGN(const ops::Interpolation method, read_method(params));
  WEIR_ASSIGN(Vector q, params.vector({"quantiles"}));
  quantiles.q = std::move(q.values);
  quantiles.values.resize(quantiles.q.size());
  quantiles.out.values = quantiles.values;
  quantiles.args = {{}, quantiles.q, method, nan};
  if (const Status checked = ops::Quantile::check(quantiles.args); !checked.is_ok()) {
    return Status(checked).at("quantiles");
  }
  return Status::ok();
}

Status run_quantiles(OperationCall& call, ops::Values x, Quantiles& quantiles) {
  quantiles.args.x = x;
  return call.run<ops::Quantile>(quantiles.args, quantiles.out);
}

struct Counts {
  std::vector<double> edges = {};
  ops::Histogram::Args args = {};
  std::vector<std::uint64_t> counts = {};
  ops::Histogram::Output out = {};
};

Status read_histogram(const Params& asked, Counts& counts) {
  ops::Histogram::Args& args = counts.args;
  if (asked.has("edges")) {
    WEIR_ASSIGN(Vector edges, asked.vector({"edges"}));
    counts.edges = std::move(edges.values);
    if (counts.edges.size() < 2) {
      return invalid_argument("histogram", "histogram.edges has " +
                                               std::to_string(counts.edges.size()) + " numbers")
          .at("histogram.edges")
          .hint("give at least two");
    }
    args.edges = counts.edges;
  } else {
    for (const std::string_view name : {"lo", "hi", "bins"}) {
      if (asked.has(name)) continue;
      return invalid_argument("field_missing", "histogram needs edges, or lo, hi and bins")
          .at("histogram." + std::string(name));
    }
    WEIR_ASSIGN(args.low, asked.f64_or({"lo"}, 0));
    WEIR_ASSIGN(args.high, asked.f64_or({"hi"}, 1));
    WEIR_ASSIGN(args.bins, asked.u64_or({"bins"}, 0, ops::Histogram::kBinsMax));
  }
  if (const Status checked = ops::Histogram::check(args); !checked.is_ok()) {
    const std::string& field = checked.error().field;
    const std::string_view name = field == "low" ? "lo" : field == "high" ? "hi" : field;
    return Status(checked).at("histogram." + std::string(name));
  }
  counts.counts.resize(args.bin_count());
  counts.out.counts = counts.counts;
  return Status::ok();
}

Status run_histogram(OperationCall& call, ops::Values x, Counts& counts) {
  counts.args.x = x;
  return call.run<ops::Histogram>(counts.args, counts.out);
}

void write_counts(JsonWriter& result, const Counts& counts) {
  result.key("histogram").begin_object().key("counts").begin_array();
  for (const std::uint64_t count : counts.counts) result.u64(count);
  result.end_array().key("below").u64(counts.out.below).key("above").u64(counts.out.above);
  result.key("nan").u64(counts.out.nans).key("null").u64(counts.out.nulls).end_object();
}

void write_moments(JsonWriter& result, const ops::MomentsOf::Output& moments, double sum) {
  result.key("n").u64(moments.count).key("nulls").u64(moments.nulls);
  result.key("nans").u64(moments.nans);
  write_optional(result, "mean", moments.mean);
  write_optional(result, "variance", moments.variance);
  write_optional(result, "skewness", moments.skewness);
  write_optional(result, "kurtosis", moments.kurtosis);
  write_optional(result, "min", moments.min);
  write_optional(result, "max", moments.max);
  if (moments.count == 0) {
    result.key("sum").null();  // as an aggregate answers it
  } else {
    result.key("sum").f64(sum);
  }
}

// How the moments and the sum of a column are asked for.
Result<ops::MomentsOf::Args> read_moments(const Params& params) {
  ops::MomentsOf::Args args;
  WEIR_ASSIGN(const std::uint64_t ddof, params.u64_or({"ddof"}, 0, 1));
  args.ddof = static_cast<unsigned>(ddof);
  WEIR_ASSIGN(args.bias, params.flag_or({"bias"}, true));
  WEIR_ASSIGN(args.nan, read_nan(params));
  return args;
}

Result<ops::Sum::Method> read_sum(const Params& params) {
  const auto method = params.choice_or({"sum"}, "canonical|neumaier", "canonical");
  if (!method) return fail(method.error());
  return *method == "neumaier" ? ops::Sum::Method::kNeumaier : ops::Sum::Method::kCanonical;
}

void write_column(OperationCall& call, JsonWriter& result, const ops::MomentsOf::Output& moments,
                  double sum, const std::optional<Quantiles>& quantiles,
                  const std::optional<Counts>& counts) {
  result.begin_object();
  write_moments(result, moments, sum);
  if (quantiles) {
    result.key("quantiles");
    call.nulled += write_vector(result, quantiles->values.data(), quantiles->values.size(), false);
  }
  if (counts) write_counts(result, *counts);
  result.end_object();
}

Status run_column(OperationCall& call, JsonWriter& result) {
  WEIR_ASSIGN(const NumberColumn data, NumberColumn::read(call.params, {"data", "values"}));
  WEIR_ASSIGN(ops::MomentsOf::Args args, read_moments(call.params));
  WEIR_ASSIGN(const ops::Sum::Method method, read_sum(call.params));
  args.x = data.values();
  ops::MomentsOf::Output moments;
  WEIR_TRY(call.run<ops::MomentsOf>(args, moments));
  ops::Sum::Output sum;
  WEIR_TRY(call.run<ops::Sum>({args.x, method, args.nan}, sum));
  std::optional<Quantiles> quantiles;
  if (call.params.has("quantiles")) {
    WEIR_TRY(read_quantiles(call.params, args.nan, quantiles.emplace()));
    WEIR_TRY(run_quantiles(call, args.x, *quantiles));
  }
  std::optional<Counts> counts;
  WEIR_ASSIGN(const std::optional<Params> histogram, call.params.object("histogram"));
  if (histogram) {
    WEIR_TRY(read_histogram(*histogram, counts.emplace()));
    WEIR_TRY(run_histogram(call, args.x, *counts));
  }
  if (!call.planned) write_column(call, result, moments, sum.sum, quantiles, counts);
  return Status::ok();
}

// Runs Covariance or Correlation if it is asked for.
template <class Op>
Status run_pairs(OperationCall& call, std::string_view name, const Matrix& x, unsigned ddof,
                 std::optional<ops::Matrix<double>>& pairs) {
  WEIR_ASSIGN(const bool asked, call.params.flag_or({name}, false));
  if (!asked) return Status::ok();
  const typename Op::Args args{.x = {x.values.data(), x.rows, x.columns}, .ddof = ddof};
  WEIR_TRY(Op::check(args));  // before anything is allocated
  WEIR_TRY(call.reserve(x.columns * x.columns * sizeof(double)));
  pairs.emplace(x.columns, x.columns);
  typename Op::Output out{pairs->view()};
  return call.run<Op>(args, out);
}

Status run_matrix(OperationCall& call, JsonWriter& result) {
  WEIR_ASSIGN(const Matrix x, call.params.matrix({"data", "values"}, kTall));
  WEIR_ASSIGN(const std::uint64_t ddof, call.params.u64_or({"ddof"}, 1, 1));
  std::optional<ops::Matrix<double>> covariance;
  std::optional<ops::Matrix<double>> correlation;
  const auto divisor = static_cast<unsigned>(ddof);
  WEIR_TRY(run_pairs<ops::Covariance>(call, "covariance", x, divisor, covariance));
  WEIR_TRY(run_pairs<ops::Correlation>(call, "correlation", x, divisor, correlation));
  if (call.planned) return Status::ok();
  result.begin_object().key("n").u64(x.rows);
  const auto write = [&](std::string_view name, const std::optional<ops::Matrix<double>>& pairs) {
    if (!pairs) return;
    result.key(name);
    call.nulled += write_matrix(result, pairs->data(), x.columns, x.columns, x.base64);
  };
  write("covariance", covariance);
  write("correlation", correlation);
  result.end_object();
  return Status::ok();
}

Status run(OperationCall& call, JsonWriter& result) {
  for (const std::string_view name : {"covariance", "correlation"}) {
    WEIR_ASSIGN(const bool asked, call.params.flag_or({name}, false));
    if (asked) return run_matrix(call, result);
  }
  const auto data = call.params.find({"data", "values"});
  simdjson::dom::array items;
  if (data && data->get_array().get(items) == simdjson::SUCCESS && items.size() != 0 &&
      items.at(0).is_array()) {
    const std::string name = call.params.named({"data", "values"});
    return invalid_argument("shape", name + " is a matrix")
        .at(name)
        .hint("ask for covariance or correlation, or give a column of numbers");
  }
  return run_column(call, result);
}

// The numbers of a column as they come; what quantiles need is kept.
class ColumnStream final : public OperationStream {
 public:
  static Result<std::unique_ptr<OperationStream>> open(OperationCall& call,
                                                       const StreamLimits& limits) {
    for (const std::string_view name : {"covariance", "correlation"}) {
      WEIR_ASSIGN(const bool asked, call.params.flag_or({name}, false));
      if (!asked) continue;
      return fail(not_streamed("params." + std::string(name), "columns do not come one by one"));
    }
    WEIR_ASSIGN(const ops::MomentsOf::Args args, read_moments(call.params));
    WEIR_ASSIGN(const ops::Sum::Method method, read_sum(call.params));
    auto stream = std::make_unique<ColumnStream>(call, limits, ColumnTotal(args, method));
    if (call.params.has("quantiles")) {
      WEIR_TRY(read_quantiles(call.params, args.nan, stream->quantiles_.emplace()));
    }
    WEIR_ASSIGN(const std::optional<Params> histogram, call.params.object("histogram"));
    if (histogram) WEIR_TRY(read_histogram(*histogram, stream->counts_.emplace()));
    return std::unique_ptr<OperationStream>(std::move(stream));
  }
  ColumnStream(OperationCall& call, const StreamLimits& limits, const ColumnTotal& total)
      : call_(call), held_bytes_max_(limits.held_bytes_max), total_(total) {}

  Status take(simdjson::dom::element line) override { return pending_.add_line(line); }
  std::size_t rows_ready() const override {
    return pending_.size() / numeric::kCanonicalBlock * numeric::kCanonicalBlock;
  }
  std::size_t held_bytes() const override { return pending_.held_bytes(); }
  std::size_t kept_bytes() const override { return kept_.held_bytes(); }

  Result<std::size_t> chunk(bool last, JsonWriter& result) override {
    const std::size_t rows = last ? pending_.size() : rows_ready();
    if (rows == 0 && total_.rows() != 0) return rows;
    const ops::Values x = pending_.values().slice(0, rows);
    WEIR_TRY(total_.add(call_, x));
    if (counts_) WEIR_TRY(count(x));
    if (quantiles_) WEIR_TRY(keep(x));
    pending_.drop(rows);
    if (call_.planned || rows == 0) return rows;
    result.begin_object().key("rows").u64(total_.rows()).end_object();
    return rows;
  }

  Status finish(JsonWriter& result) override {
    ops::MomentsOf::Output moments;
    double sum = 0;
    WEIR_TRY(total_.finish(moments, sum));
    if (quantiles_) WEIR_TRY(run_quantiles(call_, kept_.values(), *quantiles_));
    if (counts_) counts_->counts = counted_;
    if (!call_.planned) write_column(call_, result, moments, sum, quantiles_, counts_);
    return Status::ok();
  }

 private:
  Status count(const ops::Values& x) {
    const ops::Histogram::Output before = counts_->out;
    WEIR_TRY(run_histogram(call_, x, *counts_));
    if (call_.planned) return Status::ok();
    ops::Histogram::Output& now = counts_->out;
    now.below += before.below;
    now.above += before.above;
    now.nans += before.nans;
    now.nulls += before.nulls;
    counted_.resize(counts_->counts.size());
    for (std::size_t i = 0; i < counted_.size(); ++i) counted_[i] += counts_->counts[i];
    return Status::ok();
  }
  Status keep(const ops::Values& x) {
    for (std::size_t i = 0; i < x.size(); ++i) kept_.add(x.at(i), x.valid(i));
    if (kept_.held_bytes() <= held_bytes_max_) return Status::ok();
    return held_too_much("quantiles", held_bytes_max_);
  }

  OperationCall& call_;
  const std::size_t held_bytes_max_;
  ColumnTotal total_;
  NumberColumn pending_;
  NumberColumn kept_;
  std::optional<Quantiles> quantiles_;
  std::optional<Counts> counts_;
  std::vector<std::uint64_t> counted_;
};

}  // namespace

extern const Operation kStatistics = {"statistics",
                                      "moments, quantiles, histogram; covariances",
                                      kParameters,
                                      kExample,
                                      kOps,
                                      run,
                                      {"a number, null, or an array of them", ColumnStream::open}};

}  // namespace weir::server
