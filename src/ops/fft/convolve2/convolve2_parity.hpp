// The parity cases of fft.convolve2; see ops/parity/case.hpp.
#pragma once

#include "ops/fft/convolve/convolve_parity.hpp"
#include "ops/fft/convolve2/convolve2.hpp"

namespace weir::ops {

template <>
struct Parity<Convolve2> {
  struct Sides {
    std::size_t height;
    std::size_t width;
  };
  static std::vector<ParityCase<Convolve2>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Convolve2>> all;
    Philox rng(seed, 5);
    const auto add = [&](Sides x, Sides kernel, fft::Sample kind) {
      const std::size_t n = x.height * x.width;
      const std::size_t m = kernel.height * kernel.width;
      const auto data = std::make_shared<std::vector<double>>(fft::sample(n, rng, kind));
      for (const double value : fft::sample(m, rng)) data->push_back(value);
      for (const fft::Part part : {fft::Part::kFull, fft::Part::kSame, fft::Part::kValid}) {
        for (const fft::Method method : {fft::Method::kDirect, fft::Method::kFft}) {
          Convolve2::Args args{.x = std::span(*data).first(n),
                               .height = x.height,
                               .width = x.width,
                               .kernel = std::span(*data).last(m),
                               .kernel_height = kernel.height,
                               .kernel_width = kernel.width,
                               .part = part,
                               .method = method};
          all.push_back({std::to_string(x.height) + " x " + std::to_string(x.width) + " * " +
                             std::to_string(kernel.height) + " x " + std::to_string(kernel.width) +
                             " part " + std::to_string(static_cast<int>(part)) + " method " +
                             std::to_string(static_cast<int>(method)),
                         args, data});
        }
      }
    };
    add({0, 5}, {2, 2}, fft::Sample::kUnit);
    add({5, 0}, {2, 2}, fft::Sample::kUnit);
    add({1, 1}, {1, 1}, fft::Sample::kUnit);
    add({3, 3}, {4, 1}, fft::Sample::kUnit);
    add({3, 3}, {0, 4}, fft::Sample::kUnit);
    for (const std::size_t side : {31U, 32U, 33U, 65U}) {
      add({side, 96 - side}, {3, 5}, fft::kSamples[side % 5]);
    }
    add({80, 70}, {17, 16}, fft::Sample::kUnit);
    for (int i = 0; i < 8; ++i) {
      add({rng.next_below(70), rng.next_below(70)}, {1 + rng.next_below(9), 1 + rng.next_below(9)},
          fft::kSamples[i % 5]);
    }
    return all;
  }
  static Convolve2::Output output(const Convolve2::Args& args) {
    return {.y = parity::guarded<double>(args.size())};
  }
  static std::string compare(const Convolve2::Args& args, const Convolve2::Output& expected,
                             const Convolve2::Output& got) {
    bool finite = true;
    const long double norms = fft::finite_norm2(args.x, finite) * fft::norm2(args.kernel);
    const bool direct =
        fft::choose(args.method, args.kernel.size(), fft::kCrossover2) == fft::Method::kDirect;
    const auto tile = static_cast<double>(fft::tile_length(args.kernel_height) *
                                          fft::tile_length(args.kernel_width));
    const double terms =
        direct ? static_cast<double>(args.kernel.size() + 2) : 8 * numeric::log2(tile);
    return fft::sums_differ(expected.y, got.y, norms, terms, !direct && !finite);
  }
};

}  // namespace weir::ops
