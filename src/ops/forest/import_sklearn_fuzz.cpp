// No JSON text may crash the importer, and what it accepts must score and survive a round trip.
#include <cstdlib>

#include "ops/forest/forest.hpp"
#include "ops/forest/scorer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto forest = weir::ops::import_sklearn_json({reinterpret_cast<const char*>(data), size});
  if (!forest) return 0;
  const std::vector<float> row(forest->columns, 0.5F);
  const weir::ops::ColumnsView view{row.data(), 1, 1, forest->columns};
  float raw = 0;
  weir::ops::ForestScorer(*forest, weir::ops::ForestEngine::kTraverse).score(view, {&raw, 1});
  weir::ByteWriter out;
  forest->serialize(out);
  weir::ByteReader in(out.bytes());
  if (!weir::ops::Forest::deserialize(in)) std::abort();
  return 0;
}
