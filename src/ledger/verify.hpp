// Verification of a data directory's log without the program that wrote it, and inclusion proofs.
//
//   WEIR_ASSIGN(const VerifyReport report, verify_log(dir));
//   if (report.fault) print(report.fault->height, report.fault->offset, report.fault->field);
//   WEIR_ASSIGN(const Proof proof, prove(dir, id));    // weir verify --proof ID
//   WEIR_TRY(check_proof(proof, head_hash));   // offline: weir verify --check PROOF --root HASH
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ledger/block.hpp"
#include "ledger/chain.hpp"

namespace weir::ledger {

struct LogFault {
  Height height = 0;         // of the first bad block
  std::string file;          // segment
  std::uint64_t offset = 0;  // in the file
  std::string field;
  std::string message;
};

struct VerifyReport {
  Digest config_hash{};                    // as the genesis has it
  std::vector<std::uint8_t> first_config;  // payload of block 1's record of the configuration
  Height headers = 0;                      // sound blocks of which only the header is kept
  Height first_height = 0;                 // of the blocks with bodies
  Height blocks = 0;                       // sound ones with bodies
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  Digest head{};  // hash of the last sound block
  std::optional<LogFault> fault;
  // With `since`: the height of the block of that hash (0: the genesis), if it is an ancestor or
  // the head.
  std::optional<Height> since_height;
};

// Reads the whole log of a data directory: checksums, chain, roots, counts, sequence numbers. An
// error means that the directory cannot be read; damage is in the report.
Result<VerifyReport> verify_log(const std::string& dir, const std::optional<Digest>& since = {});

// An event, its verdict and its place: enough to recompute the block hash.
struct Proof {
  BlockHeader header{};  // bytes 0-255 count
  std::uint32_t row = 0;
  std::vector<wire::Event> events;          // of the leaf
  std::vector<wire::VerdictCore> verdicts;  // of the leaf
  std::vector<Digest> path;

  std::string to_json() const;
  static Result<Proof> parse(std::string_view json);
};

// Makes the proof of one row of a block.
Proof make_proof(const BlockView& block, std::uint32_t row);
// Searches the log for an event id from the newest block on. not_found (event_unknown).
Result<Proof> prove_event(const std::string& dir, const wire::EventKey& id);

// Checks that the proof leads to the block hash `root`. data_loss (proof_wrong) naming what does
// not match.
Status check_proof(const Proof& proof, const Digest& root);

}  // namespace weir::ledger
