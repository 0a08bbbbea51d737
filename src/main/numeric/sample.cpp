#include "main/numeric/sample.hpp"

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>

namespace weir::main {
namespace {

constexpr std::uint64_t kSeed = 1;

// SplitMix64 of an index as a number in [-0.5, 0.5).
double noise(std::uint64_t index) {
  std::uint64_t z = (index + kSeed) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53 - 0.5;
}

Status write_values(const std::string& path, std::span<const double> values) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return errno_status("create", path, errno);
  const bool whole =
      std::fwrite(values.data(), sizeof(double), values.size(), file) == values.size();
  const int error = errno;
  return std::fclose(file) == 0 && whole ? Status::ok() : errno_status("write", path, error);
}

}  // namespace

NumericSample::NumericSample(std::size_t rows, std::size_t columns)
    : columns_(columns), values_(rows * columns), y_(rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    double* const row = values_.data() + i * columns;
    double sum = noise(~i);
    for (std::size_t j = 0; j < columns; ++j) {
      row[j] = noise(i * columns + j) * (1 + static_cast<double>(j) / 50) + 3;
      sum += row[j] * (static_cast<double>(j % 7) - 3);
    }
    y_[i] = sum;
  }
}

Status NumericSample::write(const std::string& x_path, const std::string& y_path) const {
  const Status status = write_values(x_path, values_.span());
  return status.is_ok() ? write_values(y_path, y_) : status;
}

std::vector<double> numeric_series(std::size_t count) {
  std::vector<double> series(count);
  for (std::size_t i = 0; i < count; ++i) {
    series[i] = 50 + 10 * std::sin(static_cast<double>(i) * 0.01) + noise(i);
  }
  return series;
}

}  // namespace weir::main
