// ConvolveStream: the full convolution of a series that arrives in pieces.
//
//   ConvolveStream stream(kernel);
//   stream.push(piece, y);    // appends to y what is complete
//   stream.finish(y);         // and the rest: y is the full convolution of all pieces
//
// The bits are those of fft.convolve over the whole series, however it is cut. One thread at a
// time. By transforms, results come a block at a time.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ops/fft/convolve/method.hpp"
#include "ops/fft/convolve/overlap.hpp"

namespace weir::ops::fft {

class ConvolveStream {
 public:
  // `kernel` has 1 to kKernelMax values (CHECKed) and is copied.
  explicit ConvolveStream(std::span<const double> kernel, Method method = Method::kAuto);

  void push(std::span<const double> x, std::vector<double>& y);
  // Ends the series; the next push begins another.
  void finish(std::vector<double>& y);

 private:
  void emit_block(std::size_t results, std::vector<double>& y);
  void emit_sums(std::span<const double> x, std::vector<double>& y);

  std::vector<double> kernel_;
  std::optional<OverlapSave> blocks_;  // by transforms
  std::vector<double> held_;           // by transforms: the block; else the values before the next
  std::vector<double> work_;
  std::size_t filled_ = 0;  // of the block's new values
  bool begun_ = false;
};

}  // namespace weir::ops::fft
