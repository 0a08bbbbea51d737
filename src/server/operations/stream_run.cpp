#include "server/operations/stream_run.hpp"

#include <algorithm>
#include <utility>

#include "server/operations/envelope.hpp"
#include "server/operations/within_memory.hpp"

namespace weir::server {
namespace {

constexpr std::size_t kWarningsMax = 100;
constexpr std::size_t kReportsMax = 64;  // of ops that run as lines come

bool blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

Status first_line_wrong(std::string message) {
  return invalid_argument("first_line", std::move(message))
      .at_line(1)
      .hint(R"(begin with {"params":{...},"options":{...}}, then a row a line)");
}

// What "params" and "options" of a first line say.
struct FirstLine {
  ParamsText text;
  Params params;
  OperationOptions options;
};

Result<FirstLine> read_first(std::string_view line, const Clock& clock, ops::Fallback fallback) {
  if (blank(line)) return fail(first_line_wrong("the first line is empty"));
  auto text = ParamsText::parse(line);
  if (!text) return fail(first_line_wrong("the first line is no JSON object"));
  const auto params = text->root().object("params");
  if (!params) return fail(Status(params.error()).at_line(1));
  if (!*params) return fail(first_line_wrong("the first line has no \"params\""));
  auto options = read_options(text->root(), clock, fallback);
  if (!options) return fail(Status(options.error()).at_line(1));
  if (options->compare) {
    return fail(not_streamed("options.compare", "a stream runs once, on one backend").at_line(1));
  }
  return FirstLine{std::move(*text), **params, *options};
}

void add_report(ops::Report& to, const ops::Report& from) {
  to.rows_in += from.rows_in;
  to.rows_out += from.rows_out;
  to.bytes += from.bytes;
  to.flops += from.flops;
  to.bytes_up += from.bytes_up;
  to.bytes_down += from.bytes_down;
  to.bytes_spilled += from.bytes_spilled;
  to.chunks += from.chunks;
  to.attempts += from.attempts;
  to.seconds += from.seconds;
  to.predicted_seconds += from.predicted_seconds;
  to.cpu_seconds += from.cpu_seconds;
}

}  // namespace

Result<const Operation*> find_streamed(std::string_view name) {
  const Operation* operation = find_operation(name);
  if (operation == nullptr) return fail(operation_unknown(name));
  if (operation->stream.open != nullptr) return operation;
  std::string those;
  for (const Operation* one : operations()) {
    if (one->stream.open == nullptr) continue;
    those += (those.empty() ? "" : ", ") + std::string(one->name);
  }
  return fail(invalid_argument("unsupported", std::string(name) + " needs all of its input at once")
                  .at("name")
                  .hint("these take a stream: " + those));
}

StreamRun::StreamRun(OperationService& service, ParamsText text, Params params,
                     OperationOptions options, std::string_view request_id)
    : context_(service.context()),
      limits_(service.limits().stream),
      params_text_(std::move(text)),
      request_id_(request_id),
      call_{service.context(), params, options} {
  call_.host_memory = service.limits().host_memory;
  call_.measured = service.limits().measured;
}

Result<std::unique_ptr<StreamRun>> StreamRun::open(OperationService& service, std::string_view name,
                                                   std::string_view first_line,
                                                   std::string_view request_id,
                                                   const std::atomic<bool>* cancel) {
  WEIR_ASSIGN(const Operation* const operation, find_streamed(name));
  WEIR_ASSIGN(FirstLine first,
              read_first(first_line, service.context().clock(), service.limits().fallback));
  first.options.run.cancel = cancel;
  std::unique_ptr<StreamRun> run(
      new StreamRun(service, std::move(first.text), first.params, first.options, request_id));
  if (const Status known = service.known_members(*operation).check(run->call_.params);
      !known.is_ok()) {
    return fail(Status(known).at_line(1));
  }
  auto stream = within_memory(first_line.size(),
                              [&] { return operation->stream.open(run->call_, run->limits_); });
  if (!stream) return fail(Status(stream.error()).at_line(1));
  run->stream_ = std::move(*stream);
  return run;
}

std::size_t StreamRun::held_bytes() const {
  const std::size_t rows = stream_ == nullptr ? 0 : stream_->held_bytes() + stream_->kept_bytes();
  return text_.capacity() + rows;
}

bool StreamRun::chunk_due() const {
  const std::size_t ready = stream_->rows_ready();
  return ready != 0 && (ready >= limits_.chunk_rows ||
                        stream_->held_bytes() >= limits_.chunk_bytes || call_.options.explain);
}

Status StreamRun::take_line(std::string_view line) {
  ++line_;
  if (blank(line)) return Status::ok();
  simdjson::dom::element value;
  const auto error = parser_.parse(line.data(), line.size()).get(value);
  if (error != simdjson::SUCCESS) {
    return invalid_argument("json_shape",
                            std::string("the line is not JSON: ") + simdjson::error_message(error))
        .at_line(line_);
  }
  if (const Status taken = stream_->take(value); !taken.is_ok()) {
    return Status(taken).at_line(line_);
  }
  if (call_.reports.size() >= kReportsMax) merge_reports();
  return Status::ok();
}

// Takes lines; true once a chunk is due.
Result<bool> StreamRun::take_lines(bool ended) {
  while (!chunk_due()) {
    const std::size_t end = text_.find('\n', std::max(begin_, searched_));
    searched_ = end == std::string::npos ? text_.size() : end + 1;
    const std::size_t size = std::min(end, text_.size()) - begin_;
    if (size > limits_.line_bytes_max) {
      return fail(out_of_range("line_too_long", "the line is longer than " +
                                                    std::to_string(limits_.line_bytes_max) +
                                                    " bytes")
                      .at_line(line_ + 1)
                      .hint("send one row a line"));
    }
    const bool whole = end != std::string::npos || (ended && size != 0);
    if (!whole) {
      text_.erase(0, std::exchange(begin_, 0));
      searched_ = text_.size();
      return false;
    }
    WEIR_TRY(take_line(std::string_view(text_).substr(begin_, size)));
    begin_ = std::min(text_.size(), begin_ + size + 1);
  }
  return true;
}

void StreamRun::merge_reports() {
  for (const ops::Report& report : call_.reports) {
    const auto same = std::find_if(merged_.begin(), merged_.end(), [&](const ops::Report& one) {
      return one.op == report.op && one.backend == report.backend && one.reason == report.reason;
    });
    if (same == merged_.end()) {
      merged_.push_back(report);
    } else {
      add_report(*same, report);
    }
  }
  call_.reports.clear();
  call_.reserved.clear();  // for the answer of a chunk
  auto& warnings = call_.warnings;
  std::sort(warnings.begin(), warnings.end());
  warnings.erase(std::unique(warnings.begin(), warnings.end()), warnings.end());
  if (warnings.size() > kWarningsMax) warnings.resize(kWarningsMax);
}

Status StreamRun::answer_chunk(bool last, std::string& out) {
  std::string result;
  JsonWriter json(result);
  WEIR_ASSIGN(const std::size_t rows, stream_->chunk(last, json));
  merge_reports();
  if (call_.planned || result.empty()) return Status::ok();
  JsonWriter line(out);
  line.begin_object().key("chunk").u64(chunks_++).key("rows").u64(rows);
  line.key("result").raw(result).end_object();
  out += '\n';
  return Status::ok();
}

Status StreamRun::answer_end(std::string& out) {
  std::string result;
  JsonWriter json(result);
  WEIR_TRY(stream_->finish(json));
  merge_reports();
  if (call_.planned) return Status::ok();
  call_.reports = merged_;
  call_.warn_nulled();
  out += envelope_json(call_, result, total_seconds(merged_), std::nullopt, request_id_) + '\n';
  finished_ = true;
  return Status::ok();
}

void StreamRun::plan_only(std::string& out) {
  out += plan_json(call_, request_id_) + '\n';
  finished_ = true;
}

void StreamRun::fail_with(const Status& status, std::string& out) {
  out += failure_json(status, request_id_) + '\n';
  code_ = status.code();
  finished_ = true;
  stream_.reset();
  text_ = {};
}

bool StreamRun::step(bool ended, std::string& out) {
  if (finished_) return false;
  const ops::RunOptions& run = call_.options.run;
  const auto work = [&]() -> Result<bool> {
    WEIR_TRY(ops::TaskWatch(run.cancel, run.deadline, context_.clock()).why());
    WEIR_ASSIGN(const bool due, take_lines(ended));
    if (!due && !ended) return false;
    WEIR_TRY(answer_chunk(!due, out));
    if (!due && !call_.planned) WEIR_TRY(answer_end(out));
    if (call_.planned) plan_only(out);
    return !finished_;
  };
  const auto more = within_memory(text_.size(), work);
  if (more) return *more;
  fail_with(more.error(), out);
  return false;
}

}  // namespace weir::server
