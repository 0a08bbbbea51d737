// hash.xxh3_batch: the XXH3-64 hash, seed 0, of each of many messages.
//
//   std::vector<std::uint64_t> hashes(messages.size());
//   Xxh3Batch::Output out{hashes};
//   WEIR_TRY(Xxh3Batch::cpu(run, {messages}, out));
#pragma once

#include <span>

#include "ops/cpu_run.hpp"
#include "ops/hash/ragged.hpp"
#include "ops/op.hpp"

namespace weir::ops {

// Class exact. Shapes: n messages -> n hashes. Errors: invalid_argument for offsets that descend or
// lie outside and for an output of another length. Cost: the read rate of memory for long messages,
// about 4 ns for 16 bytes; no allocation. It never pays on a GPU: the link is slower than this.
struct Xxh3Batch {
  static constexpr OpInfo kInfo{.name = "hash.xxh3_batch",
                                .numeric = NumericClass::kExact,
                                .summary = "XXH3-64 of each of many messages"};
  struct Args {
    Ragged messages;
  };
  struct Output {
    std::span<std::uint64_t> hashes;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
