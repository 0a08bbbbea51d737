// Ed25519 signatures decided several at a time by code of our own.
//
//   if (has_ifma()) decision = verify_eight(batch);   // AVX-512 IFMA, one signature a lane
//   else decision = verify_one(single);
//
// Thread-safe; no allocation after the first call, which makes the multiples of the base point.
#pragma once

#include "ops/hash/ed25519_verify/group_inl.hpp"

namespace weir::ops::ed25519 {

// Returns whether this CPU multiplies 52-bit integers in vectors and is allowed to.
bool has_ifma();

// Requires has_ifma().
Decision verify_eight(const Batch<8>& batch);
Decision verify_one(const Batch<1>& batch);

const BaseTable& base_table();

}  // namespace weir::ops::ed25519
