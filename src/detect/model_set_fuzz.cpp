// No bytes may crash the loader, and what it accepts must score and come back as the same bytes.
#include <algorithm>
#include <cstdlib>

#include "detect/model_set.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto models = weir::detect::ModelSet::deserialize({data, size});
  if (!models) return 0;
  const std::vector<std::uint8_t> again = (*models)->serialize();
  if (!std::equal(again.begin(), again.end(), data, data + size)) std::abort();
  weir::profile::FeatureMatrix rows;
  rows.resize(3);
  weir::detect::ScoreBuffer buffer;
  weir::detect::ScoreOutput out = buffer.view(rows.rows(), (*models)->names().size());
  if (!(*models)->score({}, rows, out).is_ok()) std::abort();
  return 0;
}
