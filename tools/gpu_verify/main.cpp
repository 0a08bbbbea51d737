// gpu_verify: proves the CUDA path on a machine that has a GPU.
//
//   gpu_verify parity [--seeds N] [--op PREFIX]   every device form against its reference
//   gpu_verify bench                              copies, launches and ops, timed
//
// Prints JSON, one object; exits 1 if a result is wrong, 3 without a GPU.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "device/cuda/driver.hpp"
#include "device/device.hpp"
#include "ops/execute.hpp"
#include "ops/matrix/multiply/multiply.hpp"
#include "ops/stats/moments/moments.hpp"
#include "ops/stats/sum/sum.hpp"
#include "tools/gpu_verify/suites.hpp"

namespace weir::gpu_verify {
namespace {

constexpr std::size_t kBudget = std::size_t{2} << 30;
constexpr std::size_t kCopyBytes = std::size_t{512} << 20;
constexpr int kRepeats = 9;

Result<std::unique_ptr<device::Device>> open_gpu() {
  WEIR_ASSIGN(auto driver, device::cuda::make_driver({}, system_clock()));
  device::DeviceLimits limits;
  limits.memory_bytes_max = kBudget;
  limits.op_timeout_ms = 60'000;
  return device::Device::create(std::move(driver), limits, system_clock());
}

double seconds_since(std::int64_t begin_ns) {
  return static_cast<double>(system_clock().mono_ns() - begin_ns) * 1e-9;
}

// Returns the median seconds of `work`, called kRepeats times after one warm-up.
template <class Work>
Result<double> median_seconds(Work&& work) {
  WEIR_TRY(work());
  std::vector<double> taken;
  for (int i = 0; i < kRepeats; ++i) {
    const std::int64_t begin_ns = system_clock().mono_ns();
    WEIR_TRY(work());
    taken.push_back(seconds_since(begin_ns));
  }
  std::nth_element(taken.begin(), taken.begin() + kRepeats / 2, taken.end());
  return taken[kRepeats / 2];
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "\"";
}

int parity(std::uint64_t seeds, std::string_view prefix) {
  std::size_t failed = 0;
  std::printf("{\"parity\": [");
  bool first = true;
  for (const ops::parity::Suite& suite : suites()) {
    if (!suite.entry.info.name.starts_with(prefix)) continue;
    ops::parity::Outcome all;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      const ops::parity::Outcome outcome = suite.on_device(open_gpu, {.seed = seed});
      all.runs += outcome.runs;
      all.unsupported += outcome.unsupported;
      for (const std::string& failure : outcome.failures) {
        all.add("seed " + std::to_string(seed) + ": " + failure);
      }
    }
    failed += all.failures.size();
    std::printf("%s\n  {\"op\": %s, \"runs\": %zu, \"unsupported\": %zu, \"failed\": %zu",
                first ? "" : ",", quoted(suite.entry.info.name).c_str(), all.runs, all.unsupported,
                all.failures.size());
    if (!all.failures.empty()) std::printf(", \"first\": %s", quoted(all.failures[0]).c_str());
    std::printf("}");
    std::fflush(stdout);
    first = false;
  }
  std::printf("\n]}\n");
  return failed == 0 ? 0 : 1;
}

// Copies within the device, to it and from it.
Status bench_copies(device::Device& device) {
  WEIR_ASSIGN(auto stream, device.create_stream());
  WEIR_ASSIGN(auto reservation,
              device.reserve(2 * kCopyBytes, device::Tag::kColumns, device::Priority::kHigh));
  WEIR_ASSIGN(const auto from, device.allocate(kCopyBytes, reservation, stream));
  WEIR_ASSIGN(const auto to, device.allocate(kCopyBytes, reservation, stream));
  std::vector<char> host(kCopyBytes);
  for (std::size_t i = 0; i < host.size(); ++i) host[i] = static_cast<char>(i * 2654435761U >> 24);
  WEIR_ASSIGN(const double up, median_seconds([&]() -> Status {
                WEIR_TRY(stream.upload(from.data(), host.data(), kCopyBytes));
                return stream.synchronize();
              }));
  WEIR_ASSIGN(const double inside, median_seconds([&]() -> Status {
                for (int i = 0; i < 16; ++i) {
                  WEIR_TRY(stream.copy_on_device(to.data(), from.data(), kCopyBytes));
                }
                return stream.synchronize();
              }));
  WEIR_ASSIGN(const double down, median_seconds([&]() -> Status {
                WEIR_TRY(stream.download(host.data(), to.data(), kCopyBytes));
                return stream.synchronize();
              }));
  WEIR_ASSIGN(const double empty, median_seconds([&]() -> Status {
                WEIR_TRY(stream.fill(to.data(), 0, 256));
                return stream.synchronize();
              }));
  const auto bytes = static_cast<double>(kCopyBytes);
  std::printf(
      "\"device_copy_bytes_per_s\": %.4g, \"up_bytes_per_s\": %.4g, "
      "\"down_bytes_per_s\": %.4g, \"small_work_s\": %.3g",
      16 * 2 * bytes / inside, bytes / up, bytes / down, empty);
  return Status::ok();
}

// Times one op on large host data, copies included.
template <class Op>
Status bench_op(ops::Context& context, const char* name, const typename Op::Args& args,
                typename Op::Output& out) {
  ops::RunOptions options;
  options.placement = ops::Placement::kGpu;
  options.fallback = ops::Fallback::kRaise;
  ops::Report report;
  WEIR_ASSIGN(const double seconds, median_seconds([&]() -> Status {
                WEIR_ASSIGN(report, ops::execute<Op>(context, args, out, options));
                return Status::ok();
              }));
  std::printf(
      ",\n  {\"name\": \"%s\", \"seconds\": %.6g, \"bytes_up\": %llu, \"bytes_down\": %llu, "
      "\"chunks\": %llu, \"gigaflops\": %.4g}",
      name, seconds, static_cast<unsigned long long>(report.bytes_up),
      static_cast<unsigned long long>(report.bytes_down),
      static_cast<unsigned long long>(report.chunks), report.flops / seconds * 1e-9);
  return Status::ok();
}

Status bench_ops(ops::Context& context) {
  constexpr std::size_t kSide = 4096;
  std::vector<float> a(kSide * kSide);
  std::vector<float> b(kSide * kSide);
  std::vector<float> c(kSide * kSide);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = static_cast<float>(i % 1013) / 1013.0F - 0.5F;
    b[i] = static_cast<float>(i % 757) / 757.0F - 0.5F;
  }
  ops::MultiplyF32::Output product{.c = {c.data(), kSide, kSide}};
  WEIR_TRY(bench_op<ops::MultiplyF32>(
      context, "multiply_f32_4096", {.a = {a.data(), kSide, kSide}, .b = {b.data(), kSide, kSide}},
      product));
  std::vector<double> x(std::size_t{64} << 20);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i % 1009);
  ops::Sum::Output sum;
  const auto values = ops::Values::of(std::span<const double>(x));
  WEIR_TRY(bench_op<ops::Sum>(context, "sum_64m_f64", {.x = values}, sum));
  ops::MomentsOf::Output moments;
  return bench_op<ops::MomentsOf>(context, "moments_64m_f64", {.x = values}, moments);
}

