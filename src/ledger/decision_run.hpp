// DecisionRun: one sorted, immutable file of the decision index.
//
//   {u64 magic, u64 entries, u64 first height, u64 last height, u32 0, u32 CRC-32C of these}
//   {u64 fingerprint, u64 height << 16 | row}[entries]
//
// Entries are sorted by the fingerprint's upper 33 bits, then by place.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ledger/block.hpp"

namespace weir::ledger {

struct DecisionEntry {
  std::uint64_t fingerprint;
  std::uint64_t place;  // height << 16 | row
};
static_assert(sizeof(DecisionEntry) == 16);

// Returns what entries are sorted by.
constexpr std::uint64_t run_key(std::uint64_t fingerprint) {
  return fingerprint >> 31;
}

// Sorts by run_key, stable: three radix passes. `scratch` is resized to fit.
void sort_entries(std::vector<DecisionEntry>& entries, std::vector<DecisionEntry>& scratch);

class DecisionRun {
 public:
  // Maps a file. data_loss (run_damaged) if header and size do not fit.
  static Result<std::shared_ptr<const DecisionRun>> open(const std::string& path);
  // Writes sorted entries as a file that appears whole or not at all, and maps it. `next` gives the
  // entries one piece after the other and an empty piece at the end.
  static Result<std::shared_ptr<const DecisionRun>> write(
      const std::string& dir, Height first, Height last, std::uint64_t entries,
      const std::function<std::span<const DecisionEntry>()>& next);
  ~DecisionRun();
  DecisionRun(const DecisionRun&) = delete;
  DecisionRun& operator=(const DecisionRun&) = delete;

  std::span<const DecisionEntry> entries() const;
  // Appends the places of a fingerprint. Thread-safe.
  void find(std::uint64_t fingerprint, std::vector<std::uint64_t>& places) const;
  Height first_height() const { return first_; }
  Height last_height() const { return last_; }
  const std::string& path() const { return path_; }

 private:
  DecisionRun() = default;
  std::string path_;
  const std::uint8_t* bytes_ = nullptr;
  std::size_t size_ = 0;
  Height first_ = 0;
  Height last_ = 0;
};

}  // namespace weir::ledger
