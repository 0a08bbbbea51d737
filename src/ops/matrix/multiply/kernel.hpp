// The product on a device: C is cut into tiles, a block of 256 threads a tile; strips of A and B go
// through shared memory as sums' type, so that 16-bit elements are converted once a tile.
//
// B stays on the device for all chunks, A comes in chunks of rows; a transposed A, whose rows are
// columns in memory, stays too. The depth is never split, so chunks do not change a sum.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ops/device_run.hpp"
#include "ops/matrix/device_rows.hpp"
#include "ops/matrix/multiply/multiply.hpp"

namespace weir::ops {

// What one launch multiplies. Element (r, c) of A lies at a[r * a_row + c * a_col], likewise B.
template <class M>
struct MultiplyJob {
  const typename M::Left* a = nullptr;
  const typename M::Right* b = nullptr;
  const typename M::Sum* d = nullptr;  // null where beta is 0
  typename M::Sum* c = nullptr;        // packed
  std::size_t a_row = 0, a_col = 0, b_row = 0, b_col = 0, d_row = 0;
  std::size_t m = 0, n = 0, k = 0;
  typename M::Sum alpha = 1, beta = 0;
};

template <class Sum, class T>
WEIR_HD Sum as_sum(T value) {
  if constexpr (std::is_same_v<T, BFloat16> || std::is_same_v<T, Float16>) {
    return to_float(value);
  } else {
    return value;
  }
}

// sum + x * y, fused where the hardware has it: the build keeps the compiler from fusing.
template <class Sum>
WEIR_HD Sum add_product(Sum sum, Sum x, Sum y) {
#if defined(__CUDA_ARCH__)
  if constexpr (std::is_floating_point_v<Sum>) return fma(x, y, sum);
#endif
  return sum + x * y;
}

// kPerThread x kPerThread sums a thread: tiles of 128 for large matrices, of 32 for small ones,
// which would leave most of the device idle otherwise.
template <class M, unsigned kPerThread>
struct MultiplyKernel {
  using Sum = typename M::Sum;
  static constexpr unsigned kThreadsMax = 256;
  static constexpr unsigned kThreadSide = 16;
  static constexpr unsigned kSide = kThreadSide * kPerThread;
  static constexpr unsigned kDepth = 16;
  // A strip's depth is apart in memory so far that the 16 depths of one line, which neighbouring
  // threads store, fall on different banks.
  static constexpr unsigned kPitch = kSide + 8 / sizeof(Sum);
  static constexpr std::size_t kStrip = std::size_t{kDepth} * kPitch;
  static constexpr std::size_t kSharedBytes = 2 * device::shared_size<Sum>(kStrip);

  struct Sums {
    Sum at[kPerThread][kPerThread];
  };

  static std::size_t tiles(std::size_t m, std::size_t n) {
    return ((m + kSide - 1) / kSide) * ((n + kSide - 1) / kSide);
  }

  // Copies kDepth x kSide elements to shared memory, zeros beyond `lines` and `depth`. Threads side
  // by side read what lies side by side.
  template <class T>
  static WEIR_HD void load(unsigned t, const T* from, std::size_t lines, std::size_t line_step,
                           std::size_t depth, std::size_t depth_step, Sum* to) {
    for (unsigned e = t; e < kDepth * kSide; e += kThreadsMax) {
      const unsigned k = line_step == 1 ? e / kSide : e % kDepth;
      const unsigned line = line_step == 1 ? e % kSide : e / kDepth;
      const bool inside = line < lines && k < depth;
      to[k * kPitch + line] = inside ? as_sum<Sum>(from[line * line_step + k * depth_step]) : Sum{};
    }
  }

  // Adds the products of the strips in shared memory to the sums of thread t, which has every
  // kThreadSide-th row and column: reads of a warp fall on different banks.
  static WEIR_HD void accumulate(unsigned t, const Sum* left, const Sum* right, Sums& sums) {
    const unsigned row = t / kThreadSide;
    const unsigned col = t % kThreadSide;
    for (unsigned k = 0; k < kDepth; ++k) {
      Sum x[kPerThread];
      Sum y[kPerThread];
      for (unsigned i = 0; i < kPerThread; ++i) {
        x[i] = left[k * kPitch + row + i * kThreadSide];
        y[i] = right[k * kPitch + col + i * kThreadSide];
      }
      for (unsigned i = 0; i < kPerThread; ++i) {
        for (unsigned j = 0; j < kPerThread; ++j) {
          sums.at[i][j] = add_product(sums.at[i][j], x[i], y[j]);
        }
      }
    }
  }

  static WEIR_HD void store(unsigned t, const MultiplyJob<M>& job, std::size_t first_row,
                            std::size_t first_col, const Sums& sums) {
    for (unsigned i = 0; i < kPerThread; ++i) {
      const std::size_t row = first_row + t / kThreadSide + i * kThreadSide;
      for (unsigned j = 0; j < kPerThread; ++j) {
        const std::size_t col = first_col + t % kThreadSide + j * kThreadSide;
        if (row >= job.m || col >= job.n) continue;
        Sum value = job.alpha * sums.at[i][j];
        if (job.d != nullptr) value = value + job.beta * job.d[row * job.d_row + col];
        job.c[row * job.n + col] = value;
      }
    }
  }

