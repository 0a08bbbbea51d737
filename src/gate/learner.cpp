#include "gate/learner.hpp"

#include <algorithm>
#include <string>

#include "base/hash.hpp"

namespace weir::gate {
namespace {

// A fixed mixing of the sequence number (the finaliser of SplitMix64).
std::uint64_t mix(std::uint64_t seq) {
  seq += 0x9E3779B97F4A7C15U;
  seq = (seq ^ (seq >> 30)) * 0xBF58476D1CE4E5B9U;
  seq = (seq ^ (seq >> 27)) * 0x94D049BB133111EBU;
  return seq ^ (seq >> 31);
}

bool kept_at(std::uint64_t seq, unsigned level) {
  return (mix(seq) & ((std::uint64_t{1} << level) - 1)) == 0;
}

}  // namespace

Learner::Learner(const LearnerOptions& options) : options_(options), next_fit_(options.fit_events) {
  if (options.fit_events == 0) fits_ = kFits;
}

void Learner::observe(std::uint64_t first_seq, const profile::FeatureMatrix& features) {
  if (fits_ >= kFits) return;
  if (sample_.stride() == 0) {
    sample_.resize(options_.rows_max);
    seqs_.resize(options_.rows_max);
  }
  for (std::size_t row = 0; row < features.rows(); ++row) {
    const std::uint64_t seq = first_seq + row;
    if (!kept_at(seq, level_)) continue;
    if (rows_ == options_.rows_max) thin_out();
    if (!kept_at(seq, level_)) continue;
    for (unsigned f = 0; f < profile::kFeatures; ++f) {
      const auto feature = static_cast<profile::Feature>(f);
      sample_.column(feature)[rows_] = features.column(feature)[row];
    }
    seqs_[rows_++] = seq;
  }
}

// Keeps about half of the rows: those that a sample of the next level would have kept.
void Learner::thin_out() {
  while (rows_ == options_.rows_max) {
    ++level_;
    std::size_t kept = 0;
    for (std::size_t row = 0; row < rows_; ++row) {
      if (!kept_at(seqs_[row], level_)) continue;
      seqs_[kept] = seqs_[row];
      for (unsigned f = 0; f < profile::kFeatures; ++f) {
        float* column = sample_.column(static_cast<profile::Feature>(f));
        column[kept] = column[row];
      }
      ++kept;
    }
    rows_ = kept;
  }
}

void Learner::advance() {
  next_fit_ *= kFitFactor;
  if (++fits_ == kFits) {
    sample_ = {};
    seqs_ = {};
    rows_ = 0;
  }
}

Result<std::shared_ptr<const detect::ModelSet>> Learner::fit(std::uint64_t version) {
  detect::FitOptions options;
  options.trees = options_.trees;
  options.psi = options_.psi;
  options.seed = options_.seed + fits_;
  options.reference_rows = options_.rows_max;
  options.version = version;
  const ops::ColumnsView rows{sample_.data(), rows_, sample_.stride(), profile::kFeatures};
  auto models = detect::ModelSet::fit(rows, options);
  advance();
  return models;
}

void Learner::skip_fit() {
  if (fits_ < kFits) advance();
}

void Learner::save(ByteWriter& out) const {
  out.u32(fits_);
  out.u32(level_);
  out.u64(next_fit_);
  out.u64(rows_);
  for (std::size_t row = 0; row < rows_; ++row) out.u64(seqs_[row]);
  for (unsigned f = 0; rows_ != 0 && f < profile::kFeatures; ++f) {
    out.array(std::span<const float>(sample_.column(static_cast<profile::Feature>(f)), rows_));
  }
}

Status Learner::load(ByteReader& in) {
  fits_ = in.u32();
  level_ = in.u32();
  next_fit_ = in.u64();
  const std::uint64_t rows = in.u64();
  if (!in.ok() || rows > options_.rows_max || level_ > 63) {
    return data_loss("snapshot_learner", "the learner's sample is damaged");
  }
  rows_ = rows;
  if (rows_ == 0) return Status::ok();
  sample_.resize(options_.rows_max);
  seqs_.resize(options_.rows_max);
  for (std::size_t row = 0; row < rows_; ++row) seqs_[row] = in.u64();
  std::vector<float> column;
  for (unsigned f = 0; f < profile::kFeatures; ++f) {
    if (!in.array(column) || column.size() != rows_) {
      return data_loss("snapshot_learner", "feature " + std::to_string(f) + " is cut off");
    }
    std::copy(column.begin(), column.end(), sample_.column(static_cast<profile::Feature>(f)));
  }
  return Status::ok();
}

}  // namespace weir::gate
