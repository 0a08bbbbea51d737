// CudaBlock: the Block of device/block.hpp on a GPU. Compiled by nvcc only.
#pragma once

#include "device/block.hpp"

namespace weir::device::cuda {

class CudaBlock {
 public:
  template <class T>
  class PerThread {
   public:
    __device__ T& operator[](unsigned) const { return value_; }

   private:
    mutable T value_{};  // a register of this thread
  };

  __device__ CudaBlock(unsigned char* shared, std::size_t shared_bytes)
      : shared_(shared), collective_(shared + shared_bytes) {}

  __device__ unsigned index() const { return blockIdx.x; }
  __device__ unsigned count() const { return gridDim.x; }
  __device__ unsigned threads() const { return blockDim.x; }

  template <class T>
  __device__ T* shared(std::size_t n) {
    T* memory = reinterpret_cast<T*>(shared_ + used_);
    used_ += shared_size<T>(n);
    return memory;
  }

  template <class T>
  __device__ PerThread<T> per_thread() {
    return PerThread<T>();
  }

  template <class F>
  __device__ void each_thread(F&& f) {
    f(threadIdx.x);
    __syncthreads();
  }

  template <class T, class F>
  __device__ T reduce(const PerThread<T>& values, F&& f) {
    T* work = reinterpret_cast<T*>(collective_);
    T mine = values[0];
    const unsigned t = threadIdx.x;
    work[t] = mine;
    __syncthreads();
    for (unsigned h = blockDim.x / 2; h > 0; h /= 2) {
      if (t < h) {
        mine = f(mine, work[t + h]);
        work[t] = mine;
      }
      __syncthreads();
    }
    const T result = work[0];
    __syncthreads();
    return result;
  }

  template <class T, class F>
  __device__ T scan(PerThread<T>& values, F&& f, T identity) {
    T* work = reinterpret_cast<T*>(collective_);
    const unsigned t = threadIdx.x;
    T inclusive = values[0];
    work[t] = inclusive;
    __syncthreads();
    for (unsigned h = 1; h < blockDim.x; h *= 2) {
      const T before = t >= h ? work[t - h] : identity;
      __syncthreads();
      if (t >= h) {
        inclusive = f(before, inclusive);
        work[t] = inclusive;
      }
      __syncthreads();
    }
    values[0] = t == 0 ? identity : work[t - 1];
    const T total = work[blockDim.x - 1];
    __syncthreads();
    return total;
  }

  template <class T>
  __device__ T broadcast(const PerThread<T>& values, unsigned thread) {
    T* work = reinterpret_cast<T*>(collective_);
    if (threadIdx.x == thread) work[0] = values[0];
    __syncthreads();
    const T value = work[0];
    __syncthreads();
    return value;
  }

  __device__ bool any(const PerThread<bool>& values) { return __syncthreads_or(values[0]) != 0; }

 private:
  unsigned char* shared_;
  unsigned char* collective_;
  std::size_t used_ = 0;
};

}  // namespace weir::device::cuda
