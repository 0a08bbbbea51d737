#include <cstring>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "ops/backend.hpp"
#include "ops/execute.hpp"
#include "ops/matrix/multiply/multiply.hpp"
#include "ops/stats/moments/moments.hpp"

namespace weir::ops {
namespace {

constexpr std::uint64_t kSeed = 0x5E1F;
constexpr std::size_t kSide = 96;  // more than one tile, none of them whole
constexpr double kErrorMax = 1e-12;

Status differs(std::string_view op, const std::string& what) {
  return unavailable("self_test_failed", std::string(op) + " on the device: " + what);
}

// Runs an op on the device and on the CPU; any fallback is a failure.
template <class Op>
Status run_both(Context& context, const typename Op::Args& args, typename Op::Output& on_device,
                typename Op::Output& on_cpu) {
  RunOptions options;
  options.placement = Placement::kGpu;
  options.fallback = Fallback::kRaise;
  options.self_test = true;
  if (const auto report = execute<Op>(context, args, on_device, options); !report) {
    return differs(Op::kInfo.name, report.error().message());
  }
  CpuRun cpu{context.workers()};
  return Op::cpu(cpu, args, on_cpu);
}

// Products of bytes: exact, so every bit counts.
Status test_bytes(Context& context) {
  Philox rng(kSeed, 1);
  Matrix<std::int8_t> a(kSide, kSide);
  Matrix<std::int8_t> b(kSide, kSide);
  for (std::size_t i = 0; i < kSide * kSide; ++i) {
    a.data()[i] = static_cast<std::int8_t>(rng.next_u32());
    b.data()[i] = static_cast<std::int8_t>(rng.next_u32());
  }
  Matrix<std::int32_t> device(kSide, kSide);
  Matrix<std::int32_t> cpu(kSide, kSide);
  MultiplyS8::Output on_device{.c = device.view()};
  MultiplyS8::Output on_cpu{.c = cpu.view()};
  WEIR_TRY(run_both<MultiplyS8>(context, {.a = a.view(), .b = b.view()}, on_device, on_cpu));
  if (std::memcmp(device.data(), cpu.data(), kSide * kSide * sizeof(std::int32_t)) == 0) {
    return Status::ok();
  }
  return differs(MultiplyS8::kInfo.name, "other bits than the CPU");
}

Status test_floats(Context& context) {
  Philox rng(kSeed, 2);
  Matrix<double> a(kSide, kSide);
  Matrix<double> b(kSide, kSide);
  for (std::size_t i = 0; i < kSide * kSide; ++i) {
    a.data()[i] = rng.next_unit() - 0.5;
    b.data()[i] = rng.next_unit() - 0.5;
  }
  Matrix<double> device(kSide, kSide);
  Matrix<double> cpu(kSide, kSide);
  MultiplyF64::Output on_device{.c = device.view()};
  MultiplyF64::Output on_cpu{.c = cpu.view()};
  WEIR_TRY(run_both<MultiplyF64>(context, {.a = a.view(), .b = b.view()}, on_device, on_cpu));
  for (std::size_t i = 0; i < kSide * kSide; ++i) {
    const double difference = device.data()[i] - cpu.data()[i];
    if (!(difference < kErrorMax && difference > -kErrorMax)) {
      return differs(MultiplyF64::kInfo.name,
                     "element " + std::to_string(i) + " is off by " + std::to_string(difference));
    }
  }
  return Status::ok();
}

// Moments: sums in the prescribed order, so every bit counts.
Status test_moments(Context& context) {
  constexpr std::size_t kRows = 5000;  // several blocks and a part of one
  Philox rng(kSeed, 3);
  std::vector<double> x(kRows);
  for (double& value : x) value = 1000 + rng.next_unit();
  MomentsOf::Output on_device;
  MomentsOf::Output on_cpu;
  const MomentsOf::Args args{.x = Values::of(std::span<const double>(x))};
  WEIR_TRY(run_both<MomentsOf>(context, args, on_device, on_cpu));
  const double of_device[] = {*on_device.mean, *on_device.variance, *on_device.skewness};
  const double of_cpu[] = {*on_cpu.mean, *on_cpu.variance, *on_cpu.skewness};
  if (std::memcmp(of_device, of_cpu, sizeof(of_cpu)) == 0) return Status::ok();
  return differs(MomentsOf::kInfo.name, "other bits than the CPU");
}

}  // namespace

Status self_test(Context& context) {
  WEIR_TRY(test_bytes(context));
  WEIR_TRY(test_floats(context));
  return test_moments(context);
}

}  // namespace weir::ops
