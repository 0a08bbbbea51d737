// Products by oneDNN on the calling thread: bf16 with f32 sums, bytes with s32 sums.
//
//   if (!onednn_product(shape, 1.0F, a, b, 0.0F, c)) packed_product(shape, 1.0F, a, b, 0.0F, c);
//
// Each function returns false, and touches nothing, where this CPU (or the limit of base/isa.hpp)
// has not got the instruction that makes oneDNN right and fast: AVX512-BF16, and AVX512-VNNI,
// without which its byte products saturate. Thread-safe.
#pragma once

#include <cstdint>

#include "ops/matrix/packed/packed_product.hpp"

namespace weir::ops {

// C = alpha A B + beta C. A thread keeps the primitives of its last 16 shapes; oneDNN allocates a
// few small objects a call.
bool onednn_product(const ProductShape& shape, float alpha, Strided2d<BFloat16> a,
                    Strided2d<BFloat16> b, float beta, RowMajorOut<float> c);

// C = A B, exact; k <= 65,536.
bool onednn_product(const ProductShape& shape, Strided2d<std::uint8_t> a, Strided2d<std::int8_t> b,
                    RowMajorOut<std::int32_t> c);
bool onednn_product(const ProductShape& shape, Strided2d<std::int8_t> a, Strided2d<std::int8_t> b,
                    RowMajorOut<std::int32_t> c);

}  // namespace weir::ops
