// The table of operations: a line each.
#include "server/operations/operation.hpp"

#define WEIR_OPERATIONS(X) \
  X(kMatrixMultiply)       \
  X(kMatrixAdd)            \
  X(kMatrixInverse)        \
  X(kMatrixSolve)          \
  X(kMatrixDecompose)      \
  X(kDataProcessing)       \
  X(kStatistics)           \
  X(kFft)                  \
  X(kConvolution)          \
  X(kFeatures)             \
  X(kHashBatch)            \
  X(kMerkleRoot)           \
  X(kSignatureVerify)

namespace weir::server {

#define WEIR_DECLARE(operation) extern const Operation operation;
WEIR_OPERATIONS(WEIR_DECLARE)
#undef WEIR_DECLARE

std::span<const Operation* const> operations() {
#define WEIR_ENTRY(operation) &operation,
  static constexpr const Operation* kTable[] = {WEIR_OPERATIONS(WEIR_ENTRY)};
#undef WEIR_ENTRY
  return kTable;
}

const Operation* find_operation(std::string_view name) {
  for (const Operation* operation : operations()) {
    if (operation->name == name) return operation;
  }
  return nullptr;
}

}  // namespace weir::server
