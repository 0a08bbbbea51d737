// The parity cases of fft.fft; see ops/parity/case.hpp.
#pragma once

#include "ops/fft/fft/fft.hpp"
#include "ops/fft/sample.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops {

template <>
struct Parity<Fft> {
  static std::vector<ParityCase<Fft>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Fft>> all;
    Philox rng(seed, 0);
    for (const fft::Shape& shape : fft::shapes(seed)) {
      // Slices that start anywhere: the first value is left out.
      const auto data = std::make_shared<std::vector<double>>(
          fft::sample(2 * shape.n * shape.batch + 2, rng, shape.kind));
      const auto* values = reinterpret_cast<const Complex*>(data->data()) + 1;
      Fft::Args args{
          .x = {values, shape.n * shape.batch},
          .n = shape.n,
          .direction = all.size() % 2 == 0 ? fft::Direction::kForward : fft::Direction::kInverse};
      all.push_back({shape.name(), args, data});
    }
    all.push_back({"no values", {.x = {}, .n = 0}, nullptr});
    const auto data = std::make_shared<std::vector<Complex>>(10);
    all.push_back({"a broken row", {.x = *data, .n = 4}, data});
    return all;
  }
  static Fft::Output output(const Fft::Args& args) {
    return {.y = parity::guarded<Complex>(args.x.size())};
  }
  static std::string compare(const Fft::Args& args, const Fft::Output& expected,
                             const Fft::Output& got) {
    return fft::rows_differ({fft::parts(expected.y.data()), 2 * expected.y.size()},
                            {fft::parts(got.y.data()), 2 * got.y.size()}, 2 * args.n,
                            fft::bound(args.n));
  }
};

}  // namespace weir::ops