Status bench() {
  WEIR_ASSIGN(auto device, open_gpu());
  const device::DeviceInfo info = device->info();
  std::printf(
      "{\"gpu\": %s, \"uuid\": %s, \"driver\": %s, \"compute\": %s, \"memory_bytes\": %llu, ",
      quoted(info.name).c_str(), quoted(info.uuid).c_str(), quoted(info.driver).c_str(),
      quoted(info.compute).c_str(), static_cast<unsigned long long>(info.memory_bytes));
  WEIR_TRY(bench_copies(*device));
  ops::Context context(ops::Workers(1), system_clock());
  context.use_device(std::move(device), {});
  std::printf(", \"benches\": [\n  {\"name\": \"end-to-end from host memory\"}");
  WEIR_TRY(bench_ops(context));
  std::printf("\n]}\n");
  return Status::ok();
}

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  std::uint64_t seeds = 2;
  std::string prefix;
  for (int i = 2; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--seeds") == 0) seeds = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--op") == 0) prefix = argv[i + 1];
  }
  if (verb != "parity" && verb != "bench") {
    std::fprintf(stderr, "usage: gpu_verify parity [--seeds N] [--op PREFIX] | bench\n");
    return 2;
  }
  if (const auto device = open_gpu(); !device) {
    std::fprintf(stderr, "gpu_verify: %s\n", device.error().to_string().c_str());
    return 3;
  }
  if (verb == "parity") return parity(seeds, prefix);
  const Status status = bench();
  if (status.is_ok()) return 0;
  std::fprintf(stderr, "gpu_verify: %s\n", status.to_string().c_str());
  return 1;
}

}  // namespace
}  // namespace weir::gpu_verify

int main(int argc, char** argv) {
  return weir::gpu_verify::main(argc, argv);
}
