#include "server/ingest/preview.hpp"

#include <utility>

#include "base/decimal.hpp"
#include "base/json.hpp"
#include "base/time_text.hpp"
#include "wire/csv/csv_source.hpp"

namespace weir::server {
namespace {

// Returns the text behind an entity word of a batch that is not yet resolved.
std::string word_text(const wire::EventBatch& batch, std::uint64_t word) {
  const wire::EntityId id{word};
  switch (id.tag()) {
    case wire::EntityId::kAbsent:
      return {};
    case wire::EntityId::kNumber:
      return std::to_string(id.value());
    case wire::EntityId::kPending:
      return std::string(batch.text(id.value()));
    case wire::EntityId::kInterned:
      return "#" + std::to_string(id.value());
  }
  return {};
}

void write_event(JsonWriter& json, const wire::EventBatch& batch, const wire::Event& event) {
  const Bytes side = Bytes(batch.side).subspan(event.side_off, event.side_len);
  json.begin_object().key("id").string(wire::event_id_text(event, side));
  json.key("time").string(format_time(event.time_us));
  json.key("type").string(wire::event_type_name(event.event_type()));
  json.key("amount").string(format_decimal(event.amount, event.exponent));
  json.key("currency").u64(event.currency);
  json.key("debtor").string(word_text(batch, event.debtor));
  json.key("creditor").string(word_text(batch, event.creditor)).end_object();
}

void write_error(JsonWriter& json, const UploadError& error) {
  json.begin_object().key("line").u64(error.line).key("column").string(error.field);
  json.key("code").string(error.code).key("message").string(error.message).end_object();
}

std::string_view format_name(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  if (body.starts_with("WEIR")) return "frames";
  if (first != std::string_view::npos && (body[first] == '{' || body[first] == '[')) return "json";
  return "csv";
}

// Returns the mapping a CSV's header leads to, as TOML.
Result<std::string> mapping_text(std::string_view body, const UploadOptions& options) {
  wire::CsvOptions csv;
  csv.preset = options.preset;
  if (!options.mapping.empty()) {
    WEIR_ASSIGN(csv.mapping, wire::parse_mapping(options.mapping));
  }
  WEIR_ASSIGN(wire::StoredBytes stored,
              wire::StoredBytes::from(wire::memory_stream(as_bytes(body))));
  WEIR_ASSIGN(const auto source, wire::CsvSource::from(std::move(stored), std::move(csv), nullptr));
  return wire::print_mapping(source->mapping());
}

// Cuts what may be half a line.
std::string_view whole_lines(std::string_view body) {
  if (body.size() > kPreviewBytes) body = body.substr(0, kPreviewBytes);
  const std::size_t end = body.rfind('\n');
  const bool cut = end != std::string_view::npos && body.size() >= kPreviewBytes;
  return cut ? body.substr(0, end + 1) : body;
}

}  // namespace

Result<std::string> preview_json(std::string_view body, const UploadOptions& options) {
  body = whole_lines(body);
  if (body.empty()) return fail(invalid_argument("body_empty", "the body holds no line"));
  const std::string_view format = format_name(body);
  std::string mapping;
  if (format == "csv") {
    WEIR_ASSIGN(mapping, mapping_text(body, options));
  }
  UploadOptions wanted = options;
  wanted.batch_events = kPreviewEvents;
  WEIR_ASSIGN(const auto reader, open_upload(wire::memory_stream(as_bytes(body)), wanted));
  UploadPiece piece;
  const auto read = reader->next(piece);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("format").string(format).key("mapping").string(mapping);
  json.key("events").begin_array();
  for (std::size_t i = 0; i < std::min(piece.batch.size(), kPreviewEvents); ++i)
    write_event(json, piece.batch, piece.batch.events[i]);
  json.end_array().key("problems").begin_array();
  for (const UploadError& error : piece.errors) write_error(json, error);
  if (!read) {
    const Status::Error& error = read.error().error();
    write_error(json, {error.line, error.field, error.reason, error.message});
  }
  json.end_array().end_object();
  return out;
}

}  // namespace weir::server
