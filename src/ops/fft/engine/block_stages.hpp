// The stages of a transform as phases of a kernel: a block of threads takes a few transforms
// through shared memory.
//
//   BlockStages stages(plan);   // on the host, the rest in the kernel
//   run_stages<false>(block, stages, turns, transforms, buffer, false, true, load, store);
//
// A thread takes at most kHeldMax values of a stage into registers; when all have, it puts its
// results in their places. The first stage reads from `load`, the last one writes to `store`; in
// between values lie in shared memory, one place left free after every eight, so that threads whose
// places are eight apart do not meet in one bank.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/host_device.hpp"
#include "device/block.hpp"
#include "ops/fft/engine/circle.hpp"
#include "ops/fft/engine/plan.hpp"

namespace weir::ops::fft {

// The longest complex transform of a block.
inline constexpr std::size_t kBlockLengthMax = 4096;
inline constexpr std::size_t kBlockStagesMax = 12;
inline constexpr unsigned kBlockThreadsMax = 512;
inline constexpr unsigned kHeldMax = 8;  // values a thread takes, but for a larger radix

struct alignas(16) Value {
  double re;
  double im;
};

// The places of a plan, in a form that kernels take by value.
struct BlockStages {
  struct Stage {
    std::uint32_t radix;
    std::uint32_t s;
    std::uint32_t m;
    std::uint32_t turns_at;
  };
  std::uint32_t n = 1;
  std::uint32_t count = 0;
  std::uint32_t together = 1;  // transforms a block takes
  std::uint32_t threads = 128;
  Stage stages[kBlockStagesMax] = {};

