// The readers of uploads: JSON lines, CSV and frames.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/check.hpp"
#include "server/ingest/frame_batch.hpp"
#include "server/ingest/upload.hpp"
#include "wire/csv/csv_source.hpp"
#include "wire/frame.hpp"
#include "wire/ndjson.hpp"

namespace weir::server {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;

// Reads until `out` is full or the stream ends; returns how much.
Result<std::size_t> read_full(wire::ByteStream& from, std::span<std::uint8_t> out) {
  std::size_t got = 0;
  while (got < out.size()) {
    WEIR_ASSIGN(const std::size_t read, from.read(out.subspan(got)));
    if (read == 0) break;
    got += read;
  }
  return got;
}

// Puts bytes already read in front of the rest.
class Prefixed final : public wire::ByteStream {
 public:
  Prefixed(std::vector<std::uint8_t> front, std::unique_ptr<wire::ByteStream> rest)
      : front_(std::move(front)), rest_(std::move(rest)) {}
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    if (at_ == front_.size()) return rest_->read(out);
    const std::size_t size = std::min(out.size(), front_.size() - at_);
    std::memcpy(out.data(), front_.data() + at_, size);
    at_ += size;
    return size;
  }

 private:
  std::vector<std::uint8_t> front_;
  std::size_t at_ = 0;
  std::unique_ptr<wire::ByteStream> rest_;
};

// Objects on lines of their own, a mebibyte at a time; one array must fit a chunk.
class JsonUpload final : public UploadReader {
 public:
  JsonUpload(std::unique_ptr<wire::ByteStream> bytes, const UploadOptions& options)
      : bytes_(std::move(bytes)), options_(options) {}

  Result<bool> next(UploadPiece& piece) override {
    const std::size_t kept = buffer_.size();
    buffer_.resize(kept + kChunk);
    auto read = read_full(*bytes_, std::span(buffer_).subspan(kept));
    buffer_.resize(kept + (read ? *read : 0));
    if (!read) return fail(read.error());
    const bool last = *read < kChunk;
    std::size_t end = buffer_.size();
    if (!last) {
      while (end != 0 && buffer_[end - 1] != '\n') --end;
      if (end == 0) return fail(line_too_long());
    }
    WEIR_TRY(take({reinterpret_cast<const char*>(buffer_.data()), end}, piece));
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(end));
    return !last;
  }

 private:
  Status line_too_long() const {
    return refusal_line(wire::Refusal::kLineTooLong)
        .at_line(lines_ + 1)
        .hint("send one object a line, not one large array");
  }
  static Status refusal_line(wire::Refusal refusal) {
    return out_of_range(wire::refusal_name(refusal), "a line is longer than 1 MiB");
  }
  Status take(std::string_view text, UploadPiece& piece) {
    // Ids of events without one depend on the first line of their chunk, so they repeat when the
    // same body is sent again with the same key.
    wire::NdjsonReader reader(
        {.ids = options_.ids, .id_prefix = options_.id_prefix + "." + std::to_string(lines_)});
    std::vector<wire::JsonItemError> errors;
    const Status status = reader.read(text, piece.batch, errors);
    piece.rejected = errors.size();
    for (wire::JsonItemError& error : errors) {
      if (piece.errors.size() >= options_.errors_max) break;
      piece.errors.push_back({error.line + lines_, std::move(error.field),
                              std::string(wire::refusal_name(error.code)),
                              std::move(error.message)});
    }
    lines_ += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
    return status;
  }

  std::unique_ptr<wire::ByteStream> bytes_;
  const UploadOptions& options_;
  std::vector<std::uint8_t> buffer_;  // the beginning of a line whose end is still to come
  std::uint64_t lines_ = 0;           // before buffer_
};

// Keeps the first problems of a CSV and counts all.
class CsvRejects final : public wire::RejectSink {
 public:
  explicit CsvRejects(std::size_t errors_max) : errors_max_(errors_max) {}
  void reject(const wire::RejectReport& report, Bytes) override {
    ++count_;
    if (errors_.size() >= errors_max_) return;
    std::string message = report.message;
    if (!report.value.empty()) message += ": '" + report.value + "'";
    errors_.push_back({report.line, report.column, std::string(wire::refusal_name(report.code)),
                       std::move(message)});
  }
  void continue_line(Bytes) override {}  // the line itself is not kept
  void move_to(UploadPiece& piece) {
    piece.rejected = std::exchange(count_, 0);
    piece.errors = std::exchange(errors_, {});
  }

 private:
  const std::size_t errors_max_;
  std::uint64_t count_ = 0;
  std::vector<UploadError> errors_;
};

