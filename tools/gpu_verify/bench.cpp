#include "tools/gpu_verify/bench.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "ops/execute.hpp"
#include "ops/fft/fft/fft.hpp"
#include "ops/fft/rfft/rfft.hpp"
#include "ops/filter/compact/compact.hpp"
#include "ops/group/sum/group_sum.hpp"
#include "ops/hash/merkle_root/merkle_root.hpp"
#include "ops/hash/sha256_batch/sha256_batch.hpp"
#include "ops/join/match/join_match.hpp"
#include "ops/matrix/add/add.hpp"
#include "ops/matrix/multiply/multiply.hpp"
#include "ops/matrix/transpose/transpose.hpp"
#include "ops/sort/argsort/argsort.hpp"
#include "ops/sort/keys/sort_keys.hpp"
#include "ops/sparse/spmv/spmv.hpp"
#include "ops/stats/covariance/covariance.hpp"
#include "ops/stats/dot/dot.hpp"
#include "ops/stats/histogram/histogram.hpp"
#include "ops/stats/moments/moments.hpp"
#include "ops/stats/sum/sum.hpp"
#include "ops/stats/window_features/window_features.hpp"

namespace weir::gpu_verify {
namespace {

constexpr std::size_t kCopyBytes = std::size_t{256} << 20;
constexpr int kCopies = 16;
constexpr int kRepeats = 5;
constexpr std::size_t kValues = std::size_t{16} << 20;

double seconds_since(std::int64_t begin_ns) {
  return static_cast<double>(system_clock().mono_ns() - begin_ns) * 1e-9;
}

template <class... Values>
std::string formatted(const char* format, Values... values) {
  char text[256];
  std::snprintf(text, sizeof(text), format, values...);
  return text;
}

// Returns the median seconds of `work`, called kRepeats times after one warm-up.
template <class Work>
Result<double> median_seconds(Work&& work) {
  WEIR_TRY(work());
  std::array<double, kRepeats> taken;
  for (double& seconds : taken) {
    const std::int64_t begin_ns = system_clock().mono_ns();
    WEIR_TRY(work());
    seconds = seconds_since(begin_ns);
  }
  std::nth_element(taken.begin(), taken.begin() + kRepeats / 2, taken.end());
  return taken[kRepeats / 2];
}

// The numbers that data is made of: a few thousand different ones.
std::size_t mixed(std::size_t i) {
  return i * 2654435761U >> 7;
}

template <class T>
std::vector<T> numbers(std::size_t n) {
  std::vector<T> values(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto number = static_cast<float>(mixed(i) % 4099) / 4099.0F - 0.5F;
    if constexpr (std::is_same_v<T, ops::BFloat16>) {
      values[i] = ops::to_bfloat16(number);
    } else if constexpr (std::is_integral_v<T>) {
      values[i] = static_cast<T>(mixed(i));
    } else {
      values[i] = static_cast<T>(number);
    }
  }
  return values;
}

// Bytes read and written a second by copies within the device.
Result<double> copy_rate(device::Device& device) {
  WEIR_ASSIGN(auto stream, device.create_stream());
  WEIR_ASSIGN(auto reservation, device.reserve(2 * kCopyBytes, device::Tag::kColumns));
  WEIR_ASSIGN(const auto from, device.allocate(kCopyBytes, reservation, stream));
  WEIR_ASSIGN(const auto to, device.allocate(kCopyBytes, reservation, stream));
  WEIR_ASSIGN(const double seconds, median_seconds([&]() -> Status {
                for (int i = 0; i < kCopies; ++i) {
                  WEIR_TRY(stream.copy_on_device(to.data(), from.data(), kCopyBytes));
                }
                return stream.synchronize();
              }));
  return 2.0 * kCopies * static_cast<double>(kCopyBytes) / seconds;
}

class Bench {
 public:
  explicit Bench(const Gpu& gpu) : gpu_(gpu) {}

