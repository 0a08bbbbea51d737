// The parity cases of fft.rfft and fft.irfft; see ops/parity/case.hpp.
#pragma once

#include "ops/fft/rfft/rfft.hpp"
#include "ops/fft/sample.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops {

template <>
struct Parity<Rfft> {
  static std::vector<ParityCase<Rfft>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Rfft>> all;
    Philox rng(seed, 1);
    for (const fft::Shape& shape : fft::shapes(seed)) {
      const auto data = std::make_shared<std::vector<double>>(
          fft::sample(shape.n * shape.batch + 1, rng, shape.kind));
      const std::span<const double> x = std::span(*data).subspan(1);
      all.push_back({shape.name(), {.x = x, .n = shape.n}, data});
    }
    const auto data = std::make_shared<std::vector<double>>(10);
    all.push_back({"a broken row", {.x = *data, .n = 4}, data});
    return all;
  }
  static Rfft::Output output(const Rfft::Args& args) {
    return {.y = parity::guarded<Complex>(args.batch() * args.bins())};
  }
  static std::string compare(const Rfft::Args& args, const Rfft::Output& expected,
                             const Rfft::Output& got) {
    return fft::rows_differ({fft::parts(expected.y.data()), 2 * expected.y.size()},
                            {fft::parts(got.y.data()), 2 * got.y.size()}, 2 * args.bins(),
                            fft::bound(args.n));
  }
};

template <>
struct Parity<Irfft> {
  static std::vector<ParityCase<Irfft>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Irfft>> all;
    Philox rng(seed, 2);
    for (const fft::Shape& shape : fft::shapes(seed)) {
      const std::size_t bins = shape.n / 2 + 1;
      const auto data = std::make_shared<std::vector<double>>(
          fft::sample(2 * bins * shape.batch, rng, shape.kind));
      const auto* values = reinterpret_cast<const Complex*>(data->data());
      // What is not read may be anything; a spoiled bin 0 would hide a use of it.
      if (shape.kind != fft::Sample::kHostile) {
        for (std::size_t row = 0; row < shape.batch; ++row) (*data)[2 * bins * row + 1] = 1e9;
      }
      all.push_back({shape.name(), {.x = {values, bins * shape.batch}, .n = shape.n}, data});
    }
    const auto data = std::make_shared<std::vector<Complex>>(10);
    all.push_back({"a broken row", {.x = *data, .n = 4}, data});
    return all;
  }
  static Irfft::Output output(const Irfft::Args& args) {
    return {.y = parity::guarded<double>(args.batch() * args.n)};
  }
  static std::string compare(const Irfft::Args& args, const Irfft::Output& expected,
                             const Irfft::Output& got) {
    return fft::rows_differ(expected.y, got.y, args.n, fft::bound(args.n));
  }
};

}  // namespace weir::ops
