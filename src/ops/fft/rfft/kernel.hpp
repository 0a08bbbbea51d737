// The kernels of fft.rfft and fft.irfft and what drives them. Even lengths go by complex transforms
// of half the length, whose bins are told apart, or mixed, in shared memory; see
// engine/real_inl.hpp for the formulas.
#pragma once

#include "ops/fft/device_support.hpp"
#include "ops/fft/rfft/rfft.hpp"

namespace weir::ops {

// How a real transform lies over a complex one.
struct RealPlaces {
  std::uint32_t n;
  std::uint32_t bins;
  std::uint32_t sines_at;
};

template <bool kPowers>
struct RfftKernel {
  static constexpr int kThreadsMax = fft::kBlockThreadsMax;

  template <class Block>
  WEIR_HD void operator()(Block& block, fft::BlockStages plan, RealPlaces real, const double* turns,
                          const double* halves, const double* in, fft::Value* out,
                          std::uint64_t count) const {
    fft::Value* const buffer =
        block.template shared<fft::Value>(std::size_t{plan.together} * plan.n * 9 / 8 + 1);
    const std::uint64_t begin = std::uint64_t{block.index()} * plan.together;
    const std::uint32_t here = fft::transforms_here(plan, block.index(), count);
    const bool odd = real.n % 2 != 0;
    const auto load = [&](std::uint32_t g, std::uint32_t i) {
      const double* const row = in + (begin + g) * real.n;
      return odd ? fft::Value{row[i], 0} : reinterpret_cast<const fft::Value*>(row)[i];
    };
    const auto store = [&](std::uint32_t g, std::uint32_t i, fft::Value value) {
      if (i < real.bins) out[(begin + g) * real.bins + i] = value;
    };
    fft::run_stages<kPowers>(block, plan, turns, here, buffer, false, !odd, load, store);
    if (odd) return;
    const std::uint32_t h = plan.n;
    const std::uint32_t pairs = h / 2 + 1;  // k and h - k, for k = 0 bins 0 and h
    block.each_thread([&](unsigned t) {
      for (std::uint32_t item = t; item < here * pairs; item += block.threads()) {
        const std::uint32_t g = item / pairs;
        const std::uint32_t k = item - g * pairs;
        const fft::Value a = buffer[fft::place(g * h + k)];
        const fft::Value b = buffer[fft::place(g * h + (k == 0 ? 0 : h - k))];
        const fft::Value even = {0.5 * (a.re + b.re), 0.5 * (a.im - b.im)};
        const fft::Value rest = fft::times({0.5 * (a.im + b.im), 0.5 * (b.re - a.re)}, halves[k],
                                           halves[real.sines_at + k]);
        fft::Value* const row = out + (begin + g) * real.bins;
        if (k != 0 && 2 * k == h) {
          row[k] = {a.re, -a.im};
          continue;
        }
        row[k] = even + rest;
        row[h - k] = {even.re - rest.re, rest.im - even.im};
        if (k == 0) row[0].im = row[h].im = 0;
      }
    });
  }
};

template <bool kPowers>
struct IrfftKernel {
  static constexpr int kThreadsMax = fft::kBlockThreadsMax;

  template <class Block>
  WEIR_HD void operator()(Block& block, fft::BlockStages plan, RealPlaces real, const double* turns,
                          const double* halves, double scale, const fft::Value* in, double* out,
                          std::uint64_t count) const {
    fft::Value* const buffer =
        block.template shared<fft::Value>(std::size_t{plan.together} * plan.n * 9 / 8 + 1);
    const std::uint64_t begin = std::uint64_t{block.index()} * plan.together;
    const std::uint32_t here = fft::transforms_here(plan, block.index(), count);
    const bool odd = real.n % 2 != 0;
    if (!odd) mix(block, plan.n, real, halves, in + begin * real.bins, here, buffer);
    // Parts are exchanged on the way in and out: the inverse transform.
    const auto load = [&](std::uint32_t g, std::uint32_t i) {
      const fft::Value* const row = in + (begin + g) * real.bins;
      const fft::Value bin = i < real.bins ? row[i] : row[real.n - i];
      return fft::Value{i == 0 ? 0 : i < real.bins ? bin.im : -bin.im, bin.re};
    };
    const auto store = [&](std::uint32_t g, std::uint32_t i, fft::Value value) {
      double* const row = out + (begin + g) * real.n;
      if (odd) {
        row[i] = value.im * scale;
      } else {
        reinterpret_cast<fft::Value*>(row)[i] = {value.im * scale, value.re * scale};
      }
    };
    fft::run_stages<kPowers>(block, plan, turns, here, buffer, !odd, false, load, store);
  }