  template <class Block>
  WEIR_HD void operator()(Block& block, const MultiplyJob<M>& job) const {
    const std::size_t across = (job.n + kSide - 1) / kSide;
    const std::size_t first_row = block.index() / across * kSide;
    const std::size_t first_col = block.index() % across * kSide;
    Sum* left = block.template shared<Sum>(kStrip);
    Sum* right = block.template shared<Sum>(kStrip);
    auto sums = block.template per_thread<Sums>();
    for (std::size_t from = 0; from < job.k; from += kDepth) {
      block.each_thread([&](unsigned t) {
        load(t, job.a + first_row * job.a_row + from * job.a_col, job.m - first_row, job.a_row,
             job.k - from, job.a_col, left);
        load(t, job.b + first_col * job.b_col + from * job.b_row, job.n - first_col, job.b_col,
             job.k - from, job.b_row, right);
      });
      block.each_thread([&](unsigned t) { accumulate(t, left, right, sums[t]); });
    }
    block.each_thread([&](unsigned t) { store(t, job, first_row, first_col, sums[t]); });
  }
};

// Tiles of 128 when they are as many as half the multiprocessors of a large device.
inline constexpr std::size_t kLargeTiles = 64;

template <class M, class Launcher>
Status launch_product(Lane<Launcher>& lane, const MultiplyJob<M>& job) {
  using Large = MultiplyKernel<M, 8>;
  using Small = MultiplyKernel<M, 2>;
  const auto grid = [&](std::size_t tiles, std::size_t shared_bytes) {
    return device::Grid{static_cast<std::uint32_t>(tiles), Large::kThreadsMax, shared_bytes};
  };
  if (Large::tiles(job.m, job.n) >= kLargeTiles) {
    return lane.launch(grid(Large::tiles(job.m, job.n), Large::kSharedBytes), Large{}, job);
  }
  return lane.launch(grid(Small::tiles(job.m, job.n), Small::kSharedBytes), Small{}, job);
}

// One matrix of the batch.
template <class M, class Launcher>
Status multiply_matrix(DeviceRun& run, const typename M::Args& args, std::size_t matrix,
                       DeviceSpan<const typename M::Right> b, typename M::Output& out) {
  using Left = typename M::Left;
  using Sum = typename M::Sum;
  const bool plain = args.a_form == Form::kPlain;
  const MatrixView<Left> a = matrix_of(args.a, matrix * args.a_step);
  const MatrixView<Sum> d = matrix_of(args.d, matrix * args.d_step);
  DeviceSpan<const Left> whole_a;
  if (!plain) {
    WEIR_ASSIGN(whole_a, run.keep(rows_of(a, 0, a.rows)));
  }
  MultiplyJob<M> job;
  job.b = b.data;
  job.b_row = args.b_form == Form::kPlain ? args.b.stride : 1;
  job.b_col = args.b_form == Form::kPlain ? 1 : args.b.stride;
  job.a_row = plain ? args.a.stride : 1;
  job.a_col = plain ? 1 : args.a.stride;
  job.d_row = args.d.stride;
  job.n = args.n();
  job.k = args.alpha == Sum{} ? 0 : args.k();
  job.alpha = args.alpha;
  job.beta = args.beta;
  RowResults<Sum> results(matrix_of(out.c, matrix * out.c_step));
  return run_chunks<Launcher>(
      run, args.m(),
      [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
        MultiplyJob<M> part = job;
        part.m = chunk.rows();
        part.a = whole_a.data + (plain ? 0 : chunk.begin);
        if (plain) {
          WEIR_ASSIGN(const auto rows, lane.upload(rows_of(a, chunk.begin, chunk.rows())));
          part.a = rows.data;
        }
        if (args.beta != Sum{}) {
          WEIR_ASSIGN(const auto rows, lane.upload(rows_of(d, chunk.begin, chunk.rows())));
          part.d = rows.data;
        }
        WEIR_ASSIGN(const auto sums, lane.template scratch<Sum>(chunk.rows() * job.n));
        part.c = sums.data;
        WEIR_TRY((launch_product<M, Launcher>(lane, part)));
        return results.download(lane, chunk, sums);
      },
      [&](const Chunk& chunk) -> Status {
        results.finish(chunk);
        return Status::ok();
      });
}

template <class M, class Launcher>
Status multiply_on_device(DeviceRun& run, const typename M::Args& args, typename M::Output& out);

// A device may fail half way and the CPU start again, so an addend that lies in C stays as it is
// until all is done.
template <class M, class Launcher>
Status multiply_in_place(DeviceRun& run, const typename M::Args& args, typename M::Output& out) {
  Matrix<typename M::Sum> results(args.batch * args.m(), args.n());
  typename M::Output apart{{results.data(), args.m(), args.n()}, args.m() * args.n()};
  WEIR_TRY((multiply_on_device<M, Launcher>(run, args, apart)));
  for (std::size_t matrix = 0; matrix < args.batch; ++matrix) {
    copy_rows<typename M::Sum>(matrix_of(apart.c, matrix * apart.c_step),
                               matrix_of(out.c, matrix * out.c_step));
  }
  return Status::ok();
}

template <class M, class Launcher>
Status multiply_on_device(DeviceRun& run, const typename M::Args& args, typename M::Output& out) {
  WEIR_TRY(M::check_output(args, out));
  if (out.c.empty()) return Status::ok();
  if (args.beta != 0 && args.d.data == out.c.data)
    return multiply_in_place<M, Launcher>(run, args, out);
  DeviceSpan<const typename M::Right> b;
  for (std::size_t matrix = 0; matrix < args.batch; ++matrix) {
    if (matrix == 0 || args.b_step != 0) {
      WEIR_ASSIGN(b, run.keep(rows_of(matrix_of(args.b, matrix * args.b_step), 0, args.b.rows)));
    }
    WEIR_TRY((multiply_matrix<M, Launcher>(run, args, matrix, b, out)));
  }
  return Status::ok();
}

}  // namespace weir::ops
