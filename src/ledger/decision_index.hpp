// DecisionIndex: from event id to (height, row), over the whole log, on disk.
//
//   WEIR_ASSIGN(auto index, DecisionIndex::open(dir.index_dir(), {}));
//   for (Height h = index->indexed_height() + 1; h <= durable; ++h) index->add(h, block.events());
//   for (const DecisionPlace& place : index->find(id)) ... read the block, compare the id ...
//
// The pass thread writes a 16-byte entry per event; a thread of its own sorts them into runs of a
// million, writes each as one file and merges files of like size, eight to one. What was not yet
// written is lost with the process and added again from the log at start: indexed_height() says
// from where. Entries of blocks that are in no file yet are searched one after the other, at most
// three runs of them: a few milliseconds.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ledger/block.hpp"

namespace weir::ledger {

struct DecisionPlace {
  Height height;
  std::uint32_t row;
};

struct DecisionIndexOptions {
  std::size_t run_entries = std::size_t{1}
                            << 20;  // 16 MiB in memory; at most three runs wait there
  std::size_t merge_ways = 8;       // runs of one size merge into one of the next
  Height height_min = 1;            // the log's oldest block: a run has to begin there or before
  Height height_max = UINT64_MAX;   // the log's newest block: runs that reach beyond it are dropped
};

class DecisionIndex {
 public:
  // Opens or creates the index in `dir`; damaged or overlapping runs are dropped (they are rebuilt
  // from the log).
  static Result<std::unique_ptr<DecisionIndex>> open(const std::string& dir,
                                                     const DecisionIndexOptions& options);
  ~DecisionIndex();

  // Returns the height up to which blocks are in files: start adding behind it.
  Height indexed_height() const;
  // Adds a block's events; heights rise. One thread adds. Waits only if the writing thread is two
  // runs behind.
  void add(Height height, std::span<const wire::Event> events);
  // Returns candidates, newest first: places whose id has the same 64-bit fingerprint. Thread-safe.
  std::vector<DecisionPlace> find(const wire::EventKey& id) const;
  // Writes what is in memory as a run and waits for it and for merges.
  Status flush();
  // Returns the first failure of the writing thread, or ok.
  Status status() const;

 private:
  struct Impl;
  explicit DecisionIndex(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::ledger
