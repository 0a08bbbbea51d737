#include <algorithm>

#include "base/result.hpp"
#include "ops/fft/convolve/convolve.hpp"
#include "ops/fft/convolve/direct.hpp"
#include "ops/fft/convolve/overlap.hpp"
#include "ops/fft/engine/scratch.hpp"

namespace weir::ops {
namespace {

void by_sums(CpuRun& run, const Convolve::Args& args, std::span<double> y) {
  constexpr std::size_t kShare = 8192;
  const std::size_t begin = fft::part_begin(args.kernel.size(), args.part);
  const fft::Grid2 x{args.x.data(), 1, args.x.size(), args.x.size()};
  const fft::Grid2 kernel{args.kernel.data(), 1, args.kernel.size(), args.kernel.size()};
  run.workers.run((y.size() + kShare - 1) / kShare, [&](std::size_t task) {
    const std::size_t at = task * kShare;
    fft::direct_row(x, kernel, 0, begin + at, y.subspan(at, std::min(kShare, y.size() - at)));
  });
}

void by_blocks(CpuRun& run, const Convolve::Args& args, std::span<double> y) {
  const fft::OverlapSave blocks(args.kernel);
  const std::size_t hop = blocks.hop();
  const std::size_t begin = fft::part_begin(args.kernel.size(), args.part);
  const std::size_t end = begin + y.size();
  const std::size_t first = begin / hop;
  run.workers.run((end + hop - 1) / hop - first, [&](std::size_t task) {
    const std::size_t block = first + task;
    const std::size_t from = std::max(begin, block * hop);
    const std::size_t to = std::min(end, (block + 1) * hop);
    const fft::ThreadScratch result_memory(fft::Scratch::kResult, hop);
    double* const result = result_memory.data();
    blocks.run(args.x, block, result);
    std::copy(result + (from - block * hop), result + (to - block * hop),
              y.begin() + static_cast<std::ptrdiff_t>(from - begin));
  });
}

}  // namespace

Status Convolve::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  if (out.y.empty()) return Status::ok();
  if (fft::choose(args.method, args.kernel.size()) == fft::Method::kDirect) {
    by_sums(run, args, out.y);
  } else {
    by_blocks(run, args, out.y);
  }
  return Status::ok();
}

}  // namespace weir::ops