  // Times an op on data of the host: all of it, and its kernels alone.
  template <class Op>
  Result<std::string> time(const typename Op::Args& args, typename Op::Output& out) {
    WEIR_ASSIGN(auto device, open());
    WEIR_ASSIGN(const double rate, copy_rate(*device));
    ops::Context context(ops::Workers(1), system_clock());
    context.use_device(std::move(device), {});
    ops::RunOptions options;
    options.placement = ops::Placement::kGpu;
    options.fallback = ops::Fallback::kRaise;
    ops::Report report;
    std::vector<double> kernels;
    WEIR_ASSIGN(const double seconds, median_seconds([&]() -> Status {
                  WEIR_ASSIGN(report, ops::execute<Op>(context, args, out, options));
                  kernels.push_back(times_.take_seconds());
                  return Status::ok();
                }));
    std::nth_element(kernels.begin(), kernels.begin() + kRepeats / 2, kernels.end());
    const double of_kernels = kernels[kRepeats / 2];
    std::string line = formatted("\"seconds\": %.4g, \"predicted_seconds\": %.4g, ", seconds,
                                 report.predicted_seconds) +
                       formatted("\"bytes_up\": %llu, \"bytes_down\": %llu, \"chunks\": %llu",
                                 static_cast<unsigned long long>(report.bytes_up),
                                 static_cast<unsigned long long>(report.bytes_down),
                                 static_cast<unsigned long long>(report.chunks));
    if (of_kernels > 0) {
      line += formatted(
          ", \"kernel_seconds\": %.4g, \"kernel_bytes_per_s\": %.4g, "
          "\"share_of_copy_rate\": %.3f, \"kernel_gigaflops\": %.4g",
          of_kernels, static_cast<double>(report.bytes) / of_kernels,
          static_cast<double>(report.bytes) / of_kernels / rate, report.flops / of_kernels * 1e-9);
    }
    return line;
  }

  Result<std::unique_ptr<device::Device>> open() {
    device::DeviceLimits limits;
    limits.memory_bytes_max = std::size_t{4} << 30;
    limits.chunk_bytes = std::size_t{2} << 30;
    limits.scratch_bytes = std::size_t{2} << 30;
    limits.op_timeout_ms = 60'000;
    return gpu_.device(limits, &times_);
  }

