// The rows and the series that the numeric bench and the ablation compute on: made up, the same on
// every machine.
//
//   const NumericSample sample(1'000'000, 100);         // y = X w + noise
//   sample.x()(7, 3);
//   const std::vector<double> series = numeric_series(1'000'000);
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/aligned.hpp"
#include "base/status.hpp"
#include "ops/matrix/matrix_view.hpp"

namespace weir::main {

class NumericSample {
 public:
  NumericSample(std::size_t rows, std::size_t columns);
  ops::MatrixView<double> x() const { return {values_.data(), y_.size(), columns_}; }
  const std::vector<double>& y() const { return y_; }
  // Writes x and y as raw f64: what a peer reads.
  Status write(const std::string& x_path, const std::string& y_path) const;

 private:
  std::size_t columns_;
  AlignedBuffer<double> values_;
  std::vector<double> y_;
};

// Returns a slow wave with noise.
std::vector<double> numeric_series(std::size_t count);

}  // namespace weir::main
