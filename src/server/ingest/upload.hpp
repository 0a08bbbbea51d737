// Upload: a body of many events, read, cut into batches and submitted while it arrives; the reply
// counts what became of them.
//
//   UploadSummary summary = run_upload(stream, options, parts);
//   responder.send(json_response(200, upload_json(summary)));
//
// Formats: NDJSON or a JSON array, CSV, frames; each plain, gzip or zstd. The source is read no
// faster than the pass takes batches: a full queue makes the upload wait, never drop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server/service.hpp"
#include "wire/byte_stream.hpp"
#include "wire/reject.hpp"
#include "wire/text_id.hpp"

namespace weir::server {

enum class UploadFormat : std::uint8_t { kGuess, kJson, kCsv, kFrames };

struct UploadOptions {
  UploadFormat format = UploadFormat::kGuess;
  std::string preset;   // CSV: empty means by header
  std::string mapping;  // CSV: a mapping text instead
  Ack ack = Ack::kCommitted;
  std::string id_prefix;  // for events without id
  wire::TextIds ids;
  std::int64_t wall_us = 0;
  std::size_t batch_events = 8192;
  std::size_t batches_in_flight = 4;
  std::size_t errors_max = 100;
};

struct UploadError {
  std::uint64_t line = 0;
  std::string field;
  std::string code;
  std::string message;
};

struct UploadSummary {
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  std::vector<UploadError> errors;  // the first of them
  Status status;                    // why the rest was not read, if it was not
};

// One piece of the source: events and what was wrong beside them.
struct UploadPiece {
  wire::EventBatch batch;
  std::vector<UploadError> errors;
  std::uint64_t rejected = 0;
};

// Yields the events of a source, piece by piece.
class UploadReader {
 public:
  virtual ~UploadReader() = default;
  // Fills the next piece; false at the end.
  virtual Result<bool> next(UploadPiece& piece) = 0;
};

// Recognises the format of a stream of plain bytes by its first ones unless it is given.
Result<std::unique_ptr<UploadReader>> open_upload(std::unique_ptr<wire::ByteStream> bytes,
                                                  const UploadOptions& options);

// Reads and submits all of it. Blocks; for upload threads.
UploadSummary run_upload(std::unique_ptr<wire::ByteStream> stored, const UploadOptions& options,
                         PassService& pass);

// Renders {"accepted","duplicates","rejected","errors":[],"first_seq","last_seq"}.
std::string upload_json(const UploadSummary& summary);

}  // namespace weir::server