 private:
  const Gpu& gpu_;
  KernelTimes times_;
};

// Copies as ops make them: through the staging ring, and within the device.
Result<std::string> copies(Bench& bench) {
  WEIR_ASSIGN(auto device, bench.open());
  WEIR_ASSIGN(const double inside, copy_rate(*device));
  WEIR_ASSIGN(auto stream, device->create_stream());
  WEIR_ASSIGN(auto reservation, device->reserve(kCopyBytes, device::Tag::kColumns));
  WEIR_ASSIGN(const auto memory, device->allocate(kCopyBytes, reservation, stream));
  std::vector<std::uint8_t> host = numbers<std::uint8_t>(kCopyBytes);
  WEIR_ASSIGN(const double up, median_seconds([&]() -> Status {
                WEIR_TRY(stream.upload(memory.data(), host.data(), kCopyBytes));
                return stream.synchronize();
              }));
  WEIR_ASSIGN(const double down, median_seconds([&]() -> Status {
                WEIR_TRY(stream.download(host.data(), memory.data(), kCopyBytes));
                return stream.synchronize();
              }));
  WEIR_ASSIGN(const double small, median_seconds([&]() -> Status {
                WEIR_TRY(stream.fill(memory.data(), 0, 256));
                return stream.synchronize();
              }));
  const auto bytes = static_cast<double>(kCopyBytes);
  return formatted(
      "\"device_copy_bytes_per_s\": %.4g, \"up_bytes_per_s\": %.4g, \"down_bytes_per_s\": %.4g, "
      "\"small_work_seconds\": %.3g",
      inside, bytes / up, bytes / down, small);
}

template <class M, std::size_t kSide>
Result<std::string> multiply(Bench& bench) {
  const auto a = numbers<typename M::Left>(kSide * kSide);
  const auto b = numbers<typename M::Right>(kSide * kSide);
  std::vector<typename M::Sum> c(kSide * kSide);
  typename M::Output out{.c = {c.data(), kSide, kSide}};
  return bench.time<M>({.a = {a.data(), kSide, kSide}, .b = {b.data(), kSide, kSide}}, out);
}

Result<std::string> add(Bench& bench) {
  constexpr std::size_t kSide = 4096;
  const auto a = numbers<float>(kSide * kSide);
  const auto b = numbers<float>(kSide * kSide);
  std::vector<float> c(kSide * kSide);
  ops::AddF32::Output out{.c = {c.data(), kSide, kSide}};
  return bench.time<ops::AddF32>({.a = {a.data(), kSide, kSide}, .b = {b.data(), kSide, kSide}},
                                 out);
}

Result<std::string> transpose(Bench& bench) {
  constexpr std::size_t kSide = 4096;
  const auto a = numbers<float>(kSide * kSide);
  std::vector<float> c(kSide * kSide);
  ops::TransposeF32::Output out{.c = {c.data(), kSide, kSide}};
  return bench.time<ops::TransposeF32>({.a = {a.data(), kSide, kSide}}, out);
}

ops::Values column(const std::vector<double>& values) {
  return ops::Values::of(std::span<const double>(values));
}

// An op on one column of doubles.
template <class Op>
Result<std::string> of_column(Bench& bench) {
  const auto x = numbers<double>(4 * kValues);
  typename Op::Output out;
  return bench.time<Op>({.x = column(x)}, out);
}

Result<std::string> dot(Bench& bench) {
  const auto x = numbers<double>(2 * kValues);
  const auto y = numbers<double>(2 * kValues);
  ops::Dot::Output out;
  return bench.time<ops::Dot>({.x = column(x), .y = column(y)}, out);
}

Result<std::string> histogram(Bench& bench) {
  const auto x = numbers<double>(kValues);
  std::vector<std::uint64_t> counts(64);
  ops::Histogram::Output out{.counts = counts};
  return bench.time<ops::Histogram>({.x = column(x), .low = -0.5, .high = 0.5, .bins = 64}, out);
}

Result<std::string> covariance(Bench& bench) {
  constexpr std::size_t kColumns = 64;
  const auto x = numbers<double>(kValues);
  std::vector<double> matrix(kColumns * kColumns);
  ops::Covariance::Output out{.matrix = {matrix.data(), kColumns, kColumns}};
  return bench.time<ops::Covariance>({.x = {x.data(), kValues / kColumns, kColumns}}, out);
}

Result<std::string> window_features(Bench& bench) {
  const auto series = numbers<double>(kValues / 4);
  const ops::WindowFeatures::Args args{.series = series, .size = 64, .stride = 4};
  std::vector<double> features(ops::WindowFeatures::windows(series.size(), args.size, args.stride) *
                               ops::kWindowFeatures);
  ops::WindowFeatures::Output out{.features = features};
  return bench.time<ops::WindowFeatures>(args, out);
}

// Messages of 256 bytes.
struct Messages {
  static constexpr std::size_t kCount = std::size_t{1} << 20;
  std::vector<std::uint8_t> bytes = numbers<std::uint8_t>(256 * kCount);
  std::vector<std::uint64_t> offsets = std::vector<std::uint64_t>(kCount + 1);
  Messages() {
    for (std::size_t i = 0; i <= kCount; ++i) offsets[i] = 256 * i;
  }
};

Result<std::string> sha256(Bench& bench) {
  const Messages messages;
  std::vector<Digest> digests(Messages::kCount);
  ops::Sha256Batch::Output out{.digests = digests};
  return bench.time<ops::Sha256Batch>({.messages = {messages.bytes, messages.offsets}}, out);
}

Result<std::string> merkle_root(Bench& bench) {
  const Messages messages;
  ops::MerkleRoot::Output out;
  return bench.time<ops::MerkleRoot>({.messages = {messages.bytes, messages.offsets}}, out);
}

Result<std::string> spmv(Bench& bench) {
  constexpr std::size_t kRows = std::size_t{1} << 20;
  constexpr std::size_t kEntries = 16;  // of a row
  std::vector<std::uint64_t> offsets(kRows + 1);
  std::vector<std::uint32_t> columns(kEntries * kRows);
  for (std::size_t r = 0; r <= kRows; ++r) offsets[r] = kEntries * r;
  for (std::size_t e = 0; e < columns.size(); ++e) {
    const std::size_t part = kRows / kEntries;  // columns rise within a row
    columns[e] = static_cast<std::uint32_t>(e % kEntries * part + mixed(e) % part);
  }
  const auto values = numbers<double>(columns.size());
  const auto x = numbers<double>(kRows);
  std::vector<double> y(kRows);
  WEIR_ASSIGN(const ops::CsrView a, ops::csr_view(kRows, kRows, offsets, columns, values));
  ops::Spmv::Output out{.y = y};
  return bench.time<ops::Spmv>({.a = a, .x = x}, out);
}

Result<std::string> compact(Bench& bench) {
  const auto values = numbers<double>(2 * kValues);
  const auto bits = numbers<std::uint64_t>(2 * kValues / 64);
  std::size_t kept = 0;
  for (const std::uint64_t word : bits) {
    kept += static_cast<std::size_t>(__builtin_popcountll(word));
  }
  std::vector<double> packed(kept);
  const ops::Compact::Args args{
      .bits = bits,
      .rows = values.size(),
      .values = {reinterpret_cast<const char*>(values.data()), 8 * values.size()}};
  ops::Compact::Output out{.values = {reinterpret_cast<char*>(packed.data()), 8 * kept}};
  return bench.time<ops::Compact>(args, out);
}

Result<std::string> sort_keys(Bench& bench) {
  const auto keys = numbers<std::uint64_t>(kValues);
  std::vector<std::uint64_t> sorted(keys.size());
  ops::SortKeys::Output out{.keys = sorted};
  return bench.time<ops::SortKeys>({.keys = keys}, out);
}

Result<std::string> argsort(Bench& bench) {
  const auto keys = numbers<std::uint64_t>(kValues);
  std::vector<std::uint32_t> rows(keys.size());
  ops::Argsort::Output out{.rows = rows};
  return bench.time<ops::Argsort>({.keys = keys, .words = 1, .rows = keys.size()}, out);
}

Result<std::string> group_sum(Bench& bench) {
  constexpr std::uint32_t kGroups = 10'000;
  std::vector<std::uint32_t> ids(kValues);
  for (std::size_t i = 0; i < ids.size(); ++i)
    ids[i] = static_cast<std::uint32_t>(mixed(i) % kGroups);
  const auto values = numbers<double>(ids.size());
  std::vector<double> sums(kGroups);
  ops::GroupSum::Output out{.sums = sums};
  return bench.time<ops::GroupSum>({.ids = ids, .values = values, .groups = kGroups}, out);
}

Result<std::string> join_match(Bench& bench) {
  constexpr std::size_t kRight = std::size_t{1} << 20;
  std::vector<std::uint64_t> right(kRight);
  std::vector<std::uint64_t> left(8 * kRight);
  for (std::size_t i = 0; i < right.size(); ++i) right[i] = i;
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = mixed(i) % (2 * kRight);
  ops::JoinMatch::Output out;
  return bench.time<ops::JoinMatch>({.left = left, .right = right}, out);
}

Result<std::string> fft(Bench& bench) {
  const auto parts = numbers<double>(2 * kValues);
  std::vector<ops::Complex> x(kValues);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = {parts[2 * i], parts[2 * i + 1]};
  std::vector<ops::Complex> y(x.size());
  ops::Fft::Output out{.y = y};
  return bench.time<ops::Fft>({.x = x, .n = 1024}, out);
}

Result<std::string> rfft(Bench& bench) {
  const auto x = numbers<double>(kValues);
  const ops::Rfft::Args args{.x = x, .n = 1024};
  std::vector<ops::Complex> y(args.batch() * args.bins());
  ops::Rfft::Output out{.y = y};
  return bench.time<ops::Rfft>(args, out);
}

struct Workload {
  std::string_view name;
  Result<std::string> (*run)(Bench& bench);
};

constexpr Workload kWorkloads[] = {
    {"copies", copies},
    {"multiply_f64_2048", multiply<ops::MultiplyF64, 2048>},
    {"multiply_f32_4096", multiply<ops::MultiplyF32, 4096>},
    {"multiply_bf16_4096", multiply<ops::MultiplyBf16, 4096>},
    {"multiply_s8_4096", multiply<ops::MultiplyS8, 4096>},
    {"add_f32_4096x4096", add},
    {"transpose_f32_4096x4096", transpose},
    {"sum_64m", of_column<ops::Sum>},
    {"dot_32m", dot},
    {"moments_64m", of_column<ops::MomentsOf>},
    {"histogram_16m_64_bins", histogram},
    {"covariance_256k_x_64", covariance},
    {"window_features_4m_64_by_4", window_features},
    {"sha256_1m_of_256_bytes", sha256},
    {"merkle_root_1m_of_256_bytes", merkle_root},
    {"spmv_1m_rows_of_16", spmv},
    {"compact_32m_half", compact},
    {"sort_keys_16m", sort_keys},
    {"argsort_16m", argsort},
    {"group_sum_16m_10k_groups", group_sum},
    {"join_match_8m_with_1m", join_match},
    {"fft_16k_of_1024", fft},
    {"rfft_16k_of_1024", rfft},
};

}  // namespace

std::vector<std::string_view> workloads() {
  std::vector<std::string_view> names;
  for (const Workload& one : kWorkloads) names.push_back(one.name);
  return names;
}

Result<std::string> bench(const Gpu& gpu, std::string_view workload) {
  for (const Workload& one : kWorkloads) {
    if (one.name != workload) continue;
    Bench bench(gpu);
    WEIR_ASSIGN(const std::string figures, one.run(bench));
    return "{\"name\": " + quoted(workload) + ", " + figures + "}";
  }
  return fail(not_found("workload", "no workload " + std::string(workload)));
}

}  // namespace weir::gpu_verify
