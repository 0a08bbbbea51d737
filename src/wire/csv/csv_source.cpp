#include "wire/csv/csv_source.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "wire/csv/preset.hpp"

namespace weir::wire {
namespace {

constexpr std::size_t kHeadBytes = std::size_t{1} << 20;  // looked at before the first row is read
constexpr std::size_t kSampleRows = 1'000;
constexpr std::size_t kSniffRows = 20;
constexpr std::size_t kValueShown = 200;
constexpr std::size_t kRowAsWhole = ~std::size_t{0};

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void write_checkpoint(const ImportCheckpoint& checkpoint, ByteWriter& out) {
  out.raw(checkpoint.file.head);
  out.u64(checkpoint.file.size);
  out.u64(checkpoint.offset);
  out.u64(checkpoint.row);
  out.u64(checkpoint.line);
  out.u64(checkpoint.rejected);
}

Result<ImportCheckpoint> read_checkpoint(ByteReader& in) {
  ImportCheckpoint checkpoint;
  const Bytes head = in.raw(checkpoint.file.head.size());
  std::copy(head.begin(), head.end(), checkpoint.file.head.begin());
  checkpoint.file.size = in.u64();
  checkpoint.offset = in.u64();
  checkpoint.row = in.u64();
  checkpoint.line = in.u64();
  checkpoint.rejected = in.u64();
  if (!in.ok()) return fail(data_loss("checkpoint_cut", "the import's checkpoint ends early"));
  return checkpoint;
}

char sniff_delimiter(Bytes text) {
  std::vector<std::uint8_t> padded(text.begin(), text.end());
  padded.resize(text.size() + Tokenizer::kSlack);
  char best = ',';
  std::size_t best_score = 0;
  for (const char candidate : {',', ';', '|', '\t'}) {
    Tokenizer tokenizer(candidate);
    tokenizer.reset(padded.data(), text.size(), true);
    std::size_t columns = 0;
    std::size_t agreeing = 0;
    for (std::size_t row = 0; row <= kSniffRows; ++row) {
      if (tokenizer.next() != Tokenizer::Found::kRow) break;
      if (columns == 0) columns = tokenizer.fields().size();
      agreeing += tokenizer.fields().size() == columns ? 1 : 0;
    }
    const std::size_t score =
        columns < 2 ? 0 : agreeing * 1'000 + std::min<std::size_t>(columns, 999);
    if (score > best_score) {
      best = candidate;
      best_score = score;
    }
  }
  return best;
}

CsvSource::CsvSource(StoredBytes stored, CsvOptions options, RejectSink* rejects)
    : options_(std::move(options)),
      rejects_(rejects),
      file_(stored.fingerprint()),
      stream_(std::move(stored).decompress()) {}

Result<std::unique_ptr<CsvSource>> CsvSource::open(const std::string& path, CsvOptions options,
                                                   RejectSink* rejects) {
  WEIR_ASSIGN(StoredBytes stored, StoredBytes::open(path));
  return from(std::move(stored), std::move(options), rejects);
}

Result<std::unique_ptr<CsvSource>> CsvSource::from(StoredBytes stored, CsvOptions options,
                                                   RejectSink* rejects) {
  std::unique_ptr<CsvSource> source(new CsvSource(std::move(stored), std::move(options), rejects));
  WEIR_TRY(source->start());
  return source;
}

// Reads until the window holds `wanted` bytes or the text ends.
Status CsvSource::fill(std::size_t wanted) {
  while (!ended_ && end_ - begin_ < wanted) {
    if (begin_ != 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    const std::size_t room = std::max<std::size_t>(options_.chunk_bytes, 64);
    if (buffer_.size() < end_ + room + Tokenizer::kSlack)
      buffer_.resize(end_ + room + Tokenizer::kSlack);
    WEIR_ASSIGN(const std::size_t got, stream_->read(std::span(buffer_).subspan(end_, room)));
    end_ += got;
    ended_ = got == 0;
  }
  return Status::ok();
}

void CsvSource::point_tokenizer() {
  tokenizer_.reset(buffer_.data() + begin_, end_ - begin_, ended_);
}

Status CsvSource::start() {
  WEIR_TRY(read_head());
  WEIR_TRY(choose_mapping());
  WEIR_TRY(decide_formats());
  WEIR_ASSIGN(converter_, RowConverter::make(mapping_, header_,
                                             {.ids = options_.ids,
                                              .file_head = file_.head,
                                              .keep_leaky = options_.keep_leaky,
                                              .keep_personal = options_.keep_personal}));
  if (options_.resume) WEIR_TRY(skip_to(*options_.resume));
  point_tokenizer();
  return Status::ok();
}

Status CsvSource::read_head() {
  WEIR_TRY(fill(kHeadBytes));
  constexpr std::uint8_t kMark[] = {0xEF, 0xBB, 0xBF};
  if (end_ - begin_ >= 3 && std::equal(kMark, kMark + 3, buffer_.begin())) {
    begin_ += 3;
    window_offset_ += 3;
  }
  char delimiter = options_.delimiter;
  if (delimiter == 0 && options_.mapping) delimiter = options_.mapping->delimiter;
  if (delimiter == 0) delimiter = sniff_delimiter(window(0, std::min(end_ - begin_, kHeadBytes)));
  tokenizer_ = Tokenizer(delimiter);
  mapping_.delimiter = delimiter;
  return take_header();
}

Status CsvSource::take_header() {
  point_tokenizer();
  if (tokenizer_.next() != Tokenizer::Found::kRow)
    return invalid_argument("header_unknown", "the file has no header line within 1 MiB");
  for (const std::string_view name : tokenizer_.fields()) header_.emplace_back(name);
  if (!simdjson::validate_utf8(as_text(window(0, tokenizer_.row_end()))))
    return invalid_argument("encoding", "the header is not UTF-8").at_line(1);
  line_ = tokenizer_.row_lines();
  begin_ += tokenizer_.row_end();
  window_offset_ += tokenizer_.row_end();
  return Status::ok();
}

Status CsvSource::choose_mapping() {
  const char delimiter = mapping_.delimiter;
  if (options_.mapping) {
    mapping_ = *options_.mapping;
  } else if (!options_.preset.empty()) {
    WEIR_ASSIGN(mapping_, preset_mapping(options_.preset, header_));
  } else {
    WEIR_ASSIGN(mapping_, map_header(header_));
  }
  mapping_.delimiter = delimiter;
  if (options_.decimal_point != 0) mapping_.decimal_point = options_.decimal_point;
  if (options_.time) {
    const TimeRule& given = *options_.time;
    if (given.format != TimeFormat::kAuto) mapping_.time.format = given.format;
    if (given.zone_s != 0) mapping_.time.zone_s = given.zone_s;
    if (given.step_us != 0) mapping_.time.step_us = given.step_us;
    if (given.start_us != 0) mapping_.time.start_us = given.start_us;
  }
  return Status::ok();
}

// Looks at the first rows for what the mapping leaves open: the time's format and the decimal mark.
Status CsvSource::decide_formats() {
  const bool open_time = mapping_.time.format == TimeFormat::kAuto;
  const bool open_point = mapping_.decimal_point == 0;
  if (!open_time && !open_point) return Status::ok();
  const auto column_of = [&](Target target) -> Result<std::size_t> {
    const FieldMap& field = mapping_[target];
    if (field.columns.size() != 1) return kRowAsWhole;
    return find_column(header_, field.columns[0]);
  };
  WEIR_ASSIGN(const std::size_t time, column_of(Target::kTime));
  WEIR_ASSIGN(const std::size_t amount, column_of(Target::kAmount));
  TimeFormatGuess guess;
  bool comma = false;
  Tokenizer sample = tokenizer_;
  sample.reset(buffer_.data() + begin_, std::min(end_ - begin_, kHeadBytes), ended_);
  for (std::size_t row = 0; row < kSampleRows && sample.next() == Tokenizer::Found::kRow; ++row) {
    const auto& fields = sample.fields();
    if (fields.size() != header_.size()) continue;
    if (time != kRowAsWhole) guess.see(fields[time]);
    if (amount != kRowAsWhole) comma = comma || fields[amount].find(',') != std::string_view::npos;
  }
  if (open_point) mapping_.decimal_point = comma && mapping_.delimiter == ';' ? ',' : '.';
  if (open_time) {
    auto format = guess.decide(mapping_.time.step_us != 0);
    if (!format) return std::move(format.error()).at(target_name(Target::kTime));
    mapping_.time.format = *format;
  }
  return Status::ok();
}

Status CsvSource::skip_to(const ImportCheckpoint& checkpoint) {
  if (!(checkpoint.file == file_))
    return failed_precondition("file_changed", "the file is not the one whose import began")
        .hint("import it as a new file, without --resume");
  if (checkpoint.offset < window_offset_)
    return data_loss("checkpoint_cut", "the checkpoint lies before the first row");
  while (window_offset_ != checkpoint.offset) {
    WEIR_TRY(fill(1));
    const std::uint64_t step =
        std::min<std::uint64_t>(end_ - begin_, checkpoint.offset - window_offset_);
    if (step == 0)
      return failed_precondition("file_changed", "the file ends before the checkpoint");
    begin_ += step;
    window_offset_ += step;
  }
  row_ = checkpoint.row;
  line_ = checkpoint.line;
  rejected_ = checkpoint.rejected;
  return Status::ok();
}

ImportCheckpoint CsvSource::checkpoint() const {
  return {file_, window_offset_ + tokenizer_.position(), row_, line_, rejected_};
}

void CsvSource::refuse(const RowProblem& problem, std::string_view value, Bytes line) {
  ++rejected_;
  if (rejects_ == nullptr) return;
  RejectReport report;
  report.line = line_ + 1;
  if (problem.column < header_.size()) report.column = header_[problem.column];
  report.code = problem.code;
  report.value = value.substr(0, kValueShown);
  report.message = problem.message;
  rejects_->reject(report, line);
}

// Moves the window to the first row that is not read yet.
void CsvSource::consume(std::size_t size) {
  begin_ += size;
  window_offset_ += size;
}

// Converts the row the tokenizer holds.
void CsvSource::take_row(EventBatch& batch) {
  const Bytes line = window(tokenizer_.row_begin(), tokenizer_.row_end());
  if (!tokenizer_.row_is_blank()) {
    ++row_;
    const auto& fields = tokenizer_.fields();
    if (!tokenizer_.row_is_ascii() && !simdjson::validate_utf8(as_text(line))) {
      problem_ = {Refusal::kEncoding, kRowAsWhole, "not UTF-8"};
      refuse(problem_, {}, line);
    } else if (!converter_->convert(fields, row_, line_ + 1, batch, problem_)) {
      refuse(problem_,
             problem_.column < fields.size() ? fields[problem_.column] : std::string_view{}, line);
    }
  }
  line_ += tokenizer_.row_lines();
}

// Refuses the physical line at the tokenizer's position: the row that starts there is longer than 1
// MiB or never ends, because of a quote that is not closed or because the line itself is so long.
// What follows the line feed is read as rows again.
void CsvSource::refuse_line() {
  consume(tokenizer_.position());
  const Bytes rest = window(0, end_ - begin_);
  const void* feed = std::memchr(rest.data(), '\n', rest.size());
  std::size_t size = rest.size();
  if (feed != nullptr)
    size = static_cast<std::size_t>(static_cast<const std::uint8_t*>(feed) - rest.data()) + 1;
  ++row_;
  problem_ = {Refusal::kLineTooLong, kRowAsWhole,
              size <= kCsvLineMax ? "a quote is not closed within 1 MiB" : "longer than 1 MiB"};
  refuse(problem_, {}, rest.first(size));
  dropping_ = feed == nullptr && !ended_;
  if (!dropping_) ++line_;
  consume(size);
  point_tokenizer();
}

// Passes the rest of a line that is too long to the sink, as it comes.
Status CsvSource::drop() {
  WEIR_TRY(fill(1));
  const Bytes rest = window(0, end_ - begin_);
  const void* feed = rest.empty() ? nullptr : std::memchr(rest.data(), '\n', rest.size());
  std::size_t size = rest.size();
  if (feed != nullptr)
    size = static_cast<std::size_t>(static_cast<const std::uint8_t*>(feed) - rest.data()) + 1;
  if (rejects_ != nullptr) rejects_->continue_line(rest.first(size));
  consume(size);
  dropping_ = feed == nullptr && !ended_;
  if (!dropping_) ++line_;
  point_tokenizer();
  return Status::ok();
}

Result<std::size_t> CsvSource::read(EventBatch& batch, std::size_t events_max) {
  batch.clear();
  while (dropping_ || (batch.size() < events_max && rejected_ <= options_.rejects_max)) {
    if (dropping_) {
      WEIR_TRY(drop());
      continue;
    }
    const Tokenizer::Found found = tokenizer_.next();
    if (found == Tokenizer::Found::kRow) {
      if (tokenizer_.row_end() - tokenizer_.row_begin() <= kCsvLineMax) {
        take_row(batch);
      } else {
        tokenizer_.seek(tokenizer_.row_begin());
        refuse_line();
      }
      continue;
    }
    const std::size_t left = end_ - begin_ - tokenizer_.position();
    if (found == Tokenizer::Found::kUnclosed || left > kCsvLineMax) {
      refuse_line();
      continue;
    }
    if (ended_) break;
    consume(tokenizer_.position());
    WEIR_TRY(fill(left + 1));
    point_tokenizer();
  }
  if (batch.size() == 0 && rejected_ > options_.rejects_max)
    return fail(invalid_argument("too_many_rejects", std::to_string(rejected_) +
                                                         " rows were refused, the limit is " +
                                                         std::to_string(options_.rejects_max))
                    .at_line(line_)
                    .hint("correct the file or the mapping, or raise --max-errors"));
  return batch.size();
}

}  // namespace weir::wire
