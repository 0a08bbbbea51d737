#include <cblas.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "ops/matrix/factor/sample.hpp"

extern "C" void* blas_memory_alloc(int kind);

namespace weir::ops {
namespace {

// What the library calls is what the program defines.
TEST(OpenblasBuffers, TakeThePlaceOfTheLibrarysOwn) {
  Dl_info info{};
  ASSERT_NE(dladdr(reinterpret_cast<const void*>(&blas_memory_alloc), &info), 0);
  Dl_info own{};
  ASSERT_NE(dladdr(reinterpret_cast<const void*>(&factor::largest), &own), 0);
  EXPECT_EQ(info.dli_fbase, own.dli_fbase) << info.dli_fname;
  EXPECT_EQ(dlsym(RTLD_DEFAULT, "blas_memory_alloc"), reinterpret_cast<void*>(&blas_memory_alloc));
}

// With the library's own buffers one product in some ten thousand comes out wrong here.
TEST(OpenblasBuffers, ProductsOfManyThreadsAtOnceAreRight) {
  constexpr int kN = 96;
  const Matrix<double> a = factor::random_matrix(kN, kN, 1);
  const Matrix<double> b = factor::random_matrix(kN, kN, 2);
  const auto multiply = [&](Matrix<double>& c) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, kN, kN, kN, 1, a.data(), kN, b.data(),
                kN, 0, c.data(), kN);
  };
  Matrix<double> expected(kN, kN);
  multiply(expected);
  EXPECT_LE(factor::product_error(a.view(), b.view(), expected.view()), 1e-13);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      Matrix<double> c(kN, kN);
      for (int i = 0; i < 5000; ++i) {
        multiply(c);
        wrong += std::memcmp(c.data(), expected.data(), sizeof(double) * kN * kN) != 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace weir::ops
