#include "main/import_place.hpp"

#include <optional>

#include "gate/control.hpp"
#include "ledger/control.hpp"
#include "wire/byte_stream.hpp"

namespace weir::main {
namespace {

constexpr std::string_view kMark = "csv:";

struct Place {
  wire::ImportCheckpoint at;
  std::string name;
};

std::optional<Place> parse_place(Bytes payload) {
  const auto control = gate::decode_checkpoint(payload);
  if (!control || !control->source.starts_with(kMark)) return std::nullopt;
  const Bytes bytes = as_bytes(std::string_view(control->source).substr(kMark.size()));
  ByteReader in(bytes);
  const auto at = wire::read_checkpoint(in);
  if (!at) return std::nullopt;
  Place place{*at, std::string(in.text())};
  if (!in.ok()) return std::nullopt;
  return place;
}

}  // namespace

gate::CheckpointControl import_checkpoint(const wire::ImportCheckpoint& place,
                                          const std::string& name) {
  ByteWriter out;
  wire::write_checkpoint(place, out);
  out.text(name);
  gate::CheckpointControl control;
  control.source = kMark;
  control.source.append(out.buffer().begin(), out.buffer().end());
  return control;
}

Result<wire::ImportCheckpoint> find_import_place(const gate::Gate& gate, const std::string& path,
                                                 const std::string& name) {
  WEIR_ASSIGN(const wire::StoredBytes stored, wire::StoredBytes::open(path));
  const ledger::BlockLog* log = gate.log();
  ledger::Block block;
  for (ledger::Height height = log == nullptr ? 0 : log->durable_height(); height > 0; --height) {
    WEIR_TRY(log->read(height, block));
    ledger::ControlReader controls(block.view().control());
    while (const auto record = controls.next()) {
      if (record->type != ledger::ControlType::kCheckpoint) continue;
      const std::optional<Place> place = parse_place(record->payload);
      if (!place) continue;
      if (place->at.file == stored.fingerprint()) return place->at;
      if (place->name != name) continue;
      return fail(failed_precondition("file_changed",
                                      path + " is not the file that was imported up to row " +
                                          std::to_string(place->at.row))
                      .hint("import without --resume: rows that are in the log already are "
                            "recognised by their ids"));
    }
  }
  return fail(not_found("no_checkpoint", "the log holds no row of " + path)
                  .hint("import it without --resume"));
}

}  // namespace weir::main
