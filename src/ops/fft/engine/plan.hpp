// Plan: how a complex transform of one length is computed, with its tables.
//
//   const std::shared_ptr<const Plan> plan = plans().complex(1000);   // 8 * 5 * 5 * 5
//
// Three forms, chosen by the length alone, so that the bits of a transform never depend on what
// runs beside it:
//   kStages     products of 2, 3, 5, 7, 11, 13 up to kStagesMax: one Stockham stage a factor (2s
//               are gathered into 8s and 4s); a stage maps x[q + s (p + m j)] to
//               y[q + s (r p + j)], a butterfly over j and a turn of p j / (r m), s the product
//               of the factors before
//   kFourStep   longer products: n1 columns' transforms, turns, n2 rows' transforms, each within
//               the cache
//   kBluestein  the rest: a convolution with a chirp by a transform of a product >= 2 n - 1
// Tables come from base/numeric, each entry by itself. Plans are immutable and thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "base/aligned.hpp"

namespace weir::ops::fft {

inline constexpr std::size_t kStagesMax = std::size_t{1} << 16;
inline constexpr std::size_t kLengthMax = std::size_t{1} << 26;

struct Stage {
  std::uint32_t radix;
  std::size_t s;         // product of the radices before
  std::size_t m;         // product of the radices after
  std::size_t turns_at;  // where its turns begin; none if m = 1
};

// The turns of the first stage stand by j: for j = 1.. m cosines, m sines; those of the others by
// p: for each p, pairs for j = 1... All are of the forward direction: (cos, -sin).
struct Stages {
  std::size_t n = 1;
  std::vector<Stage> stages;
  AlignedBuffer<double> turns;
  std::size_t bytes() const { return turns.size() * sizeof(double); }
};
Stages make_stages(std::size_t n);

inline constexpr std::size_t kColumns = 8;  // that the four-step form turns at a time
struct FourStep {
  Stages columns;  // of length n1 = rows of the matrix
  Stages rows;     // of length n2
  // The turn of row k, column c is far[group][k] * near[k][c - base of group]; groups begin at
  // multiples of kColumns, the last one at n2 - kColumns. A column's group: see four_step.hpp.
  AlignedBuffer<double> far;   // pairs
  AlignedBuffer<double> near;  // for each k kColumns cosines, kColumns sines
  std::size_t groups() const { return (rows.n + kColumns - 1) / kColumns; }
};

enum class Form : std::uint8_t { kStages, kFourStep, kBluestein };

struct Plan {
  std::size_t n = 1;
  Form form = Form::kStages;
  Stages stages;                      // kStages
  FourStep four;                      // kFourStep
  std::shared_ptr<const Plan> inner;  // kBluestein: of length m
  AlignedBuffer<double> chirp;        // n pairs: exp(-i pi k^2 / n)
  AlignedBuffer<double> chirp_bins;   // m pairs: the transform of the conjugate chirp, over m
  std::size_t bytes() const;          // without those of `inner`
};

// A real transform: of even lengths by a complex one of half the length, of odd ones by a complex
// one of the same.
struct RealPlan {
  std::size_t n = 1;
  std::shared_ptr<const Plan> complex;
  AlignedBuffer<double> turns;  // even n: for k = 0..n/4, cosines, then from `sines_at` on sines
  std::size_t sines_at = 0;
  std::size_t bins() const { return n / 2 + 1; }
  std::size_t bytes() const { return turns.size() * sizeof(double); }  // without `complex`
};

// Returns whether n is a product of the radices.
bool is_product(std::size_t n);
// Returns the least even product of the radices that is at least n and cheap for its length.
std::size_t good_length(std::size_t n);

// The most recently used plans. A plan that falls out lives on while somebody holds it.
// Thread-safe; a miss computes the tables under the lock, so that two threads do not do it twice.
class Plans {
 public:
  explicit Plans(std::size_t plans_max = 64, std::size_t bytes_max = std::size_t{256} << 20)
      : plans_max_(plans_max), bytes_max_(bytes_max) {}
  // n in 1..kLengthMax (CHECKed).
  std::shared_ptr<const Plan> complex(std::size_t n);
  std::shared_ptr<const RealPlan> real(std::size_t n);
  std::size_t size() const;
  // Of the plans and of those that they compute with, listed themselves or not, each counted once.
  std::size_t bytes() const;

 private:
  struct Entry {
    std::size_t n;
    std::shared_ptr<const Plan> complex;  // one of the two
    std::shared_ptr<const RealPlan> real;
  };
  Entry* find(std::size_t n, bool real);
  void insert(Entry entry);
  std::size_t held_bytes() const;
  std::shared_ptr<const Plan> complex_locked(std::size_t n);

  std::size_t plans_max_;
  std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // the most recent first
};

// The plans that the ops of the process share.
Plans& plans();

}  // namespace weir::ops::fft
