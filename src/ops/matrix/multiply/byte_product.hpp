// byte_product: exact products of bytes with s32 sums, for CPUs where oneDNN's would saturate.
#pragma once

#include <cstdint>

#include "ops/matrix/packed/packed_product.hpp"

namespace weir::ops {

// C = A B on the calling thread; k <= 65,536. B's columns must lie side by side (col_step 1) or its
// rows (row_step 1): then each element of C is one dot product, else rows of C are sums of rows of
// B. About two operations a lane and cycle. No allocation; thread-safe.
void byte_product(const ProductShape& shape, Strided2d<std::uint8_t> a, Strided2d<std::int8_t> b,
                  RowMajorOut<std::int32_t> c);
void byte_product(const ProductShape& shape, Strided2d<std::int8_t> a, Strided2d<std::int8_t> b,
                  RowMajorOut<std::int32_t> c);

}  // namespace weir::ops
