// Reads a whole CSV text and keeps what came of it: for the tests of this folder.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "wire/csv/csv_source.hpp"

namespace weir::wire {

struct CsvOutcome {
  Status status;
  std::vector<Event> events;
  std::vector<std::string> debtors;  // as text
  std::vector<std::string> creditors;
  std::vector<std::string> ids;
  std::vector<std::string> attrs;
  std::vector<Label> labels;  // rows counted through the whole file
  std::vector<std::uint64_t> lines;
  std::vector<RejectReport> reports;
  std::string rejected_lines;
  std::uint64_t rejected = 0;
  Mapping mapping;
  ImportCheckpoint checkpoint;
  Dictionary dictionary;
  std::string digest;  // of all batches, byte by byte
};

inline void digest_batch(const EventBatch& batch, Sha256& sha) {
  const auto add = [&](const auto& values) {
    sha.update(
        {reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(values[0])});
  };
  add(batch.events);
  add(batch.side);
  add(batch.text_bytes);
  for (const PendingPatch& patch : batch.patches) {
    sha.update({reinterpret_cast<const std::uint8_t*>(&patch.row), 4});
    sha.update({reinterpret_cast<const std::uint8_t*>(&patch.text), 4});
  }
  add(batch.lines);
}

// Reads the stream to its end. `keep` false: only counts and the digest, for large files.
inline void drain(CsvSource& source, std::size_t batch_rows, bool keep, CsvOutcome& outcome) {
  EventBatch batch;
  TextResolver resolver;
  Sha256 sha;
  while (true) {
    auto read = source.read(batch, batch_rows);
    if (!read) {
      outcome.status = std::move(read.error());
      break;
    }
    if (*read == 0) break;
    digest_batch(batch, sha);
    std::vector<std::uint16_t> refusals(batch.size(), 0);
    resolver.resolve(batch, outcome.dictionary, refusals);
    const auto first = static_cast<std::uint32_t>(outcome.events.size());
    for (const Label& label : batch.labels)
      outcome.labels.push_back({label.row + first, label.fraud});
    outcome.lines.insert(outcome.lines.end(), batch.lines.begin(), batch.lines.end());
    outcome.events.insert(outcome.events.end(), batch.events.begin(), batch.events.end());
    for (const Event& event : batch.events) {
      if (!keep) break;
      const Bytes side = Bytes(batch.side).subspan(event.side_off, event.side_len);
      outcome.debtors.push_back(entity_text({event.debtor}, outcome.dictionary));
      outcome.creditors.push_back(entity_text({event.creditor}, outcome.dictionary));
      outcome.ids.push_back(event_id_text(event, side));
      const Bytes attrs = find_side(side, SideTag::kAttrs);
      outcome.attrs.emplace_back(attrs.begin(), attrs.end());
    }
  }
  const Digest digest = sha.finish();
  outcome.digest = to_hex(digest);
  outcome.mapping = source.mapping();
  outcome.checkpoint = source.checkpoint();
}

inline std::unique_ptr<CsvOutcome> read_stored(Result<StoredBytes> stored, CsvOptions options,
                                               std::size_t batch_rows = 8'192, bool keep = true) {
  auto outcome = std::make_unique<CsvOutcome>();
  MemoryRejects rejects(1'000);
  if (!stored) {
    outcome->status = std::move(stored.error());
    return outcome;
  }
  auto source = CsvSource::from(std::move(*stored), std::move(options), &rejects);
  if (!source) {
    outcome->status = std::move(source.error());
    return outcome;
  }
  drain(**source, batch_rows, keep, *outcome);
  outcome->reports = rejects.reports();
  outcome->rejected_lines = rejects.lines();
  outcome->rejected = rejects.count();
  return outcome;
}

inline std::unique_ptr<CsvOutcome> read_text(std::string_view text, CsvOptions options = {},
                                             std::size_t batch_rows = 8'192) {
  return read_stored(StoredBytes::from(memory_stream(as_bytes(text)), text.size()),
                     std::move(options), batch_rows);
}

// Returns the path of a shared data file, empty if it is not on this machine.
inline std::string shared_data(const std::string& name) {
  const char* folder = std::getenv("WEIR_SHARED_DATA");
  const std::string path =
      (folder != nullptr ? std::string(folder) : std::string(WEIR_SOURCE_DIR) + "/../shared/data") +
      "/" + name;
  return std::filesystem::exists(path) ? path : std::string();
}

}  // namespace weir::wire
