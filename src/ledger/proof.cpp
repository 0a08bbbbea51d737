#include <simdjson.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/json.hpp"
#include "ledger/verify.hpp"
#include "ops/hash/merkle.hpp"

namespace weir::ledger {
namespace {

constexpr std::size_t kPathMax = 64;

template <class T>
std::string hex_of(const T* values, std::size_t count) {
  return to_hex({reinterpret_cast<const std::uint8_t*>(values), count * sizeof(T)});
}

Status malformed(std::string_view what) {
  return invalid_argument("proof_malformed", std::string(what) + " is missing or malformed")
      .at(what);
}

Status wrong(std::string_view field, std::string message) {
  return data_loss("proof_wrong", std::move(message)).at(field);
}

template <class T>
bool read_records(simdjson::simdjson_result<simdjson::dom::element> value, std::vector<T>& out) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS || text.size() % (2 * sizeof(T)) != 0) return false;
  out.resize(text.size() / (2 * sizeof(T)));
  return from_hex(text, {reinterpret_cast<std::uint8_t*>(out.data()), out.size() * sizeof(T)});
}

}  // namespace

Proof make_proof(const BlockView& block, std::uint32_t row) {
  const BlockHeader& header = block.header();
  CHECK_LT(row, header.count);
  Proof proof;
  proof.header = header;
  proof.row = row;
  const std::size_t leaf = row / header.leaf_events;
  const std::size_t first = leaf * header.leaf_events;
  const std::size_t rows = std::min<std::size_t>(header.leaf_events, header.count - first);
  const auto events = block.events().subspan(first, rows);
  const auto verdicts = block.verdicts().subspan(first, rows);
  proof.events.assign(events.begin(), events.end());
  proof.verdicts.assign(verdicts.begin(), verdicts.end());
  std::vector<Digest> leaves(leaf_count(header.count, header.leaf_events));
  hash_leaves(block.events(), block.verdicts(), header.leaf_events, 0, leaves.size(), leaves);
  proof.path = ops::merkle_proof(leaves, leaf);
  return proof;
}

std::string Proof::to_json() const {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("format").string("weir-proof-1").key("height").u64(header.height);
  json.key("block_hash").string(to_hex(block_hash(header)));
  json.key("header").string(
      to_hex({reinterpret_cast<const std::uint8_t*>(&header), kBlockLogicalBytes}));
  json.key("row").u64(row).key("events").string(hex_of(events.data(), events.size()));
  json.key("verdicts").string(hex_of(verdicts.data(), verdicts.size())).key("path").begin_array();
  for (const Digest& hash : path) json.string(to_hex(hash));
  json.end_array().end_object();
  return text + "\n";
}

Result<Proof> Proof::parse(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return fail(malformed("json"));
  }
  std::string_view text;
  if (root["format"].get(text) != simdjson::SUCCESS || text != "weir-proof-1")
    return fail(malformed("format"));
  Proof proof;
  std::vector<std::array<std::uint8_t, kBlockLogicalBytes>> header;
  if (!read_records(root["header"], header) || header.size() != 1) return fail(malformed("header"));
  std::memcpy(&proof.header, header[0].data(), kBlockLogicalBytes);
  std::uint64_t row = 0;
  if (root["row"].get(row) != simdjson::SUCCESS || row >= wire::kBatchEventsMax)
    return fail(malformed("row"));
  proof.row = static_cast<std::uint32_t>(row);
  if (!read_records(root["events"], proof.events)) return fail(malformed("events"));
  if (!read_records(root["verdicts"], proof.verdicts)) return fail(malformed("verdicts"));
  simdjson::dom::array path;
  if (root["path"].get(path) != simdjson::SUCCESS || path.size() > kPathMax)
    return fail(malformed("path"));
  for (const simdjson::dom::element hash : path) {
    if (hash.get(text) != simdjson::SUCCESS || !from_hex(text, proof.path.emplace_back())) {
      return fail(malformed("path"));
    }
  }
  return proof;
}

Status check_proof(const Proof& proof, const Digest& root) {
  const BlockHeader& header = proof.header;
  if (block_hash(header) != root) {
    return wrong("block_hash",
                 "the header's hash is " + to_hex(block_hash(header)) + ", not " + to_hex(root));
  }
  const bool shaped =
      (header.leaf_events == 1 || header.leaf_events == 32) && proof.row < header.count;
  if (!shaped) return wrong("row", "row " + std::to_string(proof.row) + " is not in the block");
  const std::size_t leaf = proof.row / header.leaf_events;
  const std::size_t rows =
      std::min<std::size_t>(header.leaf_events, header.count - leaf * header.leaf_events);
  if (proof.events.size() != rows || proof.verdicts.size() != rows) {
    return wrong("events", "the leaf has " + std::to_string(rows) + " events");
  }
  Digest hash;
  hash_leaves(proof.events, proof.verdicts, rows, 0, 1, {&hash, 1});
  if (!ops::merkle_verify(hash, leaf, leaf_count(header.count, header.leaf_events), proof.path,
                          header.tx_root)) {
    return wrong("path", "leaf and path do not lead to tx_root");
  }
  return Status::ok();
}

}  // namespace weir::ledger