  // `plan` is a product of the radices of at most kBlockLengthMax.
  explicit BlockStages(const Stages& plan) : n(static_cast<std::uint32_t>(plan.n)) {
    for (const fft::Stage& stage : plan.stages) {
      stages[count++] = {stage.radix, static_cast<std::uint32_t>(stage.s),
                         static_cast<std::uint32_t>(stage.m),
                         static_cast<std::uint32_t>(stage.turns_at)};
    }
    while (threads * kHeldMax < n) threads *= 2;
    together = threads * kHeldMax / n;
  }
  bool is_power() const { return (n & (n - 1)) == 0; }
  std::size_t places() const { return std::size_t{together} * n * 9 / 8 + 1; }
  device::Grid grid(std::size_t transforms) const {
    return {static_cast<std::uint32_t>((transforms + together - 1) / together), threads,
            device::shared_size<Value>(places())};
  }
};

WEIR_HD inline std::uint32_t place(std::uint32_t i) {
  return i + i / 8;
}
WEIR_HD inline Value operator+(Value a, Value b) {
  return {a.re + b.re, a.im + b.im};
}
WEIR_HD inline Value operator-(Value a, Value b) {
  return {a.re - b.re, a.im - b.im};
}
WEIR_HD inline Value times(Value a, double re, double im) {
  return {a.re * re - a.im * im, a.im * re + a.re * im};
}
// a - i b and a + i b.
WEIR_HD inline Value minus_i(Value a, Value b) {
  return {a.re + b.im, a.im - b.re};
}
WEIR_HD inline Value plus_i(Value a, Value b) {
  return {a.re - b.im, a.im + b.re};
}

template <unsigned R>
struct CircleTable {
  double cos[R] = {};
  double sin[R] = {};
  constexpr CircleTable() {
    for (unsigned k = 1; k < R; ++k) {
      cos[k] = circle_cos<R>(k);
      sin[k] = circle_sin<R>(k);
    }
  }
};

template <unsigned R>
WEIR_HD inline void odd_block_butterfly(Value* x) {
  constexpr CircleTable<R> kCircle;
  constexpr unsigned kPairs = (R - 1) / 2;
  Value t[kPairs];
  Value u[kPairs];
  const Value first = x[0];
  WEIR_UNROLL(16)
  for (unsigned k = 0; k < kPairs; ++k) {
    t[k] = x[k + 1] + x[R - 1 - k];
    u[k] = x[k + 1] - x[R - 1 - k];
    x[0] = x[0] + t[k];
  }
  WEIR_UNROLL(16)
  for (unsigned j = 1; j <= kPairs; ++j) {
    Value even = first;
    Value odd = {0, 0};
    WEIR_UNROLL(16)
    for (unsigned k = 0; k < kPairs; ++k) {
      const unsigned at = j * (k + 1) % R;
      even = {even.re + t[k].re * kCircle.cos[at], even.im + t[k].im * kCircle.cos[at]};
      odd = {odd.re + u[k].re * kCircle.sin[at], odd.im + u[k].im * kCircle.sin[at]};
    }
    x[j] = minus_i(even, odd);
    x[R - j] = plus_i(even, odd);
  }
}

WEIR_HD inline void four_block_butterfly(Value& a, Value& b, Value& c, Value& e) {
  const Value t0 = a + c;
  const Value t1 = a - c;
  const Value t2 = b + e;
  const Value t3 = b - e;
  a = t0 + t2;
  b = minus_i(t1, t3);
  c = t0 - t2;
  e = plus_i(t1, t3);
}

template <unsigned R>
WEIR_HD inline void block_butterfly(Value* x) {
  if constexpr (R == 2) {
    const Value a = x[0];
    x[0] = a + x[1];
    x[1] = a - x[1];
  } else if constexpr (R == 4) {
    four_block_butterfly(x[0], x[1], x[2], x[3]);
  } else if constexpr (R == 8) {
    four_block_butterfly(x[0], x[2], x[4], x[6]);
    four_block_butterfly(x[1], x[3], x[5], x[7]);
    constexpr double kRoot = 0x1.6a09e667f3bcdp-1;  // sqrt(1/2)
    const Value odd[4] = {
        x[1], times(x[3], kRoot, -kRoot), {x[5].im, -x[5].re}, times(x[7], -kRoot, -kRoot)};
    const Value even[4] = {x[0], x[2], x[4], x[6]};
    WEIR_UNROLL(16)
    for (unsigned k = 0; k < 4; ++k) {
      x[k] = even[k] + odd[k];
      x[k + 4] = even[k] - odd[k];
    }
  } else {
    odd_block_butterfly<R>(x);
  }
}

// load(g, i) and store(g, i, value) take place i of the block's transform g.
template <unsigned R, class Block, class Load, class Store>
WEIR_HD void block_stage(Block& block, const BlockStages& plan, const BlockStages::Stage& stage,
                         const double* turns, std::uint32_t transforms, Load&& load,
                         Store&& store) {
  constexpr unsigned kMine = (kHeldMax + R - 1) / R;
  struct Held {
    Value x[kMine * R];
  };
  const std::uint32_t each = plan.n / R;
  const std::uint32_t all = transforms * each;
  const std::uint32_t s = stage.s;
  const std::uint32_t m = stage.m;
  const bool first = s == 1;
  auto held = block.template per_thread<Held>();
  block.each_thread([&](unsigned t) {
    WEIR_UNROLL(16)
    for (unsigned mine = 0; mine < kMine; ++mine) {
      const std::uint32_t b = t + mine * block.threads();
      if (b >= all) continue;
      const std::uint32_t g = b / each;
      const std::uint32_t p = (b - g * each) / s;
      const std::uint32_t q = b - g * each - p * s;
      Value* const x = held[t].x + mine * R;
      WEIR_UNROLL(16)
      for (unsigned j = 0; j < R; ++j) x[j] = load(g, q + s * (p + m * j));
      block_butterfly<R>(x);
      if (m == 1) continue;
      const double* const turn = turns + stage.turns_at + (first ? p : 2 * (R - 1) * p);
      WEIR_UNROLL(16)
      for (unsigned j = 1; j < R; ++j) {
        const double* const w = turn + (first ? 2 * m * (j - 1) : 2 * (j - 1));
        x[j] = times(x[j], w[0], w[first ? m : 1]);
      }
    }
  });
  block.each_thread([&](unsigned t) {
    WEIR_UNROLL(16)
    for (unsigned mine = 0; mine < kMine; ++mine) {
      const std::uint32_t b = t + mine * block.threads();
      if (b >= all) continue;
      const std::uint32_t g = b / each;
      const std::uint32_t p = (b - g * each) / s;
      const std::uint32_t q = b - g * each - p * s;
      const Value* const x = held[t].x + mine * R;
      WEIR_UNROLL(16)
      for (unsigned j = 0; j < R; ++j) store(g, q + s * (R * p + j), x[j]);
    }
  });
}

template <unsigned R>
struct Radix {
  WEIR_HD constexpr unsigned operator()() const { return R; }
};

// Calls f with the radix as a constant. Kernels for powers of two alone need half the registers.
template <bool kPowers, class F>
WEIR_HD void run_radix(std::uint32_t radix, F&& f) {
  if (radix == 8) return f(Radix<8>());
  if (radix == 4) return f(Radix<4>());
  if (radix == 2) return f(Radix<2>());
  if constexpr (!kPowers) {
    if (radix == 3) return f(Radix<3>());
    if (radix == 5) return f(Radix<5>());
    if (radix == 7) return f(Radix<7>());
    if (radix == 11) return f(Radix<11>());
    return f(Radix<13>());
  }
}

// All stages of `transforms` transforms; with kPowers, of a power of two. With `from_buffer` the
// first one reads the buffer, not `load`; with `to_buffer` the last one leaves its results there.
template <bool kPowers, class Block, class Load, class Store>
WEIR_HD void run_stages(Block& block, const BlockStages& plan, const double* turns,
                        std::uint32_t transforms, Value* buffer, bool from_buffer, bool to_buffer,
                        Load&& load, Store&& store) {
  for (std::uint32_t i = 0; i < plan.count; ++i) {
    const BlockStages::Stage stage = plan.stages[i];
    const bool outside = i == 0 && !from_buffer;
    const bool out = i + 1 == plan.count && !to_buffer;
    const auto get = [&](std::uint32_t g, std::uint32_t at) {
      return outside ? load(g, at) : buffer[place(g * plan.n + at)];
    };
    const auto put = [&](std::uint32_t g, std::uint32_t at, Value value) {
      if (out) {
        store(g, at, value);
      } else {
        buffer[place(g * plan.n + at)] = value;
      }
    };
    const auto by = [&](auto radix) {
      block_stage<radix()>(block, plan, stage, turns, transforms, get, put);
    };
    run_radix<kPowers>(stage.radix, by);
  }
  if (plan.count != 0) return;  // n = 1: the transform is the value
  block.each_thread([&](unsigned t) {
    for (std::uint32_t g = t; g < transforms; g += block.threads()) {
      const Value value = from_buffer ? buffer[place(g)] : load(g, 0);
      if (to_buffer) {
        buffer[place(g)] = value;
      } else {
        store(g, 0, value);
      }
    }
  });
}

}  // namespace weir::ops::fft
