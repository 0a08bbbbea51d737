// data_processing: steps over rows: filter, map, sort, group, join and so on.
#include <algorithm>
#include <numeric>
#include <optional>
#include <string>

#include "ops/table/steps.hpp"
#include "server/operations/json_table.hpp"
#include "server/operations/operation.hpp"
#include "server/operations/row_pieces.hpp"
#include "server/operations/table_steps.hpp"

namespace weir::server {
namespace {

// What any step looks like; read_step() says which members each takes.
constexpr std::string_view kParameters =
    R"({"type":"object","required":["data","operations"],"properties":{)"
    R"("data":{"description":"rows [{id,value,metadata}], or {columns:{name:[..]}}; members of )"
    R"(nested objects are columns like metadata.kind"},)"
    R"("operations":{"type":"array","description":"steps, each on what the one before left; or )"
    R"(the words filter, aggregate, sort, each on the data: value > 0.5, sum(value), value )"
    R"(descending; rows come back as they are",)"
    R"("items":{"oneOf":[{"enum":["filter","aggregate","sort"]},)"
    R"({"$ref":"#/$defs/filter"},{"$ref":"#/$defs/map"},{"$ref":"#/$defs/select"},)"
    R"({"$ref":"#/$defs/sort"},{"$ref":"#/$defs/top_k"},{"$ref":"#/$defs/limit"},)"
    R"({"$ref":"#/$defs/group"},{"$ref":"#/$defs/aggregate"},{"$ref":"#/$defs/distinct"},)"
    R"({"$ref":"#/$defs/join"},{"$ref":"#/$defs/window"}]}},)"
    R"("columns":{"type":"object","additionalProperties":{"enum":["bool","i64","f64","text"]},)"
    R"("description":"of a stream: types of columns that its first rows do not show"},)"
    R"("errors":{"enum":["fail","null"],"default":"fail",)"
    R"("description":"what overflow, division by zero and casts that fail come to"}},"$defs":{)"
    R"("expr":{"type":["string","object"],"description":"amount > 100, or {op,args}"},)"
    R"("keys":{"type":"array","minItems":1,"items":{"anyOf":[{"$ref":"#/$defs/expr"},)"
    R"({"type":"object","required":["expr"],"additionalProperties":false,"properties":{)"
    R"("expr":{"$ref":"#/$defs/expr"},"desc":{"type":"boolean","default":false},)"
    R"("nulls":{"enum":["first","last"],"default":"last"}}}]}},)"
    R"("columns":{"type":"array","items":{"$ref":"#/$defs/expr"}},)"
    R"("aggregates":{"type":"object","additionalProperties":{"type":"string"},)"
    R"("description":"{name: count() | f(x) | quantile(x, q)}; f: count, sum, avg, min, max, )"
    R"(var_pop, var_samp, stddev_pop, stddev_samp, first, last, count_distinct"},)"
    R"("filter":{"type":"object","required":["op","where"],"additionalProperties":false,)"
    R"("properties":{"op":{"const":"filter"},"where":{"$ref":"#/$defs/expr"}}},)"
    R"("map":{"type":"object","required":["op","set"],"additionalProperties":false,"properties":{)"
    R"("op":{"const":"map"},"set":{"type":"object",)"
    R"("additionalProperties":{"$ref":"#/$defs/expr"}}}},)"
    R"("select":{"type":"object","required":["op","columns"],"additionalProperties":false,)"
    R"("properties":{"op":{"const":"select"},)"
    R"("columns":{"type":"array","items":{"type":"string"}}}},)"
    R"("sort":{"type":"object","required":["op","by"],"additionalProperties":false,"properties":{)"
    R"("op":{"const":"sort"},"by":{"$ref":"#/$defs/keys"}}},)"
    R"("top_k":{"type":"object","required":["op","by","k"],"additionalProperties":false,)"
    R"("properties":{"op":{"const":"top_k"},"by":{"$ref":"#/$defs/keys"},)"
    R"("k":{"type":"integer","minimum":0}}},)"
    R"("limit":{"type":"object","required":["op","k"],"additionalProperties":false,)"
    R"("properties":{"op":{"const":"limit"},"k":{"type":"integer","minimum":0},)"
    R"("offset":{"type":"integer","minimum":0,"default":0}}},)"
    R"("group":{"type":"object","required":["op","by","aggregates"],)"
    R"("additionalProperties":false,"properties":{"op":{"const":"group"},)"
    R"("by":{"$ref":"#/$defs/columns"},"aggregates":{"$ref":"#/$defs/aggregates"}}},)"
    R"("aggregate":{"type":"object","required":["op","aggregates"],)"
    R"("additionalProperties":false,"properties":{"op":{"const":"aggregate"},)"
    R"("aggregates":{"$ref":"#/$defs/aggregates"}}},)"
    R"("distinct":{"type":"object","required":["op"],"additionalProperties":false,)"
    R"("properties":{"op":{"const":"distinct"},"by":{"$ref":"#/$defs/columns"}}},)"
    R"("join":{"type":"object","required":["op","with","on"],"additionalProperties":false,)"
    R"("properties":{"op":{"const":"join"},"with":{"description":"rows as data"},)"
    R"("on":{"type":"array","minItems":1,"description":"names, or [left, right] pairs"},)"
    R"("kind":{"enum":["inner","left","semi","anti"],"default":"inner"}}},)"
    R"("window":{"type":"object","required":["op","set"],"additionalProperties":false,)"
    R"("properties":{"op":{"const":"window"},"partition":{"$ref":"#/$defs/columns"},)"
    R"("order":{"$ref":"#/$defs/keys"},"frame":{"type":"object","minProperties":1,)"
    R"("maxProperties":1,"additionalProperties":false,"properties":{)"
    R"("rows":{"type":"array","minItems":2,"maxItems":2,"items":{"type":["integer","null"]}},)"
    R"("range":{"type":"array","minItems":2,"maxItems":2,)"
    R"("items":{"type":["integer","string","null"]}}}},)"
    R"("set":{"type":"object","additionalProperties":{"type":"string"},)"
    R"("description":"{name: an aggregate | row_number() | rank() | lag(x, n) | lead(x, n)}"}}}}})";
