// Ed25519Items: keys, signatures and messages for the tests and the bench, signed by OpenSSL, and
// the encodings that verifiers disagree about.
//
//   Ed25519Items items;
//   items.sign(rng, 100);                     // 100 valid ones
//   items.spoil(rng, 3);                      // one bit of item 3 flipped somewhere
//   items.add_edges(rng);                     // non-canonical, small-order, S + L, ...
//   Ed25519Verify::cpu(run, items.args(), out);
#pragma once

#include <vector>

#include "base/rng.hpp"
#include "ops/hash/ed25519_verify/ed25519_verify.hpp"

namespace weir::ops {

class Ed25519Items {
 public:
  // Adds `count` signatures by `keys` random keys of messages of 0 to `bytes_max` bytes.
  void sign(Philox& rng, std::size_t count, std::uint32_t bytes_max = 200, std::size_t keys = 8);
  // Signs one message with the secret key `seed`.
  void sign(Bytes seed, Bytes message);
  void add(const Ed25519Key& key, const Ed25519Signature& signature, Bytes message);
  // Flips one bit of the key, R, S or the message of item i, as the numbers fall.
  void spoil(Philox& rng, std::size_t i);
  // Adds each pair of the peculiar encodings of a point as key and as R, with S one of 0, 1, a
  // random one, L - 1, L and L + 1; and valid signatures with S + L.
  void add_edges(Philox& rng);

  std::size_t size() const { return keys_.size(); }
  Ed25519Verify::Args args() const { return {keys_, signatures_, {bytes_, offsets_}}; }
  Ed25519Key& key(std::size_t i) { return keys_[i]; }
  Ed25519Signature& signature(std::size_t i) { return signatures_[i]; }

 private:
  std::vector<Ed25519Key> keys_;
  std::vector<Ed25519Signature> signatures_;
  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint64_t> offsets_{0};
};

// Adds the group order L to the little-endian number S of a signature.
void add_order(Ed25519Signature& signature);

}  // namespace weir::ops
