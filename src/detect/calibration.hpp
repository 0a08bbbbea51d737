// Calibration: from a detector's raw value to a tail, -log10 of the share of normal rows that score
// at least as high, learnt from the raw values of reference rows.
//
//   WEIR_ASSIGN(const Calibration calibration, Calibration::fit(reference_raw));
//   float tail = calibration.tail(raw);                 // 3.0: one normal row in a thousand
//   std::uint32_t e6 = tail_e6(tail);
//
// Within the reference p(r) = (1 + #{ref >= r}) / (n + 1), kept at 64 knots per decade from p = .5
// to 10/n; below the median the tail runs straight from 0 at the minimum. Above the 10th largest
// value the knots come from a generalised Pareto law fitted to the top 2 % by probability-weighted
// moments (Hosking and Wallis 1987), 16 per decade to p = 1e-9. Fitting uses the logarithms and
// powers of base/numeric, so the same reference gives the same bytes on every machine; its results
// are stored, and scoring and replay only read them and use + - * and comparisons: class `fixed`.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace weir::detect {

inline constexpr std::size_t kReferenceRowsMin = 10'000;
inline constexpr float kTailMax = 9.0F;

// Returns floor(10^6 tail) of a tail in [0, 9].
inline std::uint32_t tail_e6(float tail) {
  return static_cast<std::uint32_t>(static_cast<double>(tail) * 1e6);
}
// Returns the score shown to people, min(tail, 6)/6.
inline float shown_score(float tail) {
  return (tail < 6 ? tail : 6.0F) / 6.0F;
}

class Calibration {
 public:
  // Fits to raw values of normal rows; sorts a copy. Errors: failed_precondition below
  // kReferenceRowsMin rows; invalid_argument for a value that is not finite.
  static Result<Calibration> fit(std::span<const float> reference);

  // Returns the tail in [0, 9]; never falls as raw rises. Thread-safe; ~5 ns.
  float tail(float raw) const;
  // Returns true for values above the 10th largest of the reference, where the fitted law is read.
  bool extrapolated(float raw) const { return raw > top_; }
  // Writes tails of many rows.
  void tails(std::span<const float> raw, std::span<float> tail) const;

  std::uint64_t reference_rows() const { return reference_rows_; }
  std::span<const float> knot_scores() const { return score_; }
  std::span<const float> knot_tails() const { return tail_; }

  void serialize(ByteWriter& out) const;
  static Result<Calibration> deserialize(ByteReader& in);

 private:
  void index();

  std::uint64_t reference_rows_ = 0;
  float top_ = 0;             // the 10th largest reference value
  std::vector<float> score_;  // [knots] strictly rising; the first is the minimum, with tail 0
  std::vector<float> tail_;   // [knots] rising
  // Derived: never stored.
  std::vector<float> search_;   // score_, padded by infinities to a power of two
  std::vector<float> slope_;    // [knots] to the next knot; 0 at the last
  std::vector<float> ceiling_;  // [knots] tail of the next knot, which rounding may not pass
};

}  // namespace weir::detect
