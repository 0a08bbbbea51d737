#include "ops/hash/hash_suites.hpp"

#include "ops/hash/ed25519_verify/ed25519_verify_parity.hpp"
#include "ops/hash/merkle_proof/merkle_proof_parity.hpp"
#include "ops/hash/merkle_root/merkle_root_parity.hpp"
#include "ops/hash/merkle_verify/merkle_verify_parity.hpp"
#include "ops/hash/sha256_batch/sha256_batch_parity.hpp"
#include "ops/hash/xxh3_batch/xxh3_batch_parity.hpp"

namespace weir::ops::parity {

std::vector<Suite> hash_suites() {
  return {suite_of<Sha256Batch>(), suite_of<Xxh3Batch>(),    suite_of<MerkleRoot>(),
          suite_of<MerkleProof>(), suite_of<MerkleVerify>(), suite_of<Ed25519Verify>()};
}

}  // namespace weir::ops::parity
