// Learner: keeps a sample of feature rows and says when the default detectors are due to be fitted.
//
//   learner.observe(first_seq, features);               // in order, every batch
//   if (learner.due(events_accepted)) {
//     WEIR_ASSIGN(auto models, learner.fit(version));   // at rest; goes into the log
//   }
//
// Fits are due when the number of accepted events passes fit_events, then 8 and 64 times that;
// after the last one nothing is kept. Whether a row is sampled depends on its sequence number
// alone, so the same log gives the same sample. Memory: at most `rows_max` rows of 128 bytes.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "detect/model_set.hpp"
#include "profile/columns.hpp"

namespace weir::gate {

struct LearnerOptions {
  std::uint64_t fit_events = 16'384;  // 0: never fit
  std::uint32_t rows_max = 131'072;
  std::uint32_t trees = 100;
  std::uint32_t psi = 256;
  std::uint64_t seed = 1;
};

class Learner {
 public:
  static constexpr unsigned kFits = 3;
  static constexpr std::uint64_t kFitFactor = 8;

  explicit Learner(const LearnerOptions& options);

  // Samples the rows of events first_seq, first_seq + 1, ...; allocates only until rows_max is
  // reached.
  void observe(std::uint64_t first_seq, const profile::FeatureMatrix& features);
  // Returns whether a fit is due once `events` events have been accepted.
  bool due(std::uint64_t events) const { return fits_ < kFits && events >= next_fit_; }
  // Fits a model set on the sample and moves on to the next fit, whether it succeeds or not.
  Result<std::shared_ptr<const detect::ModelSet>> fit(std::uint64_t version);
  // Notes a fit that a log being replayed already contains.
  void skip_fit();

  std::size_t rows() const { return rows_; }
  void save(ByteWriter& out) const;
  Status load(ByteReader& in);

 private:
  void advance();
  void thin_out();

  LearnerOptions options_;
  unsigned fits_ = 0;
  std::uint64_t next_fit_;
  unsigned level_ = 0;  // rows whose hash has `level_` low zero bits are kept
  std::size_t rows_ = 0;
  profile::FeatureMatrix sample_;
  std::vector<std::uint64_t> seqs_;
};

}  // namespace weir::gate
