#include "ops/op.hpp"

namespace weir::ops {

std::string_view numeric_class_name(NumericClass numeric) {
  switch (numeric) {
    case NumericClass::kFixed:
      return "fixed";
    case NumericClass::kTolerant:
      return "tolerant";
    default:
      return "exact";
  }
}

std::string_view reason_name(Reason reason) {
  static constexpr std::string_view kNames[kReasons] = {"none",
                                                        "no_device",
                                                        "disabled",
                                                        "self_test_failed",
                                                        "unsupported_type",
                                                        "unsupported_shape",
                                                        "not_chunkable",
                                                        "too_small",
                                                        "forced",
                                                        "out_of_memory",
                                                        "device_error",
                                                        "breaker_open",
                                                        "timeout",
                                                        "device_lost"};
  return kNames[static_cast<std::size_t>(reason)];
}

std::string_view ceiling_name(Ceiling ceiling) {
  static constexpr std::string_view kNames[] = {"dram", "f64", "f32", "bf16", "int8", "latency"};
  return kNames[static_cast<std::size_t>(ceiling)];
}

}  // namespace weir::ops
