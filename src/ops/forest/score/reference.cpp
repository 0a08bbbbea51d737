#include "ops/forest/score/forest_score.hpp"

namespace weir::ops {

// Walks each tree for each row. Path lengths and their sums are exact in double.
Status ForestScore::reference(const Args& args, Output& out) {
  const Forest& forest = *args.forest;
  for (std::size_t row = 0; row < args.rows.rows; ++row) {
    double sum = 0;
    for (std::size_t tree = 0; tree < forest.trees(); ++tree) {
      const std::uint32_t root = forest.begin[tree];
      std::uint32_t node = root;
      while (forest.feature[node] >= 0) {
        const float x = args.rows.at(row, static_cast<std::size_t>(forest.feature[node]));
        node = root + (x <= forest.threshold[node] ? forest.left[node] : forest.right[node]);
      }
      sum += static_cast<double>(forest.mean_path[node]);
    }
    out.raw[row] = -static_cast<float>(sum);
  }
  return Status::ok();
}

}  // namespace weir::ops
