// CubRadix: what sorts on a GPU in the place of BlockRadix, with the same result.
#pragma once

#include <bit>
#include <cub/device/device_radix_sort.cuh>

#include "device/cuda/error.hpp"
#include "device/cuda/launcher.cuh"
#include "ops/sort/radix.hpp"

namespace weir::ops {

struct CubRadix {
  using Launcher = device::cuda::Launcher;

  template <class Key>
  static Status sort(Lane<Launcher>& lane, RadixPairs<Key>& pairs, Key differing) {
    const std::size_t n = pairs.keys.size;
    WEIR_TRY(lane.launch(device::Grid::over(n, 256), IotaKernel{}, pairs.rows.data, n));
    if (differing == 0) return Status::ok();
    cub::DoubleBuffer<Key> keys(pairs.keys.data, pairs.spare_keys.data);
    cub::DoubleBuffer<std::uint32_t> rows(pairs.rows.data, pairs.spare_rows.data);
    const auto pass = [&](void* memory, std::size_t& bytes, cudaStream_t stream) {
      return cub::DeviceRadixSort::SortPairs(memory, bytes, keys, rows, n,
                                             std::countr_zero(differing),
                                             static_cast<int>(std::bit_width(differing)), stream);
    };
    WEIR_TRY(run(lane, pass));
    if (keys.selector != 0) std::swap(pairs.keys, pairs.spare_keys);
    if (rows.selector != 0) std::swap(pairs.rows, pairs.spare_rows);
    return Status::ok();
  }

  template <class Key>
  static Status sort_keys(Lane<Launcher>& lane, RadixPairs<Key>& pairs, Key differing) {
    if (differing == 0) return Status::ok();
    cub::DoubleBuffer<Key> keys(pairs.keys.data, pairs.spare_keys.data);
    const auto pass = [&](void* memory, std::size_t& bytes, cudaStream_t stream) {
      return cub::DeviceRadixSort::SortKeys(memory, bytes, keys, pairs.keys.size,
                                            std::countr_zero(differing),
                                            static_cast<int>(std::bit_width(differing)), stream);
    };
    WEIR_TRY(run(lane, pass));
    if (keys.selector != 0) std::swap(pairs.keys, pairs.spare_keys);
    return Status::ok();
  }

 private:
  // Asks for the memory that the sort wants, and sorts.
  template <class Pass>
  static Status run(Lane<Launcher>& lane, Pass&& pass) {
    device::Driver& driver = lane.stream().device().driver();
    const auto on_stream = [&](void* memory, std::size_t& bytes, std::string_view what) -> Status {
      WEIR_TRY(lane.stream().settle());
      WEIR_ASSIGN(void* const native, driver.native_stream(lane.stream().id()));
      const auto stream = static_cast<cudaStream_t>(native);
      return driver.note(device::cuda::to_status(pass(memory, bytes, stream), what));
    };
    std::size_t bytes = 0;
    WEIR_TRY(on_stream(nullptr, bytes, "size of a sort"));
    WEIR_ASSIGN(const auto memory, lane.template scratch<char>(std::max<std::size_t>(bytes, 1)));
    return on_stream(memory.data, bytes, "sort");
  }
};

}  // namespace weir::ops
