// hash.sha256_batch: the SHA-256 (FIPS 180-4) of each of many messages.
//
//   std::vector<Digest> digests(messages.size());
//   Sha256Batch::Output out{digests};
//   WEIR_TRY(Sha256Batch::cpu(run, {messages}, out));
#pragma once

#include <span>

#include "base/hash.hpp"
#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/hash/ragged.hpp"
#include "ops/op.hpp"

namespace weir::ops {

// Class exact. Shapes: n messages -> n digests of 32 bytes. Errors: invalid_argument for offsets
// that descend or lie outside and for an output of another length. Cost: 52 ns a 64-byte block on
// SHA-NI, two messages at a time on each thread; no allocation.
struct Sha256Batch {
  static constexpr OpInfo kInfo{.name = "hash.sha256_batch",
                                .numeric = NumericClass::kExact,
                                .summary = "SHA-256 of each of many messages"};
  struct Args {
    Ragged messages;
  };
  struct Output {
    std::span<Digest> digests;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
  static Status sim(DeviceRun& run, const Args& args, Output& out);
  static Status cuda(DeviceRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