constexpr std::string_view kExample =
    R"J({"data":[{"id":1,"card":"a","value":0.2},{"id":2,"card":"b","value":0.9},)J"
    R"J({"id":3,"card":"a","value":0.7}],"operations":[{"op":"filter","where":"value > 0.1"},)J"
    R"J({"op":"window","partition":["card"],"order":["id"],"frame":{"rows":[-9,0]},)J"
    R"J("set":{"total":"sum(value)"}},{"op":"sort","by":[{"expr":"value","desc":true}]}]})J";
constexpr std::string_view kOps[] = {"expr.evaluate", "filter.compact", "sort.argsort",
                                     "group.assign",  "group.sum",      "join.match"};

// Rows that an explanation looks at.
constexpr std::size_t kSampleRows = 256;

// A column that there is not is a fault of the request, not of its address.
Status of_request(const Status& status, const std::string& where) {
  std::string field = status.error().field;
  if (field.rfind("operations[", 0) != 0) field = where + (field.empty() ? "" : "." + field);
  if (status.code() != Code::kNotFound && status.code() != Code::kAlreadyExists) {
    return Status(status).at(field);
  }
  Status out = invalid_argument(status.reason(), status.message()).at(field);
  return status.error().hint.empty() ? out : std::move(out).hint(status.error().hint);
}

// Runs steps one by one, keeping count of rows.
class Pipeline {
 public:
  Pipeline(ops::OpRunner& run, const ops::EvaluateOptions& options)
      : run_(run), options_(options) {}

  Result<ops::Table> apply(const ops::Table& table, const ops::Step& step,
                           const std::string& where) {
    WEIR_TRY(run_.go_on());
    Result<ops::Table> next = ops::run_step(run_, table, step, options_, errors_);
    if (!next) return fail(of_request(next.error(), where));
    reports_.push_back({ops::step_name(step), table.rows(), next->rows()});
    return next;
  }
  const std::vector<ops::StepReport>& reports() const { return reports_; }
  std::uint64_t errors() const { return errors_; }

 private:
  ops::OpRunner& run_;
  const ops::EvaluateOptions& options_;
  std::uint64_t errors_ = 0;
  std::vector<ops::StepReport> reports_;
};

void write_steps(JsonWriter& result, const std::vector<ops::StepReport>& reports) {
  result.key("steps").begin_array();
  for (const ops::StepReport& report : reports) {
    result.begin_object().key("op").string(report.op).key("rows_in").u64(report.rows_in);
    result.key("rows_out").u64(report.rows_out).end_object();
  }
  result.end_array();
}

// One entry of "operations": a step, or a word and the step that it means.
struct Wanted {
  ops::Step step;
  std::string word = {};
};

