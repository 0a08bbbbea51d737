// CsvSource: a CSV file, plain or compressed, as a stream of events.
//
//   MemoryRejects rejects;
//   WEIR_ASSIGN(auto source, CsvSource::open("transactions.csv.gz", {}, &rejects));
//   print(print_mapping(source->mapping()));
//   EventBatch batch;
//   while (true) {
//     WEIR_ASSIGN(const std::size_t read, source->read(batch, 8192));
//     if (read == 0) break;
//   }
//
// The same file gives byte-identical batches on every run and for every chunk size.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wire/byte_stream.hpp"
#include "wire/csv/converter.hpp"
#include "wire/csv/mapping.hpp"
#include "wire/csv/tokenizer.hpp"
#include "wire/reject.hpp"
#include "wire/source.hpp"

namespace weir::wire {

inline constexpr std::size_t kCsvLineMax = std::size_t{1} << 20;

// Where an import stands: behind the last row of the last batch read.
struct ImportCheckpoint {
  FileFingerprint file;
  std::uint64_t offset = 0;    // bytes of plain text
  std::uint64_t row = 0;       // rows read, refused ones included
  std::uint64_t line = 0;      // physical lines read, the header included
  std::uint64_t rejected = 0;  // rows refused
  bool operator==(const ImportCheckpoint&) const = default;
};
void write_checkpoint(const ImportCheckpoint& checkpoint, ByteWriter& out);  // 72 bytes
// Errors: data_loss/checkpoint_cut.
Result<ImportCheckpoint> read_checkpoint(ByteReader& in);

struct CsvOptions {
  std::string preset;              // empty: from the header
  std::optional<Mapping> mapping;  // --map; wins over preset
  char delimiter = 0;              // 0: the mapping's, else sniffed
  char decimal_point = 0;          // --decimal
  std::optional<TimeRule> time;    // --tz, --step, --start: members that are not zero win
  bool keep_leaky = false;
  bool keep_personal = false;
  TextIds ids;
  std::uint64_t rejects_max = 100;  // --max-errors: one more stops the import
  std::size_t chunk_bytes = std::size_t{1} << 20;
  std::optional<ImportCheckpoint> resume;
};

class CsvSource final : public EventSource {
 public:
  // `rejects` may be null and must outlive the source. Errors: errno; not_found/preset_unknown;
  // invalid_argument with header_unknown, mapping, date_ambiguous, date_format;
  // failed_precondition/ file_changed if the file is not the one of the checkpoint.
  static Result<std::unique_ptr<CsvSource>> open(const std::string& path, CsvOptions options,
                                                 RejectSink* rejects);
  static Result<std::unique_ptr<CsvSource>> from(StoredBytes stored, CsvOptions options,
                                                 RejectSink* rejects);

  // Refused rows go to the sink and are left out. Errors: those of the stream; after more than
  // rejects_max refused rows invalid_argument/too_many_rejects, once what came before has been
  // returned.
  Result<std::size_t> read(EventBatch& batch, std::size_t events_max) override;

  const Mapping& mapping() const { return mapping_; }
  const std::vector<std::string>& header() const { return header_; }
  // Returns where the last read() ended: what a block stores so that the import can go on behind
  // it.
  ImportCheckpoint checkpoint() const;

 private:
  CsvSource(StoredBytes stored, CsvOptions options, RejectSink* rejects);
  Status start();
  Status read_head();
  Status take_header();
  Status choose_mapping();
  Status decide_formats();
  Status skip_to(const ImportCheckpoint& checkpoint);
  Status fill(std::size_t wanted);
  void point_tokenizer();
  void take_row(EventBatch& batch);
  void consume(std::size_t size);
  void refuse_line();
  Status drop();
  void refuse(const RowProblem& problem, std::string_view value, Bytes line);
  Bytes window(std::size_t begin, std::size_t end) const {
    return Bytes(buffer_).subspan(begin_ + begin, end - begin);
  }

  CsvOptions options_;
  RejectSink* rejects_;
  FileFingerprint file_;
  std::unique_ptr<ByteStream> stream_;
  Mapping mapping_;
  std::vector<std::string> header_;
  std::optional<RowConverter> converter_;
  Tokenizer tokenizer_{','};

  std::vector<std::uint8_t> buffer_;  // [begin_, end_) is the window, kSlack readable behind it
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool ended_ = false;
  std::uint64_t window_offset_ = 0;  // of begin_ in the plain text
  std::uint64_t row_ = 0;
  std::uint64_t line_ = 0;
  std::uint64_t rejected_ = 0;
  bool dropping_ = false;  // inside a line that is too long
  RowProblem problem_;
};

// Returns the delimiter of a text's first lines: the candidate that gives most lines the header's
// number of fields, at least two; `,` if none does.
char sniff_delimiter(Bytes text);

}  // namespace weir::wire
