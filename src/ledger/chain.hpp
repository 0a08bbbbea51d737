// What links blocks: the genesis, and the rules that each block must keep towards the one before
// it.
//
//   WEIR_ASSIGN(const Genesis genesis, load_genesis(dir, {.chain_id = 7}));
//   ChainChecker chain(genesis);
//   if (auto fault = chain.check(view.header())) ...   else chain.advance(view.header());
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "ledger/block.hpp"

namespace weir::ledger {

// What a chain starts from. Block 1's parent is SHA-256 of the file `genesis.json`, byte for byte.
struct Genesis {
  std::uint64_t chain_id = 1;
  std::int64_t created_us = 0;
  Digest config_hash{};  // SHA-256 of the text of the first configuration; zero if not recorded

  std::string to_json() const;
  // Reads what to_json() wrote and nothing else, so that every byte of the file counts. data_loss
  // (genesis_damaged).
  static Result<Genesis> parse(std::string_view json);
  Digest hash() const { return sha256(as_bytes(to_json())); }
};

// Reads DIR/genesis.json. not_found (genesis_missing).
Result<Genesis> read_genesis(const std::string& dir);
// Reads DIR/genesis.json; writes it durably from `fresh` if it is missing.
Result<Genesis> load_genesis(const std::string& dir, const Genesis& fresh);

class ChainChecker {
 public:
  explicit ChainChecker(const Genesis& genesis)
      : chain_id_(genesis.chain_id), head_hash_(genesis.hash()) {}

  // Returns what is wrong with `header` as the next block: height, chain_id, parent_hash,
  // first_seq, epoch, durable_height.
  std::optional<BlockFault> check(const BlockHeader& header) const;
  void advance(const BlockHeader& header);

  Height next_height() const { return next_height_; }
  std::uint64_t next_seq() const { return next_seq_; }
  const Digest& head_hash() const { return head_hash_; }
  std::uint64_t chain_id() const { return chain_id_; }

 private:
  std::uint64_t chain_id_;
  Digest head_hash_;
  Height next_height_ = 1;
  std::uint64_t next_seq_ = 1;
  std::uint64_t epoch_ = 0;
};

}  // namespace weir::ledger
