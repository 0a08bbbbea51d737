#include <bit>
#include <cstring>
#include <limits>
#include <string>

#include "base/result.hpp"
#include "ops/filter/compact/compact.hpp"

namespace weir::ops {

Status Compact::check(const Args& args) {
  if (args.width != 4 && args.width != 8) {
    return invalid_argument("width", "values of " + std::to_string(args.width) + " bytes")
        .hint("values are 4 or 8 bytes wide");
  }
  if (args.bits.size() != (args.rows + 63) / 64 || args.values.size() != args.rows * args.width) {
    return invalid_argument(
        "shape_mismatch", std::to_string(args.bits.size()) + " words of bits and " +
                              std::to_string(args.values.size()) + " bytes of values for " +
                              std::to_string(args.rows) + " rows of " + std::to_string(args.width) +
                              " bytes");
  }
  if (args.rows % 64 != 0 && args.bits.back() >> (args.rows % 64) != 0) {
    return invalid_argument("bit_range",
                            "a bit is set behind row " + std::to_string(args.rows - 1));
  }
  return Status::ok();
}

Status Compact::check_room(const Args& args, std::size_t kept, const Output& out) {
  if (out.values.size() >= kept * args.width) return Status::ok();
  return invalid_argument("lengths_differ", std::to_string(out.values.size()) + " bytes for " +
                                                std::to_string(kept) + " values of " +
                                                std::to_string(args.width) + " bytes")
      .at("values");
}

Footprint Compact::footprint(const Args& args) {
  return {.rows = args.rows,
          .bytes_in = args.values.size() + args.bits.size_bytes(),
          .bytes_out = args.values.size(),
          .bytes_scratch = args.rows / 64,
          .launches = 3};
}

Status Compact::reference(const Args& args, Output& out) {
  std::size_t kept = 0;
  for (const std::uint64_t word : args.bits) kept += static_cast<std::size_t>(std::popcount(word));
  WEIR_TRY(check_room(args, kept, out));
  char* to = out.values.data();
  for (std::size_t row = 0; row < args.rows; ++row) {
    if ((args.bits[row / 64] >> (row % 64) & 1) == 0) continue;
    std::memcpy(to, args.values.data() + row * args.width, args.width);
    to += args.width;
  }
  return Status::ok();
}

Support Compact::supports(const Args& args, device::Kind) {
  if (args.rows > std::numeric_limits<std::uint32_t>::max()) {
    return Support::no(Reason::kUnsupportedShape, "places on the device are 32-bit numbers");
  }
  return Support::yes();
}

}  // namespace weir::ops
