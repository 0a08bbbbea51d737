#include <algorithm>
#include <vector>

#include "base/result.hpp"
#include "ops/fft/dft_reference.hpp"
#include "ops/fft/fft2/fft2.hpp"

namespace weir::ops {

Status Fft2::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const std::size_t height = args.height;
  const std::size_t width = args.width;
  const bool forward = args.direction == fft::Direction::kForward;
  const long double scale = forward ? 1.0L : 1.0L / static_cast<long double>(height * width);
  for (std::size_t at = 0; at < args.x.size(); at += height * width) {
    const auto matrix = args.x.subspan(at, height * width);
    std::vector<fft::Exact> values(matrix.begin(), matrix.end());
    std::vector<fft::Exact> line(width);
    for (std::size_t s = 0; s < height; ++s) {
      const std::span<fft::Exact> row(&values[width * s], width);
      fft::dft_reference(row, args.direction, scale, line);
      std::copy(line.begin(), line.end(), row.begin());
    }
    std::vector<fft::Exact> column(height);
    line.resize(height);
    for (std::size_t t = 0; t < width; ++t) {
      for (std::size_t s = 0; s < height; ++s) column[s] = values[width * s + t];
      fft::dft_reference(column, args.direction, 1, std::span(line).first(height));
      for (std::size_t s = 0; s < height; ++s) out.y[at + width * s + t] = Complex(line[s]);
    }
  }
  return Status::ok();
}

}  // namespace weir::ops
