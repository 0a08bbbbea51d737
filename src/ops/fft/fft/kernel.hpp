// The kernel of fft.fft and what drives it: a block takes a few whole transforms; values are read
// and written once.
#pragma once

#include <algorithm>
#include <vector>

#include "ops/fft/device_support.hpp"
#include "ops/fft/fft/fft.hpp"

namespace weir::ops {

template <bool kPowers>
struct FftKernel {
  static constexpr int kThreadsMax = fft::kBlockThreadsMax;

  template <class Block>
  WEIR_HD void operator()(Block& block, fft::BlockStages plan, const double* turns, bool inverse,
                          double scale, const fft::Value* in, fft::Value* out,
                          std::uint64_t count) const {
    fft::Value* const buffer =
        block.template shared<fft::Value>(std::size_t{plan.together} * plan.n * 9 / 8 + 1);
    const std::uint64_t begin = std::uint64_t{block.index()} * plan.together * plan.n;
    // The inverse transform is the forward one with real and imaginary parts exchanged.
    const auto load = [&](std::uint32_t g, std::uint32_t i) {
      const fft::Value value = in[begin + std::uint64_t{g} * plan.n + i];
      return inverse ? fft::Value{value.im, value.re} : value;
    };
    const auto store = [&](std::uint32_t g, std::uint32_t i, fft::Value value) {
      out[begin + std::uint64_t{g} * plan.n + i] =
          inverse ? fft::Value{value.im * scale, value.re * scale}
                  : fft::Value{value.re * scale, value.im * scale};
    };
    fft::run_stages<kPowers>(block, plan, turns, fft::transforms_here(plan, block.index(), count),
                             buffer, false, false, load, store);
  }
};

template <class Launcher>
Status fft_on_device(DeviceRun& run, const Fft::Args& args, Fft::Output& out) {
  WEIR_TRY(Fft::check_output(args, out));
  if (args.x.empty()) return Status::ok();
  const auto plan = fft::plans().complex(args.n);
  const fft::BlockStages stages(plan->stages);
  WEIR_ASSIGN(const auto turns, fft::keep_table(run, plan->stages.turns.span()));
  const bool inverse = args.direction == fft::Direction::kInverse;
  const double scale = inverse ? 1.0 / static_cast<double>(args.n) : 1.0;
  // In place, results wait beside the values until all are there: a device may fail half way and
  // the CPU start again from values that must then be as they were.
  std::vector<Complex> apart(out.y.data() == args.x.data() ? out.y.size() : 0);
  const std::span<Complex> y_host = apart.empty() ? out.y : std::span<Complex>(apart);
  const Status done = run_chunks<Launcher>(
      run, args.batch(),
      [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
        const std::size_t from = chunk.begin * args.n;
        const std::size_t size = chunk.rows() * args.n;
        WEIR_ASSIGN(const auto x, lane.upload(args.x.subspan(from, size)));
        WEIR_ASSIGN(const auto y, lane.template scratch<Complex>(size));
        WEIR_TRY(fft::launch_stages<FftKernel>(lane, stages, chunk.rows(), turns.data, inverse,
                                               scale, fft::values(x.data), fft::values(y.data),
                                               std::uint64_t{chunk.rows()}));
        return lane.download(y, y_host.subspan(from, size));
      },
      [](const Chunk&) { return Status::ok(); });
  WEIR_TRY(done);
  std::copy(apart.begin(), apart.end(), out.y.begin());
  return Status::ok();
}

}  // namespace weir::ops