Result<ops::Step> step_of_word(std::string_view word, const std::string& where) {
  if (word == "filter") {
    WEIR_ASSIGN(ops::Expression condition, ops::Expression::parse("value > 0.5"));
    return ops::FilterStep{std::move(condition)};
  }
  if (word == "aggregate") {
    WEIR_ASSIGN(ops::Aggregate sum, ops::Aggregate::parse("sum(value)"));
    return ops::AggregateStep{{{"sum", std::move(sum)}}};
  }
  if (word == "sort") return ops::SortStep{{{ops::Expression::column("value"), true, false}}};
  return fail(invalid_argument("choice", where + " is \"" + std::string(word) + "\"")
                  .at(where)
                  .hint("use one of filter, aggregate, sort, or a step {op, ...}"));
}

Result<std::vector<Wanted>> read_operations(const Params& params) {
  WEIR_ASSIGN(const simdjson::dom::array operations, params.array({"operations"}));
  std::vector<Wanted> wanted;
  for (const simdjson::dom::element item : operations) {
    const std::string where = "operations[" + std::to_string(wanted.size()) + "]";
    simdjson::dom::object object;
    std::string_view word;
    const bool is_word = item.get_string().get(word) == simdjson::SUCCESS;
    if (!is_word && item.get_object().get(object) != simdjson::SUCCESS) {
      return fail(
          invalid_argument("field_type", where + " must be a step {op, ...} or a word").at(where));
    }
    if (!wanted.empty() && wanted.front().word.empty() == is_word) {
      return fail(
          invalid_argument("field_type", where + ": give steps or words, not both").at(where));
    }
    for (const Wanted& before : wanted) {
      if (!is_word || before.word != word) continue;
      return fail(invalid_argument("choice", where + " is there twice: " + before.word).at(where));
    }
    WEIR_ASSIGN(ops::Step step,
                is_word ? step_of_word(word, where) : read_step(Params(object), where));
    wanted.push_back({std::move(step), std::string(word)});
  }
  return wanted;
}

std::string place(std::size_t i) {
  return "operations[" + std::to_string(i) + "]";
}

// Each word on the data as they came.
Status run_words(Pipeline& pipeline, const ops::Table& data, const std::vector<Wanted>& wanted,
                 std::vector<ops::Table>& tables) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    WEIR_ASSIGN(ops::Table table, pipeline.apply(data, wanted[i].step, place(i)));
    tables.push_back(std::move(table));
  }
  return Status::ok();
}

Status run_steps(Pipeline& pipeline, const ops::Table& data, const std::vector<Wanted>& wanted,
                 std::vector<ops::Table>& tables) {
  tables = {data};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    WEIR_ASSIGN(tables.front(), pipeline.apply(tables.front(), wanted[i].step, place(i)));
  }
  return Status::ok();
}

// The rows of a request in words, which go back as they came: only their values are looked at.
struct SentRows {
  std::vector<simdjson::dom::element> rows;

  // The table of their values and numbers.
  static Result<ops::Table> read(simdjson::dom::array rows, const ReserveBytes& reserve) {
    WEIR_ASSIGN(ops::Table table, read_member(rows, "data", "value", reserve));
    WEIR_TRY(reserve(table.rows() * (sizeof(std::int64_t) + sizeof(simdjson::dom::element))));
    std::vector<std::int64_t> numbers(table.rows());
    std::iota(numbers.begin(), numbers.end(), 0);
    WEIR_TRY(table.add("row", ops::Column::of<std::int64_t>(ops::ColumnType::i64(), numbers)));
    return table;
  }
  // A plain value goes back as the row that it stands for.
  void write(JsonWriter& result, const ops::Table& table) const {
    result.begin_array();
    for (const std::int64_t number : table.find("row")->values<std::int64_t>()) {
      const simdjson::dom::element& row = rows[static_cast<std::size_t>(number)];
      if (row.is_object()) {
        result.raw(simdjson::minify(row));
      } else {
        result.begin_object().key("value").raw(simdjson::minify(row)).end_object();
      }
    }
    result.end_array();
  }
};

void write_words(OperationCall& call, JsonWriter& result, const std::vector<Wanted>& wanted,
                 const std::vector<ops::Table>& tables, const std::optional<SentRows>& sent) {
  result.begin_object();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].word == "aggregate") {
      result.key("aggregated").begin_object().key("sum");
      call.nulled += write_value(result, *tables[i].find("sum"), 0);
      result.end_object();
    } else {
      result.key(wanted[i].word == "filter" ? "filtered" : "sorted");
      if (sent) {
        sent->write(result, tables[i]);
      } else {
        call.nulled += write_rows(result, tables[i]);
      }
    }
  }
}

