#include "decide/distance.hpp"

#include <cmath>
#include <limits>

namespace weir::decide {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kRadiusKm = 6371.0088;

// sin x for |x| <= pi/2 by its Taylor series.
double sine(double x) {
  const double square = x * x;
  double sum = 0;
  for (int n = 25; n > 1; n -= 2) sum = (1 + sum) * (-square / (n * (n - 1)));
  return x * (1 + sum);
}

// asin x for 0 <= x <= sqrt(1/2): Newton's steps on sine from a cubic start.
double arc_sine_small(double x) {
  double y = x + x * x * x / 6;
  for (int step = 0; step < 4; ++step) {
    const double s = sine(y);
    y += (x - s) / std::sqrt(1 - s * s);
  }
  return y;
}

double arc_sine(double x) {
  if (x * x <= 0.5) return arc_sine_small(x);
  return kPi / 2 - arc_sine_small(std::sqrt((1 - x) * (1 + x)));
}

bool outside(double degrees, double limit) {
  return !(degrees >= -limit && degrees <= limit);
}

}  // namespace

double distance_km(double latitude_a, double longitude_a, double latitude_b, double longitude_b) {
  if (outside(latitude_a, 90) || outside(latitude_b, 90) || outside(longitude_a, 180) ||
      outside(longitude_b, 180)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  constexpr double kDegree = kPi / 180;
  const double half_latitude = sine((latitude_b - latitude_a) * kDegree / 2);
  double turn = longitude_b - longitude_a;
  if (turn > 180) turn -= 360;
  if (turn < -180) turn += 360;
  const double half_longitude = sine(turn * kDegree / 2);
  const auto cosine = [](double degrees) {
    return sine((90 - (degrees < 0 ? -degrees : degrees)) * kDegree);
  };
  const double h = half_latitude * half_latitude +
                   cosine(latitude_a) * cosine(latitude_b) * half_longitude * half_longitude;
  return 2 * kRadiusKm * arc_sine(std::sqrt(h > 1 ? 1 : h));
}

}  // namespace weir::decide
