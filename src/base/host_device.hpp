// WEIR_HD marks a function that kernels may call too: under the CUDA compiler it is built for host
// and device, elsewhere it is an ordinary function.
//
//   WEIR_HD inline double square(double x) { return x * x; }
#pragma once

#if defined(__CUDACC__)
#define WEIR_HD __host__ __device__
#else
#define WEIR_HD
#endif