using Tables = std::vector<ops::Table>;

Status run_all(Pipeline& pipeline, const ops::Table& data, const std::vector<Wanted>& wanted,
               Tables& tables) {
  const bool words = !wanted.empty() && !wanted.front().word.empty();
  return (words ? run_words : run_steps)(pipeline, data, wanted, tables);
}

// Plans the ops that the steps come to, going by the first rows: how many a filter keeps is known
// by no other means.
Status explain(OperationCall& call, const ops::Table& data, const std::vector<Wanted>& wanted,
               const ops::EvaluateOptions& options) {
  const ops::Table sample = ops::first_rows(data, kSampleRows);
  const double scale = sample.rows() == 0
                           ? 1
                           : static_cast<double>(data.rows()) / static_cast<double>(sample.rows());
  ops::PlanRunner run(call.context, call.options.run, scale, call.plans);
  run.set_reserve([&](std::size_t bytes) { return call.reserve(bytes); });
  Pipeline pipeline(run, options);
  Tables tables;
  WEIR_TRY(run_all(pipeline, sample, wanted, tables));
  call.planned = true;
  return Status::ok();
}

Result<ops::EvaluateOptions> read_evaluation(const Params& params) {
  const Result<std::string> errors = params.choice_or({"errors"}, "fail|null", "fail");
  if (!errors) return fail(errors.error());
  return ops::EvaluateOptions{.errors_are_null = errors->compare("null") == 0};
}

Status run(OperationCall& call, JsonWriter& result) {
  const auto given = call.params.find({"data"});
  if (!given) {
    return invalid_argument("field_missing", "the parameter data is missing").at("data");
  }
  const auto reserve = [&](std::size_t bytes) { return call.reserve(bytes); };
  WEIR_ASSIGN(const std::vector<Wanted> wanted, read_operations(call.params));
  const bool words = !wanted.empty() && !wanted.front().word.empty();
  std::optional<SentRows> sent;
  simdjson::dom::array rows;
  if (words && given->get_array().get(rows) == simdjson::SUCCESS) {
    sent.emplace().rows.assign(rows.begin(), rows.end());
  }
  WEIR_ASSIGN(const ops::Table data,
              sent ? SentRows::read(rows, reserve) : read_table(*given, "data", 0, reserve));
  WEIR_ASSIGN(const ops::EvaluateOptions options, read_evaluation(call.params));
  if (call.options.explain) return explain(call, data, wanted, options);
  ops::ExecuteRunner run(call.context, call.options.run, call.reports);
  run.set_reserve(reserve);
  Pipeline pipeline(run, options);
  Tables tables;
  WEIR_TRY(run_all(pipeline, data, wanted, tables));
  if (pipeline.errors() != 0) {
    call.warnings.push_back(std::to_string(pipeline.errors()) + " values became null");
  }
  if (words) {
    write_words(call, result, wanted, tables, sent);
  } else {
    result.begin_object().key("rows");
    call.nulled += write_rows(result, tables.front());
  }
  write_steps(result, pipeline.reports());
  result.end_object();
  return Status::ok();
}

// Whether a step says of a row what it says whatever rows follow. A limit does so with a count.
bool goes_by_row(const ops::Step& step) {
  return std::holds_alternative<ops::FilterStep>(step) ||
         std::holds_alternative<ops::MapStep>(step) ||
         std::holds_alternative<ops::SelectStep>(step) ||
         std::holds_alternative<ops::LimitStep>(step) ||
         std::holds_alternative<ops::JoinStep>(step);
}

