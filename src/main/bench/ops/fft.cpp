// Workloads of transforms.
#include <memory>

#include "main/bench/ops/workload.hpp"
#include "ops/fft/rfft/rfft.hpp"

namespace weir::main {
namespace {

constexpr std::size_t kRequiredLength = 1024;  // up to here twice as fast as the peer

Result<Run> make_rfft(ops::Workers& workers, std::size_t n, std::size_t batch) {
  struct Data {
    std::vector<double> x;
    std::vector<ops::Complex> y;
  };
  auto data = std::make_shared<Data>();
  data->x = bench_numbers(n * batch, 8);
  data->y.resize((n / 2 + 1) * batch);
  return Run([data, n, &workers]() -> Status {
    ops::CpuRun run{workers};
    ops::Rfft::Output out{data->y};
    return ops::Rfft::cpu(run, {.x = data->x, .n = n}, out);
  });
}

Workload rfft(std::string_view name, std::string_view what, std::size_t n, std::size_t batch) {
  Workload workload;
  workload.name = name;
  workload.family = "fft";
  workload.what = what;
  workload.peer = name;
  workload.peer_ratio_required = n <= kRequiredLength ? 0.5 : 0;
  workload.make = [n, batch](ops::Workers& workers) { return make_rfft(workers, n, batch); };
  return workload;
}

}  // namespace

std::vector<Workload> fft_workloads() {
  return {rfft("rfft_64", "4,096 transforms of 64 reals", 64, 4096),
          rfft("rfft_1024", "256 transforms of 1,024 reals", 1024, 256),
          rfft("rfft_65536", "64 transforms of 65,536 reals", 65'536, 64)};
}

}  // namespace weir::main
