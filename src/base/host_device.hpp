// WEIR_HD marks a function that kernels may call too: under the CUDA compiler it is built for host
// and device, elsewhere it is an ordinary function.
//
//   WEIR_HD inline double square(double x) { return x * x; }
//
// WEIR_UNROLL(most) before a loop of at most so many rounds has it written out for either compiler,
// so that arrays indexed by its counter stay in registers.
#pragma once

#if defined(__CUDACC__)
#define WEIR_HD __host__ __device__
#else
#define WEIR_HD
#endif

#define WEIR_PRAGMA(text) _Pragma(#text)
#if defined(__CUDACC__)
#define WEIR_UNROLL(most) WEIR_PRAGMA(unroll)
#else
#define WEIR_UNROLL(most) WEIR_PRAGMA(GCC unroll most)
#endif