// Rows as they come: the steps that go by row run chunk by chunk, what they leave is kept for the
// others.
class RowStream final : public OperationStream {
 public:
  static Result<std::unique_ptr<OperationStream>> open(OperationCall& call,
                                                       const StreamLimits& limits) {
    auto stream = std::make_unique<RowStream>(call, limits);
    WEIR_ASSIGN(stream->wanted_, read_operations(call.params));
    WEIR_ASSIGN(stream->options_, read_evaluation(call.params));
    WEIR_TRY(stream->rows_.declare(call.params));
    const auto& wanted = stream->wanted_;
    if (!wanted.empty() && !wanted.front().word.empty()) {
      return fail(invalid_argument("unsupported", "the words go over all rows at once")
                      .at("operations[0]")
                      .hint("give steps: {\"op\":\"filter\",\"where\":\"value > 0.5\"}"));
    }
    const auto whole = std::find_if_not(wanted.begin(), wanted.end(),
                                        [](const Wanted& one) { return goes_by_row(one.step); });
    stream->by_row_ = static_cast<std::size_t>(whole - wanted.begin());
    for (const Wanted& one : wanted) stream->steps_.push_back({ops::step_name(one.step), 0, 0});
    return std::unique_ptr<OperationStream>(std::move(stream));
  }
  RowStream(OperationCall& call, const StreamLimits& limits)
      : call_(call), held_bytes_max_(limits.held_bytes_max) {}

  Status take(simdjson::dom::element line) override {
    if (line.is_array())
      return invalid_argument("field_type", "a row must be an object or a value");
    rows_.add(line);
    return Status::ok();
  }
  std::size_t rows_ready() const override { return rows_.rows(); }
  std::size_t held_bytes() const override { return rows_.held_bytes(); }
  std::size_t kept_bytes() const override { return kept_bytes_; }

  Result<std::size_t> chunk(bool, JsonWriter& result) override {
    const std::size_t rows = rows_.rows();
    if (rows == 0 && rows_.taken() != 0) return rows;
    WEIR_ASSIGN(ops::Table table, rows_.take());
    if (call_.options.explain) {
      WEIR_TRY(explain(call_, table, wanted_, options_));
      return rows;
    }
    for (std::size_t i = 0; i < by_row_; ++i) {
      WEIR_ASSIGN(table, apply(table, i));
    }
    if (by_row_ == wanted_.size()) {
      result.begin_object().key("rows");
      call_.nulled += write_rows(result, table);
    } else {
      WEIR_TRY(keep(std::move(table)));
      result.begin_object().key("kept").u64(kept_rows_);
    }
    result.end_object();
    return rows;
  }

  Status finish(JsonWriter& result) override {
    result.begin_object();
    if (by_row_ != wanted_.size()) {
      WEIR_ASSIGN(ops::Table table, stacked(kept_));
      kept_.clear();
      for (std::size_t i = by_row_; i < wanted_.size(); ++i) {
        WEIR_ASSIGN(table, apply(table, i));
      }
      result.key("rows");
      call_.nulled += write_rows(result, table);
    }
    write_steps(result, steps_);
    result.end_object();
    if (errors_ != 0) call_.warnings.push_back(std::to_string(errors_) + " values became null");
    return Status::ok();
  }

 private:
  Result<ops::Table> apply(const ops::Table& table, std::size_t i) {
    ops::ExecuteRunner run(call_.context, call_.options.run, call_.reports);
    run.set_reserve([&](std::size_t bytes) { return call_.reserve(bytes); });
    Pipeline pipeline(run, options_);
    WEIR_ASSIGN(ops::Table next, pipeline.apply(table, wanted_[i].step, place(i)));
    errors_ += pipeline.errors();
    steps_[i].rows_in += table.rows();
    steps_[i].rows_out += next.rows();
    if (auto* limit = std::get_if<ops::LimitStep>(&wanted_[i].step)) {
      // The next chunk goes on where this one ended.
      limit->offset -= std::min(limit->offset, table.rows());
      limit->k -= next.rows();
    }
    return next;
  }
  Status keep(ops::Table table) {
    kept_bytes_ += table_bytes(table);
    kept_rows_ += table.rows();
    if (kept_bytes_ > held_bytes_max_) {
      return held_too_much(ops::step_name(wanted_[by_row_].step), held_bytes_max_);
    }
    kept_.push_back(std::move(table));
    return Status::ok();
  }

  OperationCall& call_;
  const std::size_t held_bytes_max_;
  std::vector<Wanted> wanted_;
  ops::EvaluateOptions options_;
  std::size_t by_row_ = 0;  // steps in front that go by row
  RowPieces rows_;
  std::vector<ops::Table> kept_;
  std::size_t kept_bytes_ = 0;
  std::uint64_t kept_rows_ = 0;
  std::uint64_t errors_ = 0;
  std::vector<ops::StepReport> steps_;
};

}  // namespace

extern const Operation kDataProcessing = {"data_processing",
                                          "steps over rows",
                                          kParameters,
                                          kExample,
                                          kOps,
                                          run,
                                          {"a row: an object, or a plain value", RowStream::open}};

}  // namespace weir::server
