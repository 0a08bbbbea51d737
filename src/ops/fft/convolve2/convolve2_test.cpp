#include "ops/fft/convolve2/convolve2.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "ops/fft/sample.hpp"

namespace weir::ops {
namespace {

using fft::Method;
using fft::Part;

std::vector<double> convolve(const Convolve2::Args& args, unsigned threads = 1) {
  Workers workers(threads);
  CpuRun run{workers};
  std::vector<double> y(args.size());
  Convolve2::Output out{.y = y};
  const Status status = Convolve2::cpu(run, args, out);
  EXPECT_TRUE(status.is_ok()) << status.to_string();
  return y;
}

TEST(Convolve2, TwoByTwo) {
  const std::vector<double> x = {1, 2, 3, 4};
  const std::vector<double> kernel = {1, 10, 100, 1000};
  Convolve2::Args args{
      .x = x, .height = 2, .width = 2, .kernel = kernel, .kernel_height = 2, .kernel_width = 2};
  EXPECT_EQ(convolve(args), (std::vector<double>{1, 12, 20, 103, 1234, 2040, 300, 3400, 4000}));
  args.part = Part::kSame;
  EXPECT_EQ(convolve(args), (std::vector<double>{1, 12, 103, 1234}));
  args.part = Part::kValid;
  EXPECT_EQ(convolve(args), (std::vector<double>{1234}));
}

TEST(Convolve2, PartsAndThreadsHaveTheBitsOfTheFullResult) {
  Philox rng(71, 0);
  const std::vector<double> x = fft::sample(200 * 130, rng);
  const std::vector<double> kernel = fft::sample(20 * 31, rng);
  for (const Method method : {Method::kDirect, Method::kFft}) {
    Convolve2::Args args{.x = x,
                         .height = 200,
                         .width = 130,
                         .kernel = kernel,
                         .kernel_height = 20,
                         .kernel_width = 31,
                         .method = method};
    const std::size_t full_width = args.out_width();
    const std::vector<double> full = convolve(args);
    for (const Part part : {Part::kSame, Part::kValid}) {
      args.part = part;
      const std::vector<double> y = convolve(args, 2);
      const std::size_t top = fft::part_begin(20, part);
      const std::size_t left = fft::part_begin(31, part);
      for (std::size_t i = 0; i < args.out_height(); ++i) {
        EXPECT_EQ(std::memcmp(&y[args.out_width() * i], &full[full_width * (top + i) + left],
                              args.out_width() * sizeof(double)),
                  0)
            << i;
      }
    }
  }
}

TEST(Convolve2, RefusesSidesWhoseProductWraps) {
  const std::vector<double> one(1);
  const auto check = [&](std::size_t height, std::size_t width) {
    return Convolve2::check({.x = {},
                             .height = height,
                             .width = width,
                             .kernel = one,
                             .kernel_height = 1,
                             .kernel_width = 1});
  };
  EXPECT_TRUE(check(0, 7));
  EXPECT_EQ(check(std::size_t{1} << 33, std::size_t{1} << 31).code(), Code::kInvalidArgument);
  EXPECT_EQ(check(std::size_t{1} << 63, 0).code(), Code::kInvalidArgument);
}

TEST(Convolve2, RefusesShapesThatDoNotFit) {
  const std::vector<double> x(6);
  const std::vector<double> kernel(4);
  EXPECT_EQ(Convolve2::check({.x = x,
                              .height = 2,
                              .width = 2,
                              .kernel = kernel,
                              .kernel_height = 2,
                              .kernel_width = 2})
                .code(),
            Code::kInvalidArgument);
  EXPECT_EQ(Convolve2::check({.x = x,
                              .height = 1,
                              .width = 6,
                              .kernel = kernel,
                              .kernel_height = 2,
                              .kernel_width = 2,
                              .part = Part::kValid})
                .code(),
            Code::kInvalidArgument);
  EXPECT_EQ(
      Convolve2::check(
          {.x = x, .height = 1, .width = 6, .kernel = {}, .kernel_height = 0, .kernel_width = 2})
          .code(),
      Code::kInvalidArgument);
}

}  // namespace
}  // namespace weir::ops
