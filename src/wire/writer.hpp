// EventWriter: events into bytes that Weir reads back: CSV, JSON lines, or native frames.
//
//   auto writer = make_event_writer(EventFormat::kNdjson, {.dictionary = &dictionary});
//   std::string out;
//   writer->begin(out);                 // the header, where the format has one
//   WEIR_TRY(writer->write(batch, out));
//
// The names of the CSV's columns are ones that the header guess knows: no mapping is needed to read
// it. CSV and JSON say parties as text. An account is its id; where a column or member cannot say
// another kind, the text is `KIND/ID` and reads back as an account of that name.
// A number that stands for a text which no dictionary knows (a channel) is written as its digits.
// Side payloads travel in frames, and in JSON as memo, names and attributes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "wire/batch.hpp"
#include "wire/dictionary.hpp"
#include "wire/frame.hpp"

namespace weir::wire {

enum class EventFormat : std::uint8_t { kCsv, kNdjson, kFrames };
// Parses "csv", "ndjson" or "frames". Errors: invalid_argument/format_unknown.
Result<EventFormat> parse_event_format(std::string_view name);

struct EventWriterOptions {
  const Dictionary* dictionary = nullptr;  // of interned texts; must outlive the writer
  // CSV names its party columns by these kinds: customer_id, terminal_id, else debtor, creditor.
  EntityKind debtor = EntityKind::kAccount;
  EntityKind creditor = EntityKind::kAccount;
  Codec codec = Codec::kNone;     // frames
  std::uint64_t producer_id = 0;  // frames
};

// Not thread-safe; a warm writer allocates only to grow `out`.
class EventWriter {
 public:
  virtual ~EventWriter() = default;
  // Appends what stands before the first event.
  virtual void begin(std::string& out) = 0;
  // Appends the events of a batch in order. Errors: frames refuse texts that have no number yet
  // (failed_precondition/text_pending) and payloads above their limit (out_of_range/frame_size).
  virtual Status write(const EventBatch& batch, std::string& out) = 0;
};

std::unique_ptr<EventWriter> make_event_writer(EventFormat format,
                                               const EventWriterOptions& options);

}  // namespace weir::wire