class CsvUpload final : public UploadReader {
 public:
  static Result<std::unique_ptr<UploadReader>> open(std::unique_ptr<wire::ByteStream> bytes,
                                                    const UploadOptions& options) {
    auto upload = std::make_unique<CsvUpload>(options);
    wire::CsvOptions csv;
    csv.preset = options.preset;
    csv.ids = options.ids;
    csv.rejects_max = UINT64_MAX - 1;
    if (!options.mapping.empty()) {
      WEIR_ASSIGN(csv.mapping, wire::parse_mapping(options.mapping));
    }
    WEIR_ASSIGN(wire::StoredBytes stored, wire::StoredBytes::from(std::move(bytes)));
    WEIR_ASSIGN(upload->source_,
                wire::CsvSource::from(std::move(stored), std::move(csv), &upload->rejects_));
    return std::unique_ptr<UploadReader>(std::move(upload));
  }
  explicit CsvUpload(const UploadOptions& options)
      : options_(options), rejects_(options.errors_max) {}

  Result<bool> next(UploadPiece& piece) override {
    auto read = source_->read(piece.batch, options_.batch_events);
    rejects_.move_to(piece);
    if (!read) return fail(read.error());
    return *read != 0;
  }

 private:
  const UploadOptions& options_;
  CsvRejects rejects_;
  std::unique_ptr<wire::CsvSource> source_;
};

// A sequence of frames; other kinds than events are ignored.
class FrameUpload final : public UploadReader {
 public:
  FrameUpload(std::unique_ptr<wire::ByteStream> bytes, const UploadOptions& options)
      : bytes_(std::move(bytes)), options_(options) {}

  Result<bool> next(UploadPiece& piece) override {
    while (true) {
      wire::Frame frame;
      WEIR_ASSIGN(const bool found, parser_.next(frame));
      if (found && frame.header.kind == wire::FrameKind::kEvents) {
        take(frame, piece);
        return true;
      }
      if (found) continue;
      const std::span<std::uint8_t> room = parser_.prepare(64 * 1024);
      WEIR_ASSIGN(const std::size_t read, bytes_->read(room));
      if (read != 0) {
        parser_.commit(read);
        continue;
      }
      if (parser_.waiting() == 0) return false;
      return fail(
          invalid_argument("frame_size", "the body ends inside a frame").at("stored_bytes"));
    }
  }

 private:
  void take(const wire::Frame& frame, UploadPiece& piece) {
    FrameBatch taken = take_frame(frame, options_.wall_us);
    for (std::size_t row = 0; row < taken.refusals.size(); ++row) {
      if (taken.refusals[row] == 0) continue;
      ++piece.rejected;
      if (piece.errors.size() >= options_.errors_max) continue;
      piece.errors.push_back(
          {records_ + row + 1,
           {},
           std::string(wire::refusal_name(static_cast<wire::Refusal>(taken.refusals[row]))),
           "record " + to_hex(taken.ids[row])});
    }
    records_ += taken.ids.size();
    piece.batch = std::move(taken.batch);
  }

  std::unique_ptr<wire::ByteStream> bytes_;
  const UploadOptions& options_;
  wire::FrameParser parser_{wire::FrameParser::Options{}};
  std::uint64_t records_ = 0;
};

UploadFormat guess_format(Bytes front) {
  if (front.size() >= 4 && load<std::uint32_t>(front.data()) == wire::kFrameMagic)
    return UploadFormat::kFrames;
  for (const std::uint8_t byte : front) {
    if (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n') continue;
    return byte == '{' || byte == '[' ? UploadFormat::kJson : UploadFormat::kCsv;
  }
  return UploadFormat::kJson;
}

}  // namespace

Result<std::unique_ptr<UploadReader>> open_upload(std::unique_ptr<wire::ByteStream> bytes,
                                                  const UploadOptions& options) {
  UploadFormat format = options.format;
  if (format == UploadFormat::kGuess) {
    std::vector<std::uint8_t> front(256);
    WEIR_ASSIGN(const std::size_t got, read_full(*bytes, front));
    front.resize(got);
    format = guess_format(front);
    bytes = std::make_unique<Prefixed>(std::move(front), std::move(bytes));
  }
  switch (format) {
    case UploadFormat::kCsv:
      return CsvUpload::open(std::move(bytes), options);
    case UploadFormat::kFrames:
      return std::unique_ptr<UploadReader>(
          std::make_unique<FrameUpload>(std::move(bytes), options));
    default:
      return std::unique_ptr<UploadReader>(std::make_unique<JsonUpload>(std::move(bytes), options));
  }
}

}  // namespace weir::server
