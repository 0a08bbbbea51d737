#include "ops/stats/covariance/shifted_gram.hpp"

#include <algorithm>
#include <cmath>

#include "base/numeric/canonical.hpp"

namespace weir::ops {
namespace {

using numeric::kNan;
using numeric::one_nan;

// The sum of products about the means of columns i <= j.
class Centred {
 public:
  Centred(std::span<const double> gram, std::size_t rows, std::size_t cols)
      : gram_(gram), side_(gram_side(cols)), rows_(static_cast<double>(rows)) {}
  double operator()(std::size_t i, std::size_t j) const {
    const double g = gram_[i * side_ + j];
    const double v = g - (sum(i) * sum(j)) / rows_;
    return i == j && v < 0 ? 0.0 : v;
  }
  // A column whose centred squares are lost in the rounding of the shifted ones does not vary.
  bool constant(std::size_t i) const { return (*this)(i, i) <= 0x1p-50 * gram_[i * side_ + i]; }

 private:
  double sum(std::size_t i) const { return gram_[i * side_ + side_ - 1]; }
  std::span<const double> gram_;
  std::size_t side_;
  double rows_;
};

}  // namespace

std::vector<double> column_shifts(const MatrixView<double>& x) {
  std::vector<double> shifts(x.cols);
  const std::size_t rows = std::min(x.rows, numeric::kCanonicalBlock);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < x.cols; ++c) shifts[c] += x(r, c);
  }
  for (double& shift : shifts) {
    shift /= static_cast<double>(std::max<std::size_t>(rows, 1));
    if (!(shift - shift == 0)) shift = 0;
  }
  return shifts;
}

void join_grams(std::span<double> to, std::span<const double> next) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += next[i];
}

void GramCounter::push_level(std::vector<double> partial, unsigned level) {
  for (std::uint64_t ones = blocks_ >> level; (ones & 1) != 0; ones >>= 1) {
    join_grams(stack_.back(), partial);
    partial = std::move(stack_.back());
    stack_.pop_back();
  }
  stack_.push_back(std::move(partial));
  blocks_ += std::uint64_t{1} << level;
}

std::vector<double> GramCounter::result() const {
  if (stack_.empty()) return std::vector<double>(size_);
  std::vector<double> joined = stack_.back();
  for (std::size_t i = stack_.size() - 1; i-- > 0;) {
    std::vector<double> before = stack_[i];
    join_grams(before, joined);
    joined = std::move(before);
  }
  return joined;
}

void write_covariance(std::span<const double> gram, std::size_t rows, unsigned ddof,
                      const MutableMatrixView<double>& matrix) {
  const Centred centred(gram, rows, matrix.cols);
  const bool null = rows <= ddof;
  for (std::size_t i = 0; i < matrix.cols; ++i) {
    for (std::size_t j = i; j < matrix.cols; ++j) {
      const double value = null ? kNan : centred(i, j) / static_cast<double>(rows - ddof);
      matrix(i, j) = matrix(j, i) = one_nan(value);
    }
  }
}

void write_correlation(std::span<const double> gram, std::size_t rows,
                       const MutableMatrixView<double>& matrix) {
  const Centred centred(gram, rows, matrix.cols);
  for (std::size_t i = 0; i < matrix.cols; ++i) {
    for (std::size_t j = i; j < matrix.cols; ++j) {
      double value = kNan;
      if (rows > 1 && !centred.constant(i) && !centred.constant(j)) {
        const double scale = std::sqrt(centred(i, i)) * std::sqrt(centred(j, j));
        value = i == j ? centred(i, i) / centred(i, i) : centred(i, j) / scale;
      }
      if (value > 1) value = 1;
      if (value < -1) value = -1;
      matrix(i, j) = matrix(j, i) = one_nan(value);
    }
  }
}

}  // namespace weir::ops
