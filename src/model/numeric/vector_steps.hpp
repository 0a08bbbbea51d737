// The loops of the naive form, one step each, on the widest vector unit: what "the same, with SIMD"
// means in the ablation. Sums are in an order of convenience.
//
//   steps::subtract(x, mean, shifted);
//   const double square = steps::dot(shifted, shifted);
//
// Spans of one call are equally long; outputs may be inputs. Thread-safe, no allocation.
#pragma once

#include <cstddef>
#include <span>

namespace weir::model::steps {

double sum(std::span<const double> x);
double dot(std::span<const double> x, std::span<const double> y);
struct Extremes {
  double low;
  double high;
};
// x has an element; NaN among them is not looked for.
Extremes extremes(std::span<const double> x);
// The sum of x[t] exp(-2 pi i k t / size), with a cosine and a sine for every term; k up to 4.
struct Bin {
  double real;
  double imaginary;
};
Bin bin(std::span<const double> x, std::size_t k);
void subtract(std::span<const double> x, double y, std::span<double> out);
void subtract(std::span<const double> x, std::span<const double> y, std::span<double> out);
void multiply(std::span<const double> x, std::span<const double> y, std::span<double> out);
void add_to(std::span<const double> x, std::span<double> out);

}  // namespace weir::model::steps