  // The bins of the complex transform of half the length, parts exchanged.
  template <class Block>
  WEIR_HD static void mix(Block& block, std::uint32_t h, const RealPlaces& real,
                          const double* halves, const fft::Value* in, std::uint32_t here,
                          fft::Value* buffer) {
    const std::uint32_t pairs = h / 2 + 1;
    block.each_thread([&](unsigned t) {
      for (std::uint32_t item = t; item < here * pairs; item += block.threads()) {
        const std::uint32_t g = item / pairs;
        const std::uint32_t k = item - g * pairs;
        fft::Value* const row = buffer;
        const fft::Value a = in[std::uint64_t{g} * real.bins + k];
        const fft::Value b = in[std::uint64_t{g} * real.bins + h - k];
        if (k == 0) {
          row[fft::place(g * h)] = {0.5 * (a.re - b.re), 0.5 * (a.re + b.re)};
          continue;
        }
        if (2 * k == h) {
          row[fft::place(g * h + k)] = {-a.im, a.re};
          continue;
        }
        const fft::Value even = {0.5 * (a.re + b.re), 0.5 * (a.im - b.im)};
        const fft::Value rest = fft::times({0.5 * (a.re - b.re), 0.5 * (a.im + b.im)}, halves[k],
                                           -halves[real.sines_at + k]);
        const fft::Value low = fft::plus_i(even, rest);
        row[fft::place(g * h + k)] = {low.im, low.re};
        row[fft::place(g * h + h - k)] = {rest.re - even.im, even.re + rest.im};
      }
    });
  }
};

// The tables of a real transform on the device.
struct RealTables {
  RealPlaces real;
  DeviceSpan<const double> turns;
  DeviceSpan<const double> halves;
};
inline Result<RealTables> keep_tables(DeviceRun& run, const fft::RealPlan& plan) {
  const RealPlaces real{static_cast<std::uint32_t>(plan.n), static_cast<std::uint32_t>(plan.bins()),
                        static_cast<std::uint32_t>(plan.sines_at)};
  WEIR_ASSIGN(const auto turns, fft::keep_table(run, plan.complex->stages.turns.span()));
  WEIR_ASSIGN(const auto halves, fft::keep_table(run, plan.turns.span()));
  return RealTables{real, turns, halves};
}

template <class Launcher>
Status rfft_on_device(DeviceRun& run, const Rfft::Args& args, Rfft::Output& out) {
  WEIR_TRY(Rfft::check_output(args, out));
  if (args.x.empty()) return Status::ok();
  const auto plan = fft::plans().real(args.n);
  const fft::BlockStages stages(plan->complex->stages);
  WEIR_ASSIGN(const RealTables tables, keep_tables(run, *plan));
  return run_chunks<Launcher>(
      run, args.batch(),
      [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
        const std::size_t rows = chunk.rows();
        WEIR_ASSIGN(const auto x, lane.upload(args.x.subspan(chunk.begin * args.n, rows * args.n)));
        WEIR_ASSIGN(const auto y, lane.template scratch<Complex>(rows * args.bins()));
        WEIR_TRY(fft::launch_stages<RfftKernel>(lane, stages, rows, tables.real, tables.turns.data,
                                                tables.halves.data, x.data, fft::values(y.data),
                                                std::uint64_t{rows}));
        return lane.download(y, out.y.subspan(chunk.begin * args.bins(), rows * args.bins()));
      },
      [](const Chunk&) { return Status::ok(); });
}

template <class Launcher>
Status irfft_on_device(DeviceRun& run, const Irfft::Args& args, Irfft::Output& out) {
  WEIR_TRY(Irfft::check_output(args, out));
  if (args.x.empty()) return Status::ok();
  const auto plan = fft::plans().real(args.n);
  const fft::BlockStages stages(plan->complex->stages);
  WEIR_ASSIGN(const RealTables tables, keep_tables(run, *plan));
  // The transform of half the length divides by half as much.
  const double scale = (args.n % 2 == 0 ? 2.0 : 1.0) / static_cast<double>(args.n);
  return run_chunks<Launcher>(
      run, args.batch(),
      [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
        const std::size_t rows = chunk.rows();
        WEIR_ASSIGN(const auto x,
                    lane.upload(args.x.subspan(chunk.begin * args.bins(), rows * args.bins())));
        WEIR_ASSIGN(const auto y, lane.template scratch<double>(rows * args.n));
        WEIR_TRY(fft::launch_stages<IrfftKernel>(lane, stages, rows, tables.real, tables.turns.data,
                                                 tables.halves.data, scale, fft::values(x.data),
                                                 y.data, std::uint64_t{rows}));
        return lane.download(y, out.y.subspan(chunk.begin * args.n, rows * args.n));
      },
      [](const Chunk&) { return Status::ok(); });
}

}  // namespace weir::ops
