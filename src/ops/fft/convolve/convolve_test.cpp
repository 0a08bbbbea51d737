#include "ops/fft/convolve/convolve.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "ops/fft/convolve/stream.hpp"
#include "ops/fft/sample.hpp"

namespace weir::ops {
namespace {

using fft::Method;
using fft::Part;

std::vector<double> convolve(Convolve::Args args, unsigned threads = 1) {
  Workers workers(threads);
  CpuRun run{workers};
  std::vector<double> y(args.size());
  Convolve::Output out{.y = y};
  const Status status = Convolve::cpu(run, args, out);
  EXPECT_TRUE(status.is_ok()) << status.to_string();
  return y;
}

bool same_bits(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) return false;
  return a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

TEST(Convolve, FourValuesWithAMean) {
  const std::vector<double> x = {1, 2, 3, 4};
  const std::vector<double> half = {.5, .5};
  EXPECT_EQ(convolve({.x = x, .kernel = half}), (std::vector<double>{.5, 1.5, 2.5, 3.5, 2}));
  EXPECT_EQ(convolve({.x = x, .kernel = half, .part = Part::kSame}),
            (std::vector<double>{.5, 1.5, 2.5, 3.5}));
  EXPECT_EQ(convolve({.x = x, .kernel = half, .part = Part::kValid}),
            (std::vector<double>{1.5, 2.5, 3.5}));
  const auto by_fft = convolve({.x = x, .kernel = half, .method = Method::kFft});
  const std::vector<double> want = {.5, 1.5, 2.5, 3.5, 2};
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(by_fft[i], want[i], 1e-15);
}

TEST(Convolve, AutoFollowsTheKernelAlone) {
  Philox rng(61, 0);
  for (const std::size_t m : {fft::kCrossover - 1, fft::kCrossover}) {
    const std::vector<double> kernel = fft::sample(m, rng);
    const Method way = m < fft::kCrossover ? Method::kDirect : Method::kFft;
    for (const std::size_t n : {10U, 3000U}) {
      const std::vector<double> x = fft::sample(n, rng);
      EXPECT_TRUE(same_bits(convolve({.x = x, .kernel = kernel}),
                            convolve({.x = x, .kernel = kernel, .method = way})));
    }
  }
}

TEST(Convolve, PartsAndThreadsHaveTheBitsOfTheFullResult) {
  Philox rng(62, 0);
  const std::vector<double> x = fft::sample(30000, rng);
  for (const std::size_t m : {1U, 2U, 31U, 300U, 3000U}) {
    const std::vector<double> kernel = fft::sample(m, rng);
    for (const Method method : {Method::kDirect, Method::kFft}) {
      if (method == Method::kDirect && m > 1000) continue;
      const auto full = convolve({.x = x, .kernel = kernel, .method = method});
      for (const Part part : {Part::kFull, Part::kSame, Part::kValid}) {
        const auto y = convolve({.x = x, .kernel = kernel, .part = part, .method = method}, 3);
        EXPECT_TRUE(same_bits(y, std::span(full).subspan(fft::part_begin(m, part), y.size())))
            << m << " part " << static_cast<int>(part);
      }
    }
  }
}

TEST(Convolve, AStreamHasTheBitsOfTheWholeHoweverItIsCut) {
  Philox rng(63, 0);
  for (const std::size_t m : {1U, 2U, 40U, 200U, 700U}) {
    const std::vector<double> kernel = fft::sample(m, rng);
    for (const Method method : {Method::kDirect, Method::kFft}) {
      fft::ConvolveStream stream(kernel, method);
      for (const std::size_t n : {0U, 1U, 30U, 5000U}) {  // one series after the other
        const std::vector<double> x = fft::sample(n, rng);
        std::vector<double> y;
        for (std::size_t at = 0; at < n;) {
          const std::size_t now = std::min<std::size_t>(n - at, rng.next_below(1500));
          stream.push(std::span(x).subspan(at, now), y);
          at += now;
        }
        stream.finish(y);
        EXPECT_TRUE(same_bits(y, convolve({.x = x, .kernel = kernel, .method = method})))
            << "m " << m << " n " << n << " method " << static_cast<int>(method);
      }
    }
  }
}

TEST(Convolve, AnInfiniteFactorMeetsNoValueBeyondTheEnds) {
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> x = {1, 2, 3};
  const std::vector<double> kernel = {1, inf};
  EXPECT_EQ(convolve({.x = x, .kernel = kernel, .method = Method::kDirect}),
            (std::vector<double>{1, inf, inf, inf}));
}

TEST(Convolve, RefusesShapesThatDoNotFit) {
  const std::vector<double> x(3);
  const std::vector<double> kernel(5);
  EXPECT_EQ(Convolve::check({.x = x, .kernel = {}}).code(), Code::kInvalidArgument);
  const Status valid = Convolve::check({.x = x, .kernel = kernel, .part = Part::kValid});
  EXPECT_EQ(valid.code(), Code::kInvalidArgument);
  EXPECT_NE(valid.message().find("3 values"), std::string::npos);
  EXPECT_NE(valid.message().find("5"), std::string::npos);
  EXPECT_TRUE(Convolve::check({.x = x, .kernel = kernel}).is_ok());
  EXPECT_TRUE(convolve({.x = {}, .kernel = kernel}).empty());
}

}  // namespace
}  // namespace weir::ops
