// The isolation forest as a detector: how few random cuts it takes to set a row apart from the
// others. Stateless: a row's score depends on its features alone.
#pragma once

#include <memory>

#include "detect/detector.hpp"

namespace weir::detect {

struct FitOptions;

// Trains options.trees trees of options.psi rows on the features of options.feature_mask.
Result<std::unique_ptr<Detector>> fit_forest(const ops::ColumnsView& reference,
                                             const FitOptions& options);
// Reads what save_model() wrote.
Result<std::unique_ptr<Detector>> load_forest(ByteReader& in);

}  // namespace weir::detect
