// The op contract: what every named computation states about itself and which forms it has.
//
//   struct Sum {
//     static constexpr OpInfo kInfo{.name = "stats.sum", .version = 1,
//                                   .numeric = NumericClass::kFixed, .quantum_rows = 1024,
//                                   .summary = "sum of a column"};
//     struct Args { std::span<const double> x; };
//     struct Output { double sum = 0; };
//     static Status check(const Args&);                 // invalid_argument: shapes that do not fit
//     static Status check_output(const Args&, const Output&);   // optional: the caller's memory
//     static Support supports(const Args&, device::Kind);
//     static Footprint footprint(const Args&);
//     static Status reference(const Args&, Output&);    // naive, obviously right
//     static Status cpu(CpuRun&, const Args&, Output&);
//     static Status sim(DeviceRun&, const Args&, Output&);    // where a GPU pays: both or none
//     static Status cuda(DeviceRun&, const Args&, Output&);
//   };
//
//   Sum::Output out;
//   WEIR_ASSIGN(const Report report, execute<Sum>(context, {.x = x}, out));
//
// Args hold views of the caller's data, Output what the op produces: spans of memory that the
// caller owns where sizes are known beforehand, containers that keep their capacity where they are
// not. A form writes all of its output and depends on nothing it finds there: after a failure the
// next form gets the same output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.hpp"
#include "device/kind.hpp"

namespace weir::ops {

// What "the same result" means.
enum class NumericClass : std::uint8_t {
  kExact,     // integers, order, selection: bit-equal on every backend, ISA, thread count, chunking
  kFixed,     // floating point in a prescribed order of operations: bit-equal likewise
  kTolerant,  // blocked or vendor algorithms: within `tolerance` of the reference
};
std::string_view numeric_class_name(NumericClass numeric);  // "exact", "fixed", "tolerant"

struct OpInfo {
  std::string_view name;      // "family.op"
  std::uint32_t version = 1;  // rises when the bits of a result may change
  NumericClass numeric = NumericClass::kExact;
  std::uint32_t quantum_rows = 1;   // chunks are cut at multiples of this
  std::string_view summary = {};    // one line
  std::string_view tolerance = {};  // kTolerant: the bound, in words
};

// Why something ran on the CPU. The names are label values of weir_fallback_total.
enum class Reason : std::uint8_t {
  kNone,
  kNoDevice,
  kDisabled,
  kSelfTestFailed,
  kUnsupportedType,
  kUnsupportedShape,
  kNotChunkable,
  kTooSmall,
  kForced,
  kOutOfMemory,
  kDeviceError,
  kBreakerOpen,
  kTimeout,
  kDeviceLost,
};
inline constexpr std::size_t kReasons = 14;
std::string_view reason_name(Reason reason);  // "none", "no_device", ...

// Whether a backend can run given arguments; if not, why, as a label and as a sentence.
struct Support {
  Reason reason = Reason::kNone;
  std::string_view sentence = {};
  static constexpr Support yes() { return {}; }
  static constexpr Support no(Reason reason, std::string_view sentence) {
    return {reason, sentence};
  }
  constexpr explicit operator bool() const { return reason == Reason::kNone; }
};

// Which limit of the machine an op runs into.
enum class Ceiling : std::uint8_t { kDram, kF64, kF32, kBf16, kInt8, kLatency };
std::string_view ceiling_name(Ceiling ceiling);  // "dram", "f64", ...

// What a call will read, write and compute. Bytes that grow with the rows can be cut into chunks;
// `resident` must lie on the device as a whole.
struct Footprint {
  std::uint64_t rows = 0;            // what chunks are cut from
  std::uint64_t bytes_in = 0;        // of the rows
  std::uint64_t bytes_out = 0;       // of the rows
  std::uint64_t bytes_scratch = 0;   // of the rows, on the device
  std::uint64_t bytes_resident = 0;  // needed by every chunk: a matrix, a table, an index
  const void* resident = nullptr;    // the array those bytes are, if they are one
  double flops = 0;                  // or integer operations
  std::uint32_t launches = 1;        // for each chunk
  Ceiling ceiling = Ceiling::kDram;
  bool chunkable = true;
};

}  // namespace weir::ops
