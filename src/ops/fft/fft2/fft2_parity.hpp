// The parity cases of fft.fft2; see ops/parity/case.hpp.
#pragma once

#include "ops/fft/fft2/fft2.hpp"
#include "ops/fft/sample.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops {

template <>
struct Parity<Fft2> {
  static std::vector<ParityCase<Fft2>> cases(std::uint64_t seed) {
    struct Sides {
      std::size_t height;
      std::size_t width;
      std::size_t batch;
    };
    std::vector<Sides> all_sides = {{4, 4, 0},  {1, 1, 3},  {31, 1, 1},  {1, 31, 2}, {32, 33, 2},
                                    {65, 8, 1}, {8, 65, 1}, {64, 64, 1}, {34, 9, 2}};
    for (std::size_t side = 1; side < 64; side += 5) all_sides.push_back({side, 64 - side, 1});
    Philox rng(seed, 3);
    for (int i = 0; i < 8; ++i) {
      all_sides.push_back({1 + rng.next_below(90), 1 + rng.next_below(90), 1 + rng.next_below(3)});
    }
    std::vector<ParityCase<Fft2>> all;
    for (const Sides& sides : all_sides) {
      const std::size_t n = sides.height * sides.width * sides.batch;
      const auto data = std::make_shared<std::vector<double>>(
          fft::sample(2 * n, rng, fft::kSamples[all.size() % 5]));
      Fft2::Args args{
          .x = {reinterpret_cast<const Complex*>(data->data()), n},
          .height = sides.height,
          .width = sides.width,
          .direction = all.size() % 2 == 0 ? fft::Direction::kForward : fft::Direction::kInverse};
      all.push_back({std::to_string(sides.height) + " x " + std::to_string(sides.width) +
                         " batch=" + std::to_string(sides.batch),
                     args, data});
    }
    return all;
  }
  static Fft2::Output output(const Fft2::Args& args) {
    return {.y = parity::guarded<Complex>(args.x.size())};
  }
  static std::string compare(const Fft2::Args& args, const Fft2::Output& expected,
                             const Fft2::Output& got) {
    return fft::rows_differ({fft::parts(expected.y.data()), 2 * expected.y.size()},
                            {fft::parts(got.y.data()), 2 * got.y.size()},
                            2 * args.height * args.width, fft::bound(args.height * args.width));
  }
};

}  // namespace weir::ops
